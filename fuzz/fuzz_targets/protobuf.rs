//! See `bartizan_fuzz::protobuf`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bartizan_fuzz::protobuf::run(data));
