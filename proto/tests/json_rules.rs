//! The rules by which clients of ZITADEL write and read JSON, one test each.

use bartizan_proto::buffa::MessageField;
use bartizan_proto::buffa_types::google::protobuf::{Duration, Struct, Timestamp};
use bartizan_proto::json::{Body, decode, encode};
use bartizan_proto::zitadel::object::v2::{Details, ListQuery};
use bartizan_proto::zitadel::session::v2::check_user::Search;
use bartizan_proto::zitadel::session::v2::search_query::Query;
use bartizan_proto::zitadel::session::v2::{
    Challenges, CheckUser, CheckWebAuthN, CreateSessionRequest, CreateSessionResponse,
    DeleteSessionResponse, Factors, GetSessionRequest, ListSessionsRequest, ListSessionsResponse,
    SearchQuery, Session, SessionFieldName, SetSessionRequest, UserAgent, WebAuthNFactor,
};
use bartizan_proto::zitadel::settings::v2::{LoginSettings, SecondFactorType};
use bartizan_proto::zitadel::user::v2::{
    AuthFactors, GenerateRecoveryCodesRequest, ListAuthenticationFactorsRequest, SetEmailRequest,
    SetHumanProfile, SetMetadataEntry,
};

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

fn at(seconds: i64, nanos: i32) -> Timestamp {
    Timestamp {
        seconds,
        nanos,
        ..Timestamp::default()
    }
}

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
fn unknown_names_of_enum_values_leave_the_field_unset() {
    let request: ListSessionsRequest = read(r#"{"sortingColumn":"SESSION_FIELD_NAME_NEW"}"#);
    assert_eq!(request, ListSessionsRequest::default());
    let profile: SetHumanProfile = read(r#"{"gender":"female"}"#);
    assert_eq!(profile.gender, None);
    let list: ListAuthenticationFactorsRequest = read(r#"{"authFactors":["U2F","NEW","OTP"]}"#);
    assert_eq!(list.auth_factors, [AuthFactors::U2F, AuthFactors::OTP]);
    // What is no name at all is still an error.
    refused::<ListSessionsRequest>(r#"{"sortingColumn":true}"#);
    refused::<ListAuthenticationFactorsRequest>(r#"{"authFactors":[{}]}"#);
}

#[test]
fn enum_numbers_are_read_and_kept_even_if_undefined() {
    let request: ListSessionsRequest = read(r#"{"sortingColumn":1}"#);
    assert_eq!(
        request.sorting_column,
        SessionFieldName::SESSION_FIELD_NAME_CREATION_DATE
    );
    assert_eq!(
        write(&request),
        r#"{"sortingColumn":"SESSION_FIELD_NAME_CREATION_DATE"}"#
    );
    for (number, value) in [
        ("77", 77),
        ("-3", -3),
        ("1.0", 1),
        ("-2147483648", i32::MIN),
    ] {
        let json = format!(r#"{{"sortingColumn":{number}}}"#);
        assert_eq!(
            read::<ListSessionsRequest>(&json).sorting_column.to_i32(),
            value
        );
    }
    assert_eq!(
        write(&read::<ListSessionsRequest>(r#"{"sortingColumn":77}"#)),
        r#"{"sortingColumn":77}"#
    );
    refused::<ListSessionsRequest>(r#"{"sortingColumn":2147483648}"#);
    refused::<ListSessionsRequest>(r#"{"sortingColumn":1.5}"#);
}

#[test]
fn an_enum_value_with_two_names_is_written_with_the_first() {
    let json = r#"{"secondFactors":["SECOND_FACTOR_TYPE_TOTP","SECOND_FACTOR_TYPE_OTP"]}"#;
    let settings: LoginSettings = read(json);
    assert_eq!(
        settings.second_factors,
        [SecondFactorType::SECOND_FACTOR_TYPE_OTP; 2]
    );
    assert_eq!(write(&settings), json.replace("TYPE_TOTP", "TYPE_OTP"));
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
fn integers_of_64_bits_are_strings_and_read_as_numbers_too() {
    let details = Details {
        sequence: u64::MAX,
        ..Details::default()
    };
    assert_eq!(write(&details), r#"{"sequence":"18446744073709551615"}"#);
    let texts = [
        "18446744073709551615",
        r#""18446744073709551615""#,
        "1.8446744073709551615e19",
    ];
    for text in texts {
        assert_eq!(
            read::<Details>(&format!(r#"{{"sequence":{text}}}"#)),
            details
        );
    }
    for wrong in [
        "18446744073709551616",
        "-1",
        r#""-1""#,
        "1e20",
        "0.5",
        r#""""#,
        r#""1""2""#,
    ] {
        refused::<Details>(&format!(r#"{{"sequence":{wrong}}}"#));
    }
}

#[test]
fn integers_of_32_bits_are_numbers_and_read_as_strings_too() {
    let query = ListQuery {
        limit: u32::MAX,
        ..ListQuery::default()
    };
    assert_eq!(write(&query), r#"{"limit":4294967295}"#);
    for text in [
        "4294967295",
        r#""4294967295""#,
        "4294967295.0",
        "42949672950e-1",
    ] {
        assert_eq!(read::<ListQuery>(&format!(r#"{{"limit":{text}}}"#)), query);
    }
    refused::<ListQuery>(r#"{"limit":4294967296}"#);
    for (text, count) in [
        ("-7", -7),
        ("2147483647", i32::MAX),
        (r#""-2147483648""#, i32::MIN),
    ] {
        let request: GenerateRecoveryCodesRequest = read(&format!(r#"{{"count":{text}}}"#));
        assert_eq!(request.count, count);
    }
    refused::<GenerateRecoveryCodesRequest>(r#"{"count":2147483648}"#);
}

#[test]
fn an_integer_may_look_like_a_fraction_if_it_is_none() {
    let whole = [
        ("1.0", 1),
        ("1e2", 100),
        ("1.5e1", 15),
        ("2500E-2", 25),
        ("0e999999", 0),
        ("-0", 0),
    ];
    for (text, value) in whole {
        for text in [text.to_owned(), format!(r#""{text}""#)] {
            assert_eq!(
                read::<ListQuery>(&format!(r#"{{"limit":{text}}}"#)).limit,
                value,
                "{text}"
            );
        }
    }
    for wrong in ["1.5", "1e-1", "25e-2", "0.1e0", "1e999999999999", "1e99"] {
        refused::<ListQuery>(&format!(r#"{{"limit":{wrong}}}"#));
    }
}

#[test]
fn an_integer_in_a_string_is_a_number_and_nothing_else() {
    for wrong in [
        " 1", "1 ", "", "+1", "01", "1.", ".5", "0x1", "1_000", "one", "\u{661}", "NaN",
    ] {
        refused::<ListQuery>(&format!(r#"{{"limit":"{wrong}"}}"#));
        refused::<ListQuery>(&format!(r#"{{"offset":"{wrong}"}}"#));
    }
}

#[test]
fn bytes_are_written_in_padded_base64_and_read_in_every_form() {
    let entry = SetMetadataEntry {
        value: vec![0xfb, 0xff],
        ..SetMetadataEntry::default()
    };
    assert_eq!(write(&entry), r#"{"value":"+/8="}"#);
    for text in ["+/8=", "+/8", "-_8=", "-_8"] {
        assert_eq!(
            read::<SetMetadataEntry>(&format!(r#"{{"value":"{text}"}}"#)),
            entry
        );
    }
    for wrong in ["+_8=", "+/8==", "+/8=A", "+", "+/ 8", "ä"] {
        refused::<SetMetadataEntry>(&format!(r#"{{"value":"{wrong}"}}"#));
    }
    // Bits beyond the last byte do not matter.
    for text in ["YQ==", "YR==", "YR"] {
        let entry: SetMetadataEntry = read(&format!(r#"{{"value":"{text}"}}"#));
        assert_eq!(entry.value, b"a");
    }
    let lines: SetMetadataEntry = read(r#"{"value":"YWJj\nZGVm\n"}"#);
    assert_eq!(lines.value, b"abcdef");
    refused::<SetMetadataEntry>(r#"{"value":5}"#);
    let request: CreateSessionRequest = read(r#"{"metadata":{"k":"YQ","empty":""}}"#);
    assert_eq!(write(&request), r#"{"metadata":{"empty":"","k":"YQ=="}}"#);
}

#[test]
fn timestamps_are_written_in_utc_with_groups_of_three_digits() {
    for (nanos, text) in [
        (0, "1970-01-01T00:00:01Z"),
        (120_000_000, "1970-01-01T00:00:01.120Z"),
        (123_400_000, "1970-01-01T00:00:01.123400Z"),
        (1, "1970-01-01T00:00:01.000000001Z"),
    ] {
        let session = Session {
            creation_date: MessageField::some(at(1, nanos)),
            ..Session::default()
        };
        let json = format!(r#"{{"creationDate":"{text}"}}"#);
        assert_eq!(write(&session), json);
        assert_eq!(read::<Session>(&json), session);
    }
    let year_one = Session {
        creation_date: MessageField::some(at(-62_135_596_800, 0)),
        ..Session::default()
    };
    assert_eq!(
        write(&year_one),
        r#"{"creationDate":"0001-01-01T00:00:00Z"}"#
    );
}

#[test]
fn timestamps_are_read_with_any_offset() {
    for text in [
        "2026-07-10T05:32:39.007096Z",
        "2026-07-10T05:32:39.007096+00:00",
        "2026-07-10T07:32:39.007096+02:00",
        "2026-07-09T23:02:39.007096000-06:30",
    ] {
        let session: Session = read(&format!(r#"{{"creationDate":"{text}"}}"#));
        assert_eq!(
            *session.creation_date,
            at(1_783_661_559, 7_096_000),
            "{text}"
        );
    }
    for wrong in [
        "2026-07-10T05:32:39",
        "2026-07-10",
        "2026-07-10 05:32:39Z",
        "2026-07-10t05:32:39z",
        "2026-02-30T00:00:00Z",
        "2026-07-10T24:00:00Z",
        "2026-07-10T05:32:60Z",
        "+026-07-10T05:32:39Z",
        "2026-07-10T+5:32:39Z",
        "2026-07-10T05:32:39.Z",
        "2026-07-10T05:32:39.0123456789Z",
        "2026-07-10T05:32:39+2:00",
        "2026-07-10T05:32:39+0200",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "",
        "Z",
        "now",
    ] {
        refused::<Session>(&format!(r#"{{"creationDate":"{wrong}"}}"#));
    }
    refused::<Session>(r#"{"creationDate":1783661559}"#);
}

#[test]
fn durations_are_decimal_seconds() {
    for (seconds, nanos, text) in [
        (18_000, 0, "18000s"),
        (1, 500_000_000, "1.500s"),
        (0, 1_000, "0.000001s"),
        (-1, -1, "-1.000000001s"),
        (0, -500_000_000, "-0.500s"),
        (315_576_000_000, 0, "315576000000s"),
    ] {
        let lifetime = Duration {
            seconds,
            nanos,
            ..Duration::default()
        };
        let request = SetSessionRequest {
            lifetime: MessageField::some(lifetime),
            ..Default::default()
        };
        let json = format!(r#"{{"lifetime":"{text}"}}"#);
        assert_eq!(write(&request), json);
        assert_eq!(read::<SetSessionRequest>(&json), request);
    }
    for (text, seconds, nanos) in [
        ("+5s", 5, 0),
        (".5s", 0, 500_000_000),
        ("5.s", 5, 0),
        ("0.25s", 0, 250_000_000),
    ] {
        let request: SetSessionRequest = read(&format!(r#"{{"lifetime":"{text}"}}"#));
        assert_eq!(
            (request.lifetime.seconds, request.lifetime.nanos),
            (seconds, nanos),
            "{text}"
        );
    }
    for wrong in [
        "5",
        "s",
        "",
        "-s",
        "5 s",
        "05s",
        "--5s",
        "+-5s",
        "5m",
        "1.0123456789s",
        "1e3s",
        "5.5.5s",
        "315576000001s",
        "-315576000001s",
        "99999999999999999999s",
    ] {
        refused::<SetSessionRequest>(&format!(r#"{{"lifetime":"{wrong}"}}"#));
    }
    refused::<SetSessionRequest>(r#"{"lifetime":5}"#);
    refused::<SetSessionRequest>(r#"{"lifetime":{"seconds":5}}"#);
}

#[test]
fn a_struct_is_a_plain_object() {
    let json = r#"{"credentialAssertionData":{"a":[1,2.5,-3e2,"x",true,false,null,{"b":{}},[]]}}"#;
    let check: CheckWebAuthN = read(json);
    let expected: Struct =
        serde_json::from_str(r#"{"a":[1,2.5,-300,"x",true,false,null,{"b":{}},[]]}"#).unwrap();
    assert_eq!(*check.credential_assertion_data, expected);
    // Whole numbers stay whole: an app may read them into an integer.
    let written: serde_json::Value = serde_json::from_str(&write(&check)).unwrap();
    let expected = json.replace("-3e2", "-300");
    assert_eq!(
        written,
        serde_json::from_str::<serde_json::Value>(&expected).unwrap()
    );
    for wrong in ["[]", "\"{}\"", "1", "true"] {
        refused::<CheckWebAuthN>(&format!(r#"{{"credentialAssertionData":{wrong}}}"#));
    }
    refused::<CheckWebAuthN>(r#"{"credentialAssertionData":{"a":1e999}}"#);
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
