//! See `bartizan_fuzz::cookies`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::cookies::run(data));
