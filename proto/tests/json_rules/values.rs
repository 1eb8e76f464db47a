//! Numbers, enums, bytes and plain objects.

use bartizan_proto::buffa_types::google::protobuf::Struct;
use bartizan_proto::zitadel::object::v2::{Details, ListQuery};
use bartizan_proto::zitadel::session::v2::{
    CheckWebAuthN, CreateSessionRequest, ListSessionsRequest, SessionFieldName,
};
use bartizan_proto::zitadel::settings::v2::{LoginSettings, SecondFactorType};
use bartizan_proto::zitadel::user::v2::{
    AuthFactors, GenerateRecoveryCodesRequest, ListAuthenticationFactorsRequest, SetHumanProfile,
    SetMetadataEntry,
};

use crate::{read, refused, write};

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
