//! See `bartizan_fuzz::archives`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::archives::run(data));
