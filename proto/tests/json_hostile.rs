//! Bodies that are not JSON, or are made to hurt.

use std::thread;

use bartizan_proto::buffa::{Message, MessageField};
use bartizan_proto::buffa_types::google::protobuf::Timestamp;
use bartizan_proto::json::{Body, MAX_DEPTH, decode, encode, to_binary};
use bartizan_proto::zitadel::session::v2::{
    CheckPassword, CheckWebAuthN, CreateSessionRequest, GetSessionRequest, Session,
};
use bartizan_proto::zitadel::user::v2::ListUsersRequest;

#[track_caller]
#[expect(clippy::panic, reason = "a helper of tests")]
fn refused<M: Body>(body: impl AsRef<[u8]>) -> String {
    match decode::<M>(body.as_ref()) {
        Ok(_) => panic!("was read: {:.200?}", String::from_utf8_lossy(body.as_ref())),
        Err(error) => error.to_string(),
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    for (body, text) in [
        (
            "{",
            "proto: syntax error (line 1:2): unexpected end of input",
        ),
        ("[]", "proto: syntax error (line 1:1): unexpected token ["),
        (
            "null",
            "proto: syntax error (line 1:1): unexpected token null",
        ),
        (
            "nul",
            "proto: syntax error (line 1:1): unexpected character",
        ),
        (
            "{} {}",
            "proto: syntax error (line 1:4): unexpected token {",
        ),
        (
            "{}x",
            "proto: syntax error (line 1:3): unexpected character",
        ),
        (
            "{\n  \"ä\": 1,\n  5}",
            "proto: syntax error (line 3:3): unexpected number",
        ),
        (
            "{\"ä\": nul}",
            "proto: syntax error (line 1:7): unexpected character",
        ),
        (
            "{\"sessionId\" \"a\"}",
            "proto: syntax error (line 1:14): unexpected string",
        ),
        (
            "{\"sessionId\": }",
            "proto: syntax error (line 1:15): unexpected token }",
        ),
        (
            "{\"x\": 01}",
            "proto: syntax error (line 1:7): invalid number",
        ),
        (
            "{\"x\": \"\\q\"}",
            "proto: syntax error (line 1:8): invalid escape code in string",
        ),
        (
            "{\"x\": \"\t\"}",
            "proto: syntax error (line 1:8): invalid character in string",
        ),
        (
            "{\"sessionId\": 7}",
            "proto: (line 1:15): invalid value for string field sessionId",
        ),
        (
            "{\"session_id\":\"\",\n\"sessionId\":\"\"}",
            "proto: (line 2:1): duplicate field \"sessionId\"",
        ),
    ] {
        assert_eq!(refused::<GetSessionRequest>(body), text);
    }
}

#[test]
fn errors_never_repeat_a_value() {
    const SECRET: &str = "hunter2";
    for body in [
        r#"{"password":{"hunter2":1}}"#,
        r#"{"password":["hunter2"]}"#,
        r#"{"password":"hunter2","password":"hunter2"}"#,
        r#"{"password":"hunter2"x}"#,
        r#"{"password":"hunter2"#,
        r#"{"password":"hunter2\q"}"#,
        r#""hunter2""#,
        "hunter2",
        "{hunter2}",
    ] {
        let error = decode::<CheckPassword>(body.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    }
    for body in [
        r#"{"metadata":{"hunter2":"hunter2!"}}"#,
        r#"{"metadata":{"hunter2":"","hunter2":""}}"#,
        r#"{"lifetime":"hunter2"}"#,
        r#"{"checks":{"user":"hunter2"}}"#,
        r#"{"checks":{"webAuthN":{"credentialAssertionData":{"hunter2":1,"hunter2":1}}}}"#,
    ] {
        let error = decode::<CreateSessionRequest>(body.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    }
}

#[test]
fn what_is_not_json_is_refused_in_known_and_unknown_fields() {
    for value in [
        "",
        "'a'",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "True",
        "nulls",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "0x10",
        "1_0",
        "00",
        "-01",
        "\"",
        "\"\\\"",
        "\"\\u12\"",
        "\"\\u00g0\"",
        "\"\\u+041\"",
        "\"\\x41\"",
        "\"\n\"",
        "\"\u{0}\"",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "{,}",
        "{1:1}",
        "]",
        "/* */ 1",
        "1 // one",
    ] {
        refused::<GetSessionRequest>(format!(r#"{{"x":{value}}}"#));
        refused::<GetSessionRequest>(format!(r#"{{"sessionId":{value}}}"#));
        refused::<CheckWebAuthN>(format!(r#"{{"credentialAssertionData":{{"x":{value}}}}}"#));
    }
    refused::<GetSessionRequest>("\u{feff}{}");
    refused::<GetSessionRequest>("{}\0");
}

#[test]
fn text_must_be_utf_8_everywhere() {
    for body in [
        b"{\"sessionId\":\"\xff\"}".as_slice(),
        b"{\"x\":\"\xc3\"}",
        b"{\"\xed\xa0\x80\":1}",
        b"{}\x80",
        b"\xff\xfe{}",
    ] {
        assert!(refused::<GetSessionRequest>(body).ends_with("invalid UTF-8"));
    }
    let text = refused::<GetSessionRequest>(b"{\n\"\xc3\xa4\xff\"}");
    assert_eq!(text, "proto: syntax error (line 2:3): invalid UTF-8");
}

#[test]
fn half_a_surrogate_pair_is_no_character() {
    for text in [
        r"\ud83d",
        r"\ude00",
        r"\ud83dx",
        r"\ud83d\n",
        r"\ud83d\u0041",
        r"\ude00\ud83d",
        r"\ud83d\u",
    ] {
        refused::<GetSessionRequest>(format!(r#"{{"sessionId":"{text}"}}"#));
        refused::<GetSessionRequest>(format!(r#"{{"x":"{text}"}}"#));
    }
    let body = r#"{"sessionId":"\ud83d\ude00 \u00e4\/\"\\\b\f\n\r\t\u0000"}"#;
    let request: GetSessionRequest = decode(body.as_bytes()).unwrap();
    assert_eq!(request.session_id, "😀 ä/\"\\\u{8}\u{c}\n\r\t\0");
    let mut out = b"kept".to_vec();
    encode(&request, &mut out).unwrap();
    let expected = "kept{\"sessionId\":\"😀 ä/\\\"\\\\\\b\\f\\n\\r\\t\\u0000\"}";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

/// How many objects and arrays are open at once.
fn depth(body: &str) -> u32 {
    let mut open = 0_u32;
    let steps = body.bytes().map(|byte| {
        open += u32::from(matches!(byte, b'{' | b'['));
        open -= u32::from(matches!(byte, b'}' | b']'));
        open
    });
    steps.max().unwrap_or_default()
}

/// Reads, writes, compares and drops bodies around the greatest depth.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
fn try_depths<M: Body + Clone + PartialEq>(before: &str, open: &str, close: &str, after: &str) {
    let mut refusals = 0;
    for levels in 1..=MAX_DEPTH as usize {
        let body = format!(
            "{before}{}{{}}{}{after}",
            open.repeat(levels),
            close.repeat(levels)
        );
        match decode::<M>(body.as_bytes()) {
            Ok(message) => {
                assert!(depth(&body) <= MAX_DEPTH);
                let mut out = Vec::new();
                encode(&message, &mut out).unwrap();
                assert!(decode::<M>(&out).unwrap() == message.clone());
            }
            Err(error) => {
                assert!(depth(&body) > MAX_DEPTH);
                assert!(
                    error.to_string().ends_with("exceeded max recursion depth"),
                    "{error}"
                );
                refusals += 1;
            }
        }
    }
    assert!(refusals > 0);
    refused::<M>(before.to_owned() + &open.repeat(1_000_000));
}

#[test]
fn depth_is_limited_before_the_stack_is() {
    let check = || {
        try_depths::<GetSessionRequest>("{\"x\":", "[", "]", "}");
        try_depths::<GetSessionRequest>("{\"x\":", "{\"a\":", "}", "}");
        let data = "{\"credentialAssertionData\":{\"x\":";
        try_depths::<CheckWebAuthN>(data, "{\"a\":", "}", "}}");
        try_depths::<CheckWebAuthN>(data, "[", "]", "}}");
        let queries = "{\"queries\":[";
        try_depths::<ListUsersRequest>(queries, "{\"andQuery\":{\"queries\":[", "]}}", "]}");
        try_depths::<ListUsersRequest>(queries, "{\"notQuery\":{\"query\":", "}}", "]}");
    };
    // Threads of the server have 2 MiB. Optimised, this takes 128 KiB.
    thread::Builder::new()
        .stack_size(3 << 19)
        .spawn(check)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn memory_is_limited_by_what_the_message_would_take() {
    // A few bytes of text for each of many large structures.
    let body = format!("{{\"queries\":[{}{{}}]}}", "{},".repeat(1_000_000));
    assert_eq!(
        refused::<ListUsersRequest>(body),
        "proto: message is too large"
    );
}

#[test]
fn many_keys_take_time_in_proportion() {
    let members: Vec<_> = (0..200_000).map(|n| format!(r#""{n}":"""#)).collect();
    let body = format!("{{\"metadata\":{{{}}}}}", members.join(","));
    let request: CreateSessionRequest = decode(body.as_bytes()).unwrap();
    assert_eq!(request.metadata.len(), members.len());
}

#[test]
fn only_the_binary_form_of_an_empty_body_is_refused() {
    let request: GetSessionRequest = decode(b"").unwrap();
    assert_eq!(request, GetSessionRequest::default());
    let error = to_binary(GetSessionRequest::SHAPE, b" ").unwrap_err();
    assert_eq!(
        error.to_string(),
        "proto: syntax error (line 1:2): unexpected end of input"
    );
    let binary = to_binary(GetSessionRequest::SHAPE, br#"{"sessionId":"a"}"#).unwrap();
    assert_eq!(
        GetSessionRequest::decode_from_slice(&binary)
            .unwrap()
            .session_id,
        "a"
    );
}

#[test]
fn what_cannot_be_written_leaves_no_trace() {
    let never = Timestamp {
        seconds: i64::MAX,
        ..Timestamp::default()
    };
    let session = Session {
        creation_date: MessageField::some(never),
        ..Session::default()
    };
    let mut out = b"before".to_vec();
    let error = encode(&session, &mut out).unwrap_err();
    assert_eq!(
        error.to_string(),
        "proto: message cannot be written as JSON"
    );
    assert_eq!(out, b"before");
}
