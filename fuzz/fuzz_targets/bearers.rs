//! See `bartizan_fuzz::bearers`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::bearers::run(data));
