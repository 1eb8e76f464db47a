//! See `bartizan_fuzz::json`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::json::run(data));
