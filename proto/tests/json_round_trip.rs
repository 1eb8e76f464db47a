//! What is written is read back, and nothing that is read is a surprise.

use bartizan_proto::buffa::MessageField;
use bartizan_proto::buffa_types::google::protobuf::{Duration, Timestamp};
use bartizan_proto::json::{Body, decode, encode};
use bartizan_proto::zitadel::session::v2::{
    CheckUser, CheckWebAuthN, CreateSessionRequest, ListSessionsResponse, Session,
};
use bartizan_proto::zitadel::user::v2::{AddHumanUserRequest, ListUsersRequest, User};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::de::DeserializeOwned;

/// Any JSON, from literals that are likely to hit a rule.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<i16>().prop_map(|eighths| format!("{:e}", f64::from(eighths) / 8.0)),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        "\"[0-9.+-]{1,6}s?\"",
        "\"[A-Za-z0-9+/_=-]{0,8}\"",
        "\"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](Z|[+]01:00)\"",
    ];
    let name = prop_oneof![
        "(sessionId|session_id|query|queries|limit|offset|asc|idsQuery|ids|metadata|details)",
        "(checks|user|userId|loginName|password|lifetime|userAgent|header|values|sortingColumn)",
        "(profile|gender|email|sendCode|isVerified|idpLinks|andQuery|orQuery|notQuery|webAuthN)",
        "(credentialAssertionData|creationDate|factors|sequence|verifiedAt|changeDate|sessions)",
        "[a-zA-Z_]{0,4}",
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let members = vec((name.clone(), inner.clone()), 0..6).prop_map(|members| {
            let members: Vec<_> = members
                .into_iter()
                .map(|(name, value)| format!("\"{name}\":{value}"))
                .collect();
            format!("{{{}}}", members.join(","))
        });
        let elements = vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(" , ")));
        prop_oneof![3 => members, 1 => elements]
    })
}

/// Whatever is read can be written, and means the same when read again.
fn stable<M: Body + PartialEq + DeserializeOwned>(body: &[u8]) -> Result<(), TestCaseError> {
    let Ok(message) = decode::<M>(body) else {
        return Ok(());
    };
    let mut out = Vec::new();
    encode(&message, &mut out).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(decode::<M>(&out).ok().as_ref() == Some(&message));
    // The generated types agree on what our own output means. (Only for
    // numbers that are short in binary: theirs are read with an error.)
    prop_assert!(serde_json::from_slice::<M>(&out).ok().as_ref() == Some(&message));
    // The binary form is the one that the message has.
    prop_assert!(M::decode_from_slice(&message.encode_to_vec()).ok().as_ref() == Some(&message));
    Ok(())
}

fn stable_in_many_types(body: &[u8]) -> Result<(), TestCaseError> {
    stable::<CreateSessionRequest>(body)?;
    stable::<CheckWebAuthN>(body)?;
    stable::<CheckUser>(body)?;
    stable::<Session>(body)?;
    stable::<ListSessionsResponse>(body)?;
    stable::<AddHumanUserRequest>(body)?;
    stable::<ListUsersRequest>(body)?;
    stable::<User>(body)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_json_is_refused_or_read_for_good(body in json()) {
        stable_in_many_types(body.as_bytes())?;
    }

    #[test]
    fn any_bytes_are_refused_or_read_for_good(body in vec(any::<u8>(), 0..64)) {
        stable_in_many_types(&body)?;
    }

    #[test]
    fn a_body_that_is_cut_short_is_refused(body in json(), cut in any::<prop::sample::Index>()) {
        let cut = (0..=cut.index(body.len())).rev().find(|at| body.is_char_boundary(*at)).unwrap();
        let part = body.get(..cut).unwrap();
        prop_assert_eq!(decode::<Session>(part.as_bytes()).is_ok(), part.is_empty());
    }

    #[test]
    fn every_session_survives(
        id in ".*",
        sequence in any::<u64>(),
        metadata in btree_map(".*", vec(any::<u8>(), 0..40), 0..5),
        seconds in -62_135_596_800_i64..=253_402_300_799,
        nanos in 0..1_000_000_000_i32,
    ) {
        let session = Session {
            id,
            sequence,
            metadata,
            creation_date: MessageField::some(Timestamp { seconds, nanos, ..Default::default() }),
            ..Session::default()
        };
        let mut out = Vec::new();
        encode(&session, &mut out).unwrap();
        prop_assert_eq!(decode::<Session>(&out).unwrap(), session);
    }

    #[test]
    fn every_lifetime_survives(seconds in -315_576_000_000_i64..=315_576_000_000, nanos in 0..1_000_000_000_i32) {
        let nanos = if seconds < 0 { -nanos } else { nanos };
        let lifetime = MessageField::some(Duration { seconds, nanos, ..Default::default() });
        let request = CreateSessionRequest { lifetime, ..Default::default() };
        let mut out = Vec::new();
        encode(&request, &mut out).unwrap();
        prop_assert_eq!(decode::<CreateSessionRequest>(&out).unwrap(), request);
    }
}
