//! See `bartizan_fuzz::searches`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::searches::run(data));
