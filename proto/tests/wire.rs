//! The binary form, against bytes put together by hand.

use bartizan_proto::DESCRIPTOR_SET;
use bartizan_proto::buffa::{Message, MessageField};
use bartizan_proto::buffa_types::google::protobuf::Any;
use bartizan_proto::google::rpc::Status;
use bartizan_proto::zitadel::session::v2::search_query::Query;
use bartizan_proto::zitadel::session::v2::{
    CheckRecoveryCode, Checks, CreateSessionRequest, ExpirationDateQuery, SearchQuery, UserFactor,
};
use bartizan_proto::zitadel::session::v2beta;
use bartizan_proto::zitadel::settings::v2::LoginSettings;
use bartizan_proto::zitadel::user::v2::GenerateRecoveryCodesRequest;
use bartizan_proto::zitadel::v1::{CredentialsCheckError, ErrorDetail};

#[test]
fn fields_have_the_numbers_that_clients_know() {
    let code = CheckRecoveryCode {
        code: "x".to_owned(),
        ..CheckRecoveryCode::default()
    };
    let checks = Checks {
        recovery_code: MessageField::some(code),
        ..Checks::default()
    };
    assert_eq!(checks.encode_to_vec(), [8 << 3 | 2, 3, 1 << 3 | 2, 1, b'x']);

    let query = SearchQuery {
        query: Some(Query::from(ExpirationDateQuery::default())),
        ..SearchQuery::default()
    };
    assert_eq!(query.encode_to_vec(), [6 << 3 | 2, 0]);

    let factor = UserFactor {
        organization_id: "o".to_owned(),
        ..UserFactor::default()
    };
    assert_eq!(factor.encode_to_vec(), [6 << 3 | 2, 1, b'o']);

    let settings = LoginSettings {
        allow_local_authentication: true,
        ..LoginSettings::default()
    };
    assert_eq!(settings.encode_to_vec(), [0x80 | (20 << 3 & 0x7f), 1, 1]);

    let request = GenerateRecoveryCodesRequest {
        count: 5,
        ..GenerateRecoveryCodesRequest::default()
    };
    assert_eq!(request.encode_to_vec(), [2 << 3, 5]);
}

#[test]
fn v2beta_reads_what_v2_writes() {
    let body = br#"{"checks":{"user":{"loginName":"n"},"password":{"password":"p"}},
        "metadata":{"k":"dg=="},"challenges":{"otpSms":{"returnCode":true}},"lifetime":"5s"}"#;
    let request: CreateSessionRequest = bartizan_proto::json::decode(body).unwrap();
    let older: v2beta::CreateSessionRequest = bartizan_proto::json::decode(body).unwrap();
    let binary = request.encode_to_vec();
    assert_eq!(
        v2beta::CreateSessionRequest::decode_from_slice(&binary).unwrap(),
        older
    );
    assert_eq!(older.encode_to_vec(), binary);
}

#[test]
fn an_error_detail_travels_in_a_status() {
    let detail = CredentialsCheckError {
        id: "COMMAND-3M0fs".to_owned(),
        failed_attempts: 2,
        ..CredentialsCheckError::default()
    };
    let status = Status {
        code: 3,
        details: vec![Any::pack(&detail, CredentialsCheckError::TYPE_URL)],
        ..Status::default()
    };
    let status = Status::decode_from_slice(&status.encode_to_vec()).unwrap();
    let any = status.details.first().unwrap();
    assert_eq!(
        any.type_url,
        "type.googleapis.com/zitadel.v1.CredentialsCheckError"
    );
    let unpacked = any.unpack_if::<CredentialsCheckError>(CredentialsCheckError::TYPE_URL);
    assert_eq!(unpacked.unwrap(), Some(detail));
    assert!(
        any.unpack_if::<ErrorDetail>(ErrorDetail::TYPE_URL)
            .unwrap()
            .is_none()
    );
}

#[test]
fn reflection_is_told_of_every_service() {
    for service in [
        "SessionService",
        "UserService",
        "SettingsService",
        "OrganizationService",
        "InternalPermissionService",
    ] {
        let found = DESCRIPTOR_SET
            .windows(service.len())
            .any(|window| window == service.as_bytes());
        assert!(found, "{service}");
    }
}
