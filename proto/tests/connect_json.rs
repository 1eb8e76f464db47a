//! The payloads of Connect and gRPC follow the same rules as the bodies of REST.

use bartizan_proto::buffa::{Message as _, MessageField};
use bartizan_proto::buffa_types::google::protobuf::{Struct, Value};
use bartizan_proto::connect::{PROCEDURES, SERVICES, read, write};
use bartizan_proto::connectrpc::CodecFormat::{Json, Proto};
use bartizan_proto::zitadel::session::v2::challenges::WebAuthN;
use bartizan_proto::zitadel::session::v2::{
    Challenges, CreateSessionRequest, CreateSessionResponse,
};

#[test]
fn requests_are_read_as_on_the_rest_routes() {
    let body = br#"{"user_agent":{"ip":"::1"},"x":{"y":1},"challenges":{"webAuthN":
           {"userVerificationRequirement":"USER_VERIFICATION_REQUIREMENT_NEW"}}}"#;
    let request: CreateSessionRequest = read(body, Json).unwrap();
    assert_eq!(request.user_agent.ip.as_deref(), Some("::1"));
    let again: CreateSessionRequest = read(&request.encode_to_vec(), Proto).unwrap();
    assert_eq!(again, request);
}

#[test]
fn answers_are_written_as_on_the_rest_routes() {
    let options = Struct::from_iter([("timeout".to_owned(), Value::from(300_000.0))]);
    let web_auth_n = WebAuthN {
        public_key_credential_request_options: MessageField::some(options),
        ..WebAuthN::default()
    };
    let challenges = Challenges {
        web_auth_n: MessageField::some(web_auth_n),
        ..Challenges::default()
    };
    let answer = CreateSessionResponse {
        session_id: "7".to_owned(),
        challenges: MessageField::some(challenges),
        ..CreateSessionResponse::default()
    };
    assert_eq!(
        write(&answer, Json).unwrap(),
        r#"{"sessionId":"7","challenges":{"webAuthN":{"publicKeyCredentialRequestOptions":{"timeout":300000}}}}"#
    );
    assert_eq!(write(&answer, Proto).unwrap(), answer.encode_to_vec());
}

#[test]
fn nothing_at_all_is_a_message_in_the_binary_form_only() {
    let empty: CreateSessionRequest = read(b"", Proto).unwrap();
    assert_eq!(empty, CreateSessionRequest::default());
    assert!(read::<CreateSessionRequest>(b"", Json).is_err());
}

#[test]
fn what_is_no_message_is_refused_without_repeating_it() {
    for body in [
        "",
        " ",
        "hunter2",
        r#"{"checks":{"password":"hunter2"}}"#,
        r#"{"checks":[{"password":{"password":"hunter2"}}]}"#,
        r#"{"checks":{"user":{"userId":"hunter2","user_id":"hunter2"}}}"#,
        r#"{"metadata":{"hunter2":null}}"#,
    ] {
        for format in [Json, Proto] {
            if format == Proto && body.is_empty() {
                continue;
            }
            let error = read::<CreateSessionRequest>(body.as_bytes(), format).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("unmarshal message: proto: "), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}

#[test]
fn procedures_and_services_are_listed_in_order() {
    assert!(SERVICES.is_sorted() && PROCEDURES.is_sorted());
    assert!(SERVICES.contains(&"zitadel.session.v2.SessionService"));
    assert!(PROCEDURES.contains(&"/zitadel.session.v2beta.SessionService/GetSession"));
    for procedure in PROCEDURES {
        let service = procedure.split('/').nth(1).unwrap();
        assert!(SERVICES.contains(&service), "{procedure}");
    }
}
