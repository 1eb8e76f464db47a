//! Requests in protobuf's binary form. The first byte says which message they are read as.

use bartizan_proto::connect;
use bartizan_proto::json::{Body, decode, encode};
use connectrpc::CodecFormat;

use super::{json, messages};

pub fn run(data: &[u8]) {
    if let Some((message, body)) = messages::select(data) {
        (message.binary)(body);
    }
}

/// What is read can be written again, and its JSON says the same.
pub(super) fn check<M: Body + PartialEq>(body: &[u8]) {
    let Ok(message) = connect::read::<M>(body, CodecFormat::Proto) else {
        return;
    };
    let binary = message.encode_to_vec();
    let again = connect::read::<M>(&binary, CodecFormat::Proto).expect("protobuf of our own");
    // A number that is none is not equal to itself.
    let comparable = message == message.clone();
    assert!(
        again == message || !comparable,
        "protobuf read again is another message"
    );

    // Moments outside of the calendar, and numbers that are none, have no JSON.
    let mut text = Vec::new();
    if encode(&message, &mut text).is_err() {
        assert!(text.is_empty(), "half of a message was written");
        return;
    }
    // JSON does not know the fields that the message does not have, but all others.
    let known = match decode::<M>(&text) {
        Ok(known) => known,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&text)),
    };
    let told = json::parsed(&message);
    assert_eq!(
        json::parsed(&known),
        told,
        "JSON written again is another text"
    );
    let binary = known.encode_to_vec();
    let again = connect::read::<M>(&binary, CodecFormat::Proto).expect("protobuf of our own");
    assert_eq!(
        json::parsed(&again),
        told,
        "protobuf and JSON do not say the same"
    );
}
