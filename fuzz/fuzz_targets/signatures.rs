//! See `bartizan_fuzz::signatures`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::signatures::run(data));
