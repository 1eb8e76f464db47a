//! The JSON of Connect follows the same rules as that of REST.

use std::sync::Arc;

use bartizan_proto::buffa::MessageField;
use bartizan_proto::buffa_types::google::protobuf::{Struct, Value};
use bartizan_proto::connect::{Answer, StrictJson};
use bartizan_proto::connectrpc::{
    ConnectError, ConnectRpcService, Encodable, RequestContext, Response, Router, ServiceRequest,
    ServiceResult,
};
use bartizan_proto::json::Body;
use bartizan_proto::zitadel::session::v2::challenges::WebAuthN;
use bartizan_proto::zitadel::session::v2::{
    Challenges, CreateSessionRequest, CreateSessionResponse, DeleteSessionRequest,
    DeleteSessionResponse, GetSessionRequest, GetSessionResponse, ListSessionsRequest,
    ListSessionsResponse, SessionService, SessionServiceExt as _, SetSessionRequest,
    SetSessionResponse,
};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;

/// Answers to `CreateSession` with what it was asked, and to nothing else.
struct Echo;

fn nothing<M: Body>() -> ServiceResult<Answer<M>> {
    Err(ConnectError::unimplemented("not here"))
}

impl SessionService for Echo {
    async fn create_session<'a>(
        &'a self,
        _: RequestContext,
        request: ServiceRequest<'_, CreateSessionRequest>,
    ) -> ServiceResult<impl Encodable<CreateSessionResponse> + use<'a>> {
        let options = Struct::from_iter([("timeout".to_owned(), Value::from(300_000.0))]);
        let web_auth_n = WebAuthN {
            public_key_credential_request_options: MessageField::some(options),
            ..WebAuthN::default()
        };
        let challenges = Challenges {
            web_auth_n: MessageField::some(web_auth_n),
            ..Challenges::default()
        };
        Response::ok(Answer(CreateSessionResponse {
            session_id: request
                .to_owned_message()
                .user_agent
                .ip
                .clone()
                .unwrap_or_default(),
            challenges: MessageField::some(challenges),
            ..CreateSessionResponse::default()
        }))
    }

    async fn list_sessions<'a>(
        &'a self,
        _: RequestContext,
        _: ServiceRequest<'_, ListSessionsRequest>,
    ) -> ServiceResult<impl Encodable<ListSessionsResponse> + use<'a>> {
        nothing()
    }

    async fn get_session<'a>(
        &'a self,
        _: RequestContext,
        _: ServiceRequest<'_, GetSessionRequest>,
    ) -> ServiceResult<impl Encodable<GetSessionResponse> + use<'a>> {
        nothing()
    }

    async fn set_session<'a>(
        &'a self,
        _: RequestContext,
        _: ServiceRequest<'_, SetSessionRequest>,
    ) -> ServiceResult<impl Encodable<SetSessionResponse> + use<'a>> {
        nothing()
    }

    async fn delete_session<'a>(
        &'a self,
        _: RequestContext,
        _: ServiceRequest<'_, DeleteSessionRequest>,
    ) -> ServiceResult<impl Encodable<DeleteSessionResponse> + use<'a>> {
        nothing()
    }
}

#[expect(clippy::unwrap_used, reason = "a helper of tests")]
async fn create(body: &str) -> (u16, String) {
    let service =
        ConnectRpcService::new(Arc::new(Echo).register(Router::new())).with_interceptor(StrictJson);
    let request = http::Request::post("/zitadel.session.v2.SessionService/CreateSession")
        .header("content-type", "application/json")
        .body(Full::new(body.to_owned().into_bytes().into()))
        .unwrap();
    let response: http::Response<_> = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn requests_are_read_as_on_the_rest_routes() {
    let (status, body) = create(
        r#"{"user_agent":{"ip":"::1"},"x":{"y":1},"challenges":{"webAuthN":
           {"userVerificationRequirement":"USER_VERIFICATION_REQUIREMENT_NEW"}}}"#,
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        r#"{"sessionId":"::1","challenges":{"webAuthN":{"publicKeyCredentialRequestOptions":{"timeout":300000}}}}"#
    );
}

#[tokio::test]
async fn what_is_no_message_is_refused_without_repeating_it() {
    for body in [
        "",
        " ",
        "hunter2",
        r#"{"checks":{"password":"hunter2"}}"#,
        r#"{"checks":[{"password":{"password":"hunter2"}}]}"#,
        r#"{"checks":{"user":{"userId":"hunter2","user_id":"hunter2"}}}"#,
        r#"{"metadata":{"hunter2":null}}"#,
    ] {
        let (status, answer) = create(body).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(answer.contains(r#""code":"invalid_argument""#), "{answer}");
        assert!(answer.contains("unmarshal message: proto: "), "{answer}");
        assert!(!answer.contains("hunter2"), "{answer}");
    }
}
