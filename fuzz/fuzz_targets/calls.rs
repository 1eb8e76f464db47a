//! See `bartizan_fuzz::calls`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::calls::run(data));
