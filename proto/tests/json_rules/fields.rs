//! Which fields are there, and what shape they have.

use bartizan_proto::buffa::MessageField;
use bartizan_proto::zitadel::object::v2::{Details, ListQuery};
use bartizan_proto::zitadel::session::v2::check_user::Search;
use bartizan_proto::zitadel::session::v2::search_query::Query;
use bartizan_proto::zitadel::session::v2::{
    Challenges, CheckUser, CheckWebAuthN, CreateSessionRequest, CreateSessionResponse,
    DeleteSessionResponse, Factors, GetSessionRequest, ListSessionsRequest, ListSessionsResponse,
    SearchQuery, Session, UserAgent, WebAuthNFactor,
};
use bartizan_proto::zitadel::user::v2::{
    ListAuthenticationFactorsRequest, SetEmailRequest, SetHumanProfile,
};

use crate::{read, refused, write};

#[test]
fn names_are_written_in_camel_case_and_read_in_both_spellings() {
    for name in ["sessionToken", "session_token"] {
        let request: GetSessionRequest = read(&format!(r#"{{"{name}":"t"}}"#));
        assert_eq!(request.session_token.as_deref(), Some("t"));
        assert_eq!(write(&request), r#"{"sessionToken":"t"}"#);
    }
    for name in ["webAuthN", "web_auth_n"] {
        let factors: Factors = read(&format!(r#"{{"{name}":{{"userVerified":true}}}}"#));
        assert!(factors.web_auth_n.user_verified);
        assert_eq!(write(&factors), r#"{"webAuthN":{"userVerified":true}}"#);
    }
    let other: GetSessionRequest = read(r#"{"SessionToken":"t","sessiontoken":"t"}"#);
    assert_eq!(other, GetSessionRequest::default());
}

#[test]
fn a_field_given_twice_is_an_error() {
    for twice in [
        r#"{"sessionId":"a","sessionId":"a"}"#,
        r#"{"sessionId":"a","session_id":"b"}"#,
        r#"{"session_id":null,"sessionId":"b"}"#,
    ] {
        assert!(refused::<GetSessionRequest>(twice).ends_with(r#"duplicate field "sessionId""#));
    }
    // The same in a message that has a oneof, in nested ones, and in maps.
    refused::<SetEmailRequest>(r#"{"userId":"a","user_id":"b"}"#);
    refused::<CreateSessionRequest>(r#"{"checks":{"user":{"userId":"a"},"user":{}}}"#);
    refused::<ListSessionsRequest>(r#"{"queries":[],"queries":[]}"#);
    refused::<CreateSessionRequest>(r#"{"metadata":{"k":"YQ==","k":"YQ=="}}"#);
    refused::<CheckWebAuthN>(r#"{"credentialAssertionData":{"a":{"b":1,"b":1}}}"#);
    // Two keys of a map that would be two spellings of one field are two keys.
    let request: CreateSessionRequest = read(r#"{"metadata":{"a_b":"YQ==","aB":"Yg=="}}"#);
    assert_eq!(request.metadata.len(), 2);
}

#[test]
fn what_is_not_set_is_not_written() {
    assert_eq!(write(&Session::default()), "{}");
    assert_eq!(write(&ListSessionsResponse::default()), "{}");
    let factor = WebAuthNFactor {
        user_verified: false,
        ..WebAuthNFactor::default()
    };
    assert_eq!(write(&factor), "{}");
    let zeros: ListSessionsRequest =
        read(r#"{"query":{"offset":"0","limit":0,"asc":false},"queries":[],"sortingColumn":0}"#);
    assert_eq!(write(&zeros), r#"{"query":{}}"#);
}

#[test]
fn a_message_that_is_present_but_empty_is_written() {
    let deleted = DeleteSessionResponse {
        details: MessageField::some(Details::default()),
        ..DeleteSessionResponse::default()
    };
    assert_eq!(write(&deleted), r#"{"details":{}}"#);
    let created = CreateSessionResponse {
        challenges: MessageField::some(Challenges::default()),
        ..CreateSessionResponse::default()
    };
    assert_eq!(write(&created), r#"{"challenges":{}}"#);
    assert_eq!(
        read::<CreateSessionResponse>(r#"{"challenges":{}}"#),
        created
    );
    assert!(read::<CreateSessionResponse>("{}").challenges.is_unset());
}

#[test]
fn an_optional_field_with_its_zero_value_is_written() {
    let agent: UserAgent = read(r#"{"fingerprintId":"","ip":null}"#);
    assert_eq!(agent.fingerprint_id.as_deref(), Some(""));
    assert_eq!(agent.ip, None);
    assert_eq!(write(&agent), r#"{"fingerprintId":""}"#);
    let profile: SetHumanProfile = read(r#"{"gender":"GENDER_UNSPECIFIED"}"#);
    assert_eq!(write(&profile), r#"{"gender":"GENDER_UNSPECIFIED"}"#);
}

#[test]
fn unknown_fields_are_ignored_at_every_depth() {
    let request: CreateSessionRequest = read(
        r#"{"x":1,"checks":{"user":{"loginName":"n","y":{"z":[true,null,{"a":"\u0041"}]}},
           "[a.b]":[[]]},"userAgent":{"header":{"h":{"values":["v"],"w":-1.5e3}}},"@type":"t"}"#,
    );
    let search = request.checks.user.search.clone();
    assert_eq!(search, Some(Search::LoginName("n".to_owned())));
    assert_eq!(request.user_agent.header["h"].values, ["v"]);
    // Even when given twice: nobody says what it is.
    read::<GetSessionRequest>(r#"{"x":1,"x":2}"#);
}

#[test]
fn null_is_absent() {
    let request: CreateSessionRequest = read(
        r#"{"checks":{"user":null,"password":null,"webAuthN":{"credentialAssertionData":null}},
           "metadata":null,"challenges":null,"userAgent":{"ip":null,"header":null},"lifetime":null}"#,
    );
    assert!(request.checks.user.is_unset() && request.lifetime.is_unset());
    assert!(
        request
            .checks
            .web_auth_n
            .credential_assertion_data
            .is_unset()
    );
    let request: ListSessionsRequest =
        read(r#"{"query":{"offset":null,"asc":null},"queries":null,"sortingColumn":null}"#);
    assert_eq!(request.query, MessageField::some(ListQuery::default()));
    // A oneof may be named twice if only one of the names has a value.
    let user: CheckUser = read(r#"{"userId":null,"loginName":"n"}"#);
    assert_eq!(user.search, Some(Search::LoginName("n".to_owned())));
}

#[test]
fn null_is_no_value_of_a_map_or_list() {
    refused::<CreateSessionRequest>(r#"{"metadata":{"k":null}}"#);
    refused::<UserAgent>(r#"{"header":{"h":null}}"#);
    refused::<SearchQuery>(r#"{"idsQuery":{"ids":[null]}}"#);
    refused::<ListSessionsRequest>(r#"{"queries":[null]}"#);
    refused::<ListAuthenticationFactorsRequest>(r#"{"authFactors":[null]}"#);
}

#[test]
fn a_oneof_set_twice_is_an_error() {
    let error = refused::<CheckUser>(r#"{"userId":"a","loginName":"b"}"#);
    assert!(
        error.contains("oneof zitadel.session.v2.CheckUser.search is already set"),
        "{error}"
    );
    refused::<SearchQuery>(r#"{"idsQuery":{},"userIdQuery":{}}"#);
    refused::<SetEmailRequest>(r#"{"sendCode":{},"isVerified":false}"#);
    // One with its zero value is set.
    let request: SetEmailRequest = read(r#"{"isVerified":false}"#);
    assert_eq!(write(&request), r#"{"isVerified":false}"#);
    let query: SearchQuery = read(r#"{"idsQuery":{}}"#);
    assert!(matches!(query.query, Some(Query::IdsQuery(_))));
}

#[test]
fn a_message_is_an_object_and_a_list_an_array() {
    for wrong in ["[]", "null", "\"\"", "0", "true"] {
        refused::<GetSessionRequest>(wrong);
    }
    // An array would fit field by field; it must not be taken for the message.
    refused::<GetSessionRequest>(r#"["id","token"]"#);
    refused::<CreateSessionRequest>(r#"{"checks":[{"loginName":"n"}]}"#);
    refused::<ListSessionsRequest>(r#"{"queries":{}}"#);
    refused::<CreateSessionRequest>(r#"{"metadata":[]}"#);
    refused::<GetSessionRequest>(r#"{"sessionId":5}"#);
    refused::<GetSessionRequest>(r#"{"sessionId":["a"]}"#);
    for wrong in ["\"true\"", "1", "\"\"", "{}"] {
        refused::<ListQuery>(&format!(r#"{{"asc":{wrong}}}"#));
    }
}

#[test]
fn an_empty_body_is_an_empty_message() {
    for body in ["", " ", "\r\n\t ", "{}", " { } "] {
        assert_eq!(
            read::<CreateSessionRequest>(body),
            CreateSessionRequest::default()
        );
    }
}
