//! The rules by which clients of ZITADEL write and read JSON, one test each.

mod fields;
mod times;
mod values;

use bartizan_proto::json::{Body, decode, encode};

#[track_caller]
#[expect(clippy::panic, reason = "a helper of tests")]
fn read<M: Body>(json: &str) -> M {
    decode(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[track_caller]
#[expect(clippy::panic, reason = "a helper of tests")]
fn refused<M: Body>(json: &str) -> String {
    match decode::<M>(json.as_bytes()) {
        Ok(_) => panic!("was read: {json}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn write<M: Body>(message: &M) -> String {
    let mut out = Vec::new();
    encode(message, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
