//! One row per rule of the session service; both packages where both have it.

use bartizan_proto::buffa_types::google::protobuf::Duration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{bounded, passes, refused, survives, wire};
use super::*;

const REQUIRED: &str = "value is required";
const UNDEFINED: &str = "value must be one of the defined enum values";
const ONE_TO_200: &str = "value length must be between 1 and 200 runes, inclusive";

/// Where the checks and challenges of a request stand, by its name.
fn below<'p>(outer: &'p str, inner: &[&'p str]) -> Vec<&'p str> {
    std::iter::once(outer)
        .chain(inner.iter().copied())
        .collect()
}

/// Instantiates tests that hold for both packages.
macro_rules! for_both {
    ($package:ident) => {
        mod $package {
            use bartizan_proto::zitadel::session::$package::*;

            use super::*;

            /// A check or challenge in each of the two requests that carry them.
            #[track_caller]
            fn part_refused(part: &str, value: Value, inner: &[&str], text: &str) {
                let field = if part == "checks" { "Checks" } else { "Challenges" };
                refused::<CreateSessionRequest>(
                    json!({ part: value }),
                    &below(&format!("CreateSessionRequest.{field}"), inner),
                    text,
                );
                refused::<SetSessionRequest>(
                    json!({ "sessionId": "1", part: value }),
                    &below(&format!("SetSessionRequest.{field}"), inner),
                    text,
                );
            }

            #[track_caller]
            fn part_bounded(
                part: &str,
                value: impl Fn(&str) -> Value,
                inner: &[&str],
                bounds: (usize, usize),
            ) {
                let field = if part == "checks" { "Checks" } else { "Challenges" };
                bounded::<CreateSessionRequest>(
                    |text| json!({ part: value(text) }),
                    &below(&format!("CreateSessionRequest.{field}"), inner),
                    bounds,
                );
            }

            #[test]
            fn requests_without_anything_optional_pass() {
                passes::<CreateSessionRequest>(json!({}));
                passes::<CreateSessionRequest>(json!({
                    "checks": {}, "challenges": {}, "metadata": {"": ""}, "userAgent": {},
                }));
                passes::<SetSessionRequest>(json!({"sessionId": "1"}));
                passes::<GetSessionRequest>(json!({"sessionId": "1"}));
                passes::<ListSessionsRequest>(json!({}));
                passes::<DeleteSessionRequest>(json!({"sessionId": "1"}));
            }

            #[test]
            fn session_ids_have_1_to_200_characters() {
                let request = |id: &str| json!({ "sessionId": id });
                bounded::<GetSessionRequest>(request, &["GetSessionRequest.SessionId"], (1, 200));
                bounded::<SetSessionRequest>(request, &["SetSessionRequest.SessionId"], (1, 200));
                bounded::<DeleteSessionRequest>(
                    request,
                    &["DeleteSessionRequest.SessionId"],
                    (1, 200),
                );
            }

            #[test]
            fn only_get_has_a_rule_for_the_token() {
                bounded::<GetSessionRequest>(
                    |token| json!({"sessionId": "1", "sessionToken": token}),
                    &["GetSessionRequest.SessionToken"],
                    (1, 500),
                );
                for token in ["", &"t".repeat(1_000)] {
                    let request = || json!({"sessionId": "1", "sessionToken": token});
                    passes::<SetSessionRequest>(request());
                    passes::<DeleteSessionRequest>(request());
                }
            }

            #[test]
            fn users_are_checked_by_id_or_login_name() {
                part_refused(
                    "checks",
                    json!({"user": {}}),
                    &["Checks.User", "CheckUser.Search"],
                    REQUIRED,
                );
                for (name, field) in [
                    ("userId", "CheckUser.UserId"),
                    ("loginName", "CheckUser.LoginName"),
                ] {
                    part_bounded(
                        "checks",
                        |text| json!({"user": { name: text }}),
                        &["Checks.User", field],
                        (1, 200),
                    );
                    part_refused(
                        "checks",
                        json!({"user": { name: "" }}),
                        &["Checks.User", field],
                        ONE_TO_200,
                    );
                }
            }

            #[test]
            fn passwords_have_1_to_200_characters() {
                part_bounded(
                    "checks",
                    |text| json!({"password": {"password": text}}),
                    &["Checks.Password", "CheckPassword.Password"],
                    (1, 200),
                );
            }

            #[test]
            fn assertions_must_be_there() {
                part_refused(
                    "checks",
                    json!({"webAuthN": {}}),
                    &["Checks.WebAuthN", "CheckWebAuthN.CredentialAssertionData"],
                    REQUIRED,
                );
                passes::<CreateSessionRequest>(
                    json!({"checks": {"webAuthN": {"credentialAssertionData": {}}}}),
                );
            }

            #[test]
            fn intents_have_an_id_and_a_token() {
                part_bounded(
                    "checks",
                    |text| json!({"idpIntent": {"idpIntentId": text, "idpIntentToken": "t"}}),
                    &["Checks.IdpIntent", "CheckIDPIntent.IdpIntentId"],
                    (1, 200),
                );
                part_bounded(
                    "checks",
                    |text| json!({"idpIntent": {"idpIntentId": "1", "idpIntentToken": text}}),
                    &["Checks.IdpIntent", "CheckIDPIntent.IdpIntentToken"],
                    (1, 200),
                );
            }

            #[test]
            fn codes_have_their_lengths() {
                part_bounded(
                    "checks",
                    |text| json!({"totp": {"code": text}}),
                    &["Checks.Totp", "CheckTOTP.Code"],
                    (6, 6),
                );
                for (name, field) in [
                    ("otpSms", "Checks.OtpSms"),
                    ("otpEmail", "Checks.OtpEmail"),
                ] {
                    part_refused(
                        "checks",
                        json!({ name: {"code": ""} }),
                        &[field, "CheckOTP.Code"],
                        "value length must be at least 1 runes",
                    );
                    for code in ["1", &"1".repeat(1_000)] {
                        passes::<CreateSessionRequest>(json!({"checks": { name: {"code": code} }}));
                    }
                }
            }

            #[test]
            fn passkey_challenges_name_a_domain_and_a_requirement() {
                part_bounded(
                    "challenges",
                    |text| json!({"webAuthN": {"domain": text, "userVerificationRequirement": 1}}),
                    &[
                        "RequestChallenges.WebAuthN",
                        "RequestChallenges_WebAuthN.Domain",
                    ],
                    (1, 200),
                );
                for (requirement, text) in [
                    (
                        json!(0),
                        "value must not be in list [USER_VERIFICATION_REQUIREMENT_UNSPECIFIED]",
                    ),
                    (
                        json!(null),
                        "value must not be in list [USER_VERIFICATION_REQUIREMENT_UNSPECIFIED]",
                    ),
                    (json!(4), UNDEFINED),
                    (json!(-1), UNDEFINED),
                ] {
                    part_refused(
                        "challenges",
                        json!({"webAuthN": {
                            "domain": "a.b",
                            "userVerificationRequirement": requirement,
                        }}),
                        &[
                            "RequestChallenges.WebAuthN",
                            "RequestChallenges_WebAuthN.UserVerificationRequirement",
                        ],
                        text,
                    );
                }
                for requirement in 1..=3 {
                    passes::<CreateSessionRequest>(json!({"challenges": {"webAuthN": {
                        "domain": "a.b",
                        "userVerificationRequirement": requirement,
                    }}}));
                }
            }

            #[test]
            fn code_challenges_bound_only_the_link() {
                part_bounded(
                    "challenges",
                    |text| json!({"otpEmail": {"sendCode": {"urlTemplate": text}}}),
                    &[
                        "RequestChallenges.OtpEmail",
                        "RequestChallenges_OTPEmail.SendCode",
                        "RequestChallenges_OTPEmail_SendCode.UrlTemplate",
                    ],
                    (1, 200),
                );
                for challenges in [
                    json!({"otpSms": {}, "otpEmail": {}}),
                    json!({"otpSms": {"returnCode": true}, "otpEmail": {"returnCode": {}}}),
                    json!({"otpEmail": {"sendCode": {}}}),
                ] {
                    passes::<CreateSessionRequest>(json!({ "challenges": challenges }));
                }
            }

            #[test]
            fn lifetimes_are_positive() {
                let lifetime = |seconds, nanos| Duration {
                    seconds,
                    nanos,
                    ..Duration::default()
                };
                for (seconds, nanos, text) in [
                    (0, 0, "value must be greater than 0s"),
                    (-1, 0, "value must be greater than 0s"),
                    (1, -1, "value is not a valid duration"),
                    (315_576_000_001, 0, "value is not a valid duration"),
                ] {
                    let create = CreateSessionRequest {
                        lifetime: lifetime(seconds, nanos).into(),
                        ..Default::default()
                    };
                    let set = SetSessionRequest {
                        session_id: "1".to_owned(),
                        lifetime: lifetime(seconds, nanos).into(),
                        ..Default::default()
                    };
                    assert_eq!(
                        [create.validate(), set.validate()].map(|checked| checked.unwrap_err()),
                        ["Create", "Set"].map(|name| Invalid::Rule(format!(
                            "invalid {name}SessionRequest.Lifetime: {text}"
                        )))
                    );
                }
                passes::<CreateSessionRequest>(json!({"lifetime": "0.000000001s"}));
                passes::<SetSessionRequest>(json!({"sessionId": "1", "lifetime": "18000s"}));
            }

            #[test]
            fn searches_name_what_they_search() {
                refused::<ListSessionsRequest>(
                    json!({"queries": [{"idsQuery": {}}, {}]}),
                    &["ListSessionsRequest.Queries[1]", "SearchQuery.Query"],
                    REQUIRED,
                );
                refused::<ListSessionsRequest>(
                    json!({"queries": [{"creationDateQuery": {"method": 5}}]}),
                    &[
                        "ListSessionsRequest.Queries[0]",
                        "SearchQuery.CreationDateQuery",
                        "CreationDateQuery.Method",
                    ],
                    UNDEFINED,
                );
                passes::<ListSessionsRequest>(json!({
                    "query": {"limit": 1_000_000},
                    "sortingColumn": 7,
                    "queries": [
                        {"idsQuery": {"ids": ["", "x".repeat(300)]}},
                        {"userIdQuery": {"id": "x".repeat(300)}},
                        {"creationDateQuery": {"method": 4}},
                    ],
                }));
            }

            #[test]
            fn the_first_broken_rule_in_order_is_told() {
                let checks = json!({
                    "user": {"userId": ""},
                    "password": {"password": ""},
                    "webAuthN": {},
                    "idpIntent": {},
                    "totp": {},
                    "otpSms": {},
                    "otpEmail": {},
                });
                let mut request = json!({
                    "sessionId": "",
                    "lifetime": "0s",
                    "challenges": {"webAuthN": {}, "otpEmail": {"sendCode": {"urlTemplate": ""}}},
                    "checks": checks,
                });
                let mut say = |mend: &dyn Fn(&mut Value), says: &str| {
                    let error = super::super::super::testing::judge::<SetSessionRequest>(
                        request.clone(),
                    )
                    .unwrap_err()
                    .to_string();
                    assert!(error.contains(says), "{error} does not say {says}");
                    mend(&mut request);
                };
                say(&|r| r["sessionId"] = json!("1"), "SetSessionRequest.SessionId");
                say(&|r| r["checks"]["user"] = json!(null), "Checks.User");
                say(&|r| r["checks"]["password"] = json!(null), "Checks.Password");
                say(&|r| r["checks"]["webAuthN"] = json!(null), "Checks.WebAuthN");
                say(&|r| r["checks"]["idpIntent"] = json!(null), "Checks.IdpIntent");
                say(&|r| r["checks"]["totp"] = json!(null), "Checks.Totp");
                say(&|r| r["checks"]["otpSms"] = json!(null), "Checks.OtpSms");
                say(&|r| r["checks"]["otpEmail"] = json!(null), "Checks.OtpEmail");
                say(&|r| r["challenges"]["webAuthN"] = json!(null), "RequestChallenges.WebAuthN");
                say(&|r| r["challenges"]["otpEmail"] = json!(null), "RequestChallenges.OtpEmail");
                say(&|r| r["lifetime"] = json!("1s"), "SetSessionRequest.Lifetime");
                passes::<SetSessionRequest>(request);
            }

            proptest! {
                #[test]
                fn any_request_is_judged(
                    fields in prop::collection::vec(wire(), 0..6),
                    noise in prop::collection::vec(any::<u8>(), 0..64),
                ) {
                    for bytes in [fields.concat(), noise] {
                        survives::<CreateSessionRequest>(&bytes);
                        survives::<SetSessionRequest>(&bytes);
                        survives::<GetSessionRequest>(&bytes);
                        survives::<ListSessionsRequest>(&bytes);
                        survives::<DeleteSessionRequest>(&bytes);
                    }
                }
            }
        }
    };
}

for_both!(v2);
for_both!(v2beta);

#[test]
fn the_example_of_the_spec_reads_as_there() {
    let request: super::v2::CreateSessionRequest =
        serde_json::from_value(json!({"checks": {"user": {"userId": ""}}})).unwrap();
    assert_eq!(
        request.validate().unwrap_err().to_string(),
        "invalid CreateSessionRequest.Checks: embedded message failed validation | caused by: \
         invalid Checks.User: embedded message failed validation | caused by: \
         invalid CheckUser.UserId: value length must be between 1 and 200 runes, inclusive"
    );
}

#[test]
fn recovery_codes_are_checked_last_and_only_in_v2() {
    bounded::<super::v2::CreateSessionRequest>(
        |code| json!({"checks": {"recoveryCode": {"code": code}}}),
        &[
            "CreateSessionRequest.Checks",
            "Checks.RecoveryCode",
            "CheckRecoveryCode.Code",
        ],
        (1, 200),
    );
    refused::<super::v2::CreateSessionRequest>(
        json!({"checks": {"recoveryCode": {}, "otpEmail": {}}}),
        &[
            "CreateSessionRequest.Checks",
            "Checks.OtpEmail",
            "CheckOTP.Code",
        ],
        "value length must be at least 1 runes",
    );
    passes::<super::v2beta::CreateSessionRequest>(json!({"checks": {"recoveryCode": {}}}));
}

#[test]
fn creators_agents_and_expiry_are_searched_only_in_v2() {
    let within = |query: &Value| json!({ "queries": [query] });
    bounded::<super::v2::ListSessionsRequest>(
        |id| within(&json!({"creatorQuery": {"id": id}})),
        &[
            "ListSessionsRequest.Queries[0]",
            "SearchQuery.CreatorQuery",
            "CreatorQuery.Id",
        ],
        (0, 200),
    );
    bounded::<super::v2::ListSessionsRequest>(
        |id| within(&json!({"userAgentQuery": {"fingerprintId": id}})),
        &[
            "ListSessionsRequest.Queries[0]",
            "SearchQuery.UserAgentQuery",
            "UserAgentQuery.FingerprintId",
        ],
        (0, 200),
    );
    let expiry = |method: i32| within(&json!({"expirationDateQuery": {"method": method}}));
    passes::<super::v2::ListSessionsRequest>(expiry(4));
    refused::<super::v2::ListSessionsRequest>(
        expiry(5),
        &[
            "ListSessionsRequest.Queries[0]",
            "SearchQuery.ExpirationDateQuery",
            "ExpirationDateQuery.Method",
        ],
        UNDEFINED,
    );
    for query in [
        json!({"creatorQuery": {}}),
        json!({"userAgentQuery": {}}),
        json!({"expirationDateQuery": {}}),
    ] {
        passes::<super::v2::ListSessionsRequest>(within(&query));
        refused::<super::v2beta::ListSessionsRequest>(
            within(&query),
            &["ListSessionsRequest.Queries[0]", "SearchQuery.Query"],
            REQUIRED,
        );
    }
}
