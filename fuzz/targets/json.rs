//! Bodies of requests in JSON. The first byte says which message they are read as.

use bartizan_proto::connect;
use bartizan_proto::json::{Body, decode, encode, to_binary};
use connectrpc::CodecFormat;
use serde_json::Value;

use super::messages;

pub fn run(data: &[u8]) {
    if let Some((message, body)) = messages::select(data) {
        (message.json)(body);
    }
}

/// What is read can be written, means the same when it is read again, and is the same in all forms.
pub(super) fn check<M: Body + PartialEq>(body: &[u8]) {
    let read = decode::<M>(body);
    let called = connect::read::<M>(body, CodecFormat::Json);
    let Ok(message) = read else {
        assert!(called.is_err(), "Connect reads what REST refuses");
        return;
    };
    let blank = body.iter().all(u8::is_ascii_whitespace);
    match called {
        Ok(called) => assert!(called == message, "Connect reads something else"),
        Err(error) => assert!(blank, "Connect refuses what REST reads: {error}"),
    }
    if !blank {
        let binary = to_binary(M::SHAPE, body).expect("what was read has a binary form");
        let again = M::decode_from_slice(&binary);
        assert!(
            again.is_ok_and(|again| again == message),
            "another binary form"
        );
    }
    let mut text = Vec::new();
    encode(&message, &mut text).expect("what was read can be written");
    let again = decode::<M>(&text).expect("what was written can be read");
    assert!(again == message, "JSON read again is another message");
    assert_eq!(
        parsed(&again),
        parsed(&message),
        "JSON written again is another text"
    );
    let binary = message.encode_to_vec();
    let again = connect::read::<M>(&binary, CodecFormat::Proto).expect("protobuf of our own");
    assert!(again == message, "protobuf read again is another message");
}

/// A message as JSON: not as a text, in which the members of a `google.protobuf.Struct` have no order.
pub(super) fn parsed<M: Body>(message: &M) -> Value {
    let mut text = Vec::new();
    encode(message, &mut text).expect("what was written once can be written");
    match serde_json::from_slice(&text) {
        Ok(json) => json,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&text)),
    }
}
