//! One row per rule of the gateway, and laws that hold for every path.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use Operation::*;
use SessionOperation::*;
use UserOperation::*;
use Version::*;

use crate::api::{event_stream, forward_auth, introspection};

fn all() -> impl Iterator<Item = &'static Route> {
    GROUPS.iter().flat_map(|group| group.routes)
}

#[track_caller]
fn taken(method: &str, path: &str) -> (Operation, Vec<String>) {
    let found = route(method, path).unwrap_or_else(|why| panic!("{method} {path}: {why:?}"));
    let variables = (0..VARIABLES)
        .map(|index| found.variable(index).to_owned())
        .filter(|variable| !variable.is_empty())
        .collect();
    (found.operation(), variables)
}

#[test]
fn operations_are_found_by_method_and_path() {
    for (method, path, operation, variables) in [
        ("POST", "/v2/sessions", Session(V2, Create), &[][..]),
        ("POST", "/v2/sessions/search", Session(V2, List), &[]),
        ("GET", "/v2/sessions/1", Session(V2, Get), &["1"]),
        ("PATCH", "/v2/sessions/1", Session(V2, Set), &["1"]),
        ("DELETE", "/v2/sessions/1", Session(V2, Delete), &["1"]),
        ("POST", "/v2beta/sessions", Session(V2Beta, Create), &[]),
        (
            "POST",
            "/v2beta/sessions/search",
            Session(V2Beta, List),
            &[],
        ),
        ("GET", "/v2beta/sessions/1", Session(V2Beta, Get), &["1"]),
        ("PATCH", "/v2beta/sessions/1", Session(V2Beta, Set), &["1"]),
        (
            "DELETE",
            "/v2beta/sessions/1",
            Session(V2Beta, Delete),
            &["1"],
        ),
        ("POST", "/v2/users", User(ListUsers), &[]),
        ("POST", "/v2/users/human", User(AddHumanUser), &[]),
        ("PUT", "/v2/users/human/7", User(UpdateHumanUser), &["7"]),
        ("GET", "/v2/users/7", User(GetUserById), &["7"]),
        ("DELETE", "/v2/users/7", User(DeleteUser), &["7"]),
        ("POST", "/v2/users/7/password", User(SetPassword), &["7"]),
        ("POST", "/v2/users/7/lock", User(LockUser), &["7"]),
        ("POST", "/v2/users/7/unlock", User(UnlockUser), &["7"]),
        (
            "POST",
            "/v2/users/7/deactivate",
            User(DeactivateUser),
            &["7"],
        ),
        (
            "POST",
            "/v2/users/7/reactivate",
            User(ReactivateUser),
            &["7"],
        ),
    ] {
        let variables: Vec<_> = variables.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(
            taken(method, path),
            (operation, variables),
            "{method} {path}"
        );
    }
}

#[test]
fn passkeys_and_security_keys_are_found() {
    use WebAuthnOperation::{
        CreatePasskeyRegistrationLink, ListPasskeys, RegisterPasskey, RegisterU2f, RemovePasskey,
        RemoveU2f, VerifyPasskeyRegistration, VerifyU2fRegistration,
    };
    for (method, path, operation, variables) in [
        ("POST", "passkeys", RegisterPasskey, &["7"][..]),
        ("POST", "passkeys/_search", ListPasskeys, &["7"]),
        (
            "POST",
            "passkeys/registration_link",
            CreatePasskeyRegistrationLink,
            &["7"],
        ),
        ("POST", "passkeys/8", VerifyPasskeyRegistration, &["7", "8"]),
        ("DELETE", "passkeys/8", RemovePasskey, &["7", "8"]),
        ("POST", "u2f", RegisterU2f, &["7"]),
        ("POST", "u2f/8", VerifyU2fRegistration, &["7", "8"]),
        ("DELETE", "u2f/8", RemoveU2f, &["7", "8"]),
    ] {
        let variables: Vec<_> = variables.iter().map(|text| (*text).to_owned()).collect();
        let found = taken(method, &format!("/v2/users/7/{path}"));
        let expected = User(WebAuthn(operation));
        assert_eq!(found, (expected, variables), "{method} {path}");
    }
}

#[test]
fn addresses_and_their_codes_are_found() {
    use CodeOperation::*;
    for (method, path, operation) in [
        ("POST", "email", SetEmail),
        ("POST", "email/send", SendEmailCode),
        ("POST", "email/resend", ResendEmailCode),
        ("POST", "email/verify", VerifyEmail),
        ("POST", "phone", SetPhone),
        ("DELETE", "phone", RemovePhone),
        ("POST", "phone/resend", ResendPhoneCode),
        ("POST", "phone/verify", VerifyPhone),
        ("POST", "password_reset", PasswordReset),
        ("POST", "invite_code", CreateInviteCode),
        ("POST", "invite_code/resend", ResendInviteCode),
        ("POST", "invite_code/verify", VerifyInviteCode),
        ("POST", "mfa_init_skipped", HumanMfaInitSkipped),
    ] {
        let found = taken(method, &format!("/v2/users/7/{path}"));
        assert_eq!(
            found,
            (User(Code(operation)), vec!["7".to_owned()]),
            "{path}"
        );
    }
}

#[test]
fn identity_providers_intents_and_links_are_found() {
    for (method, path, operation, variables) in [
        ("GET", "/v2/idps/7", IdpOperation::Get, &["7"][..]),
        ("POST", "/v2/idp_intents", IdpOperation::StartIntent, &[]),
        (
            "POST",
            "/v2/idp_intents/7",
            IdpOperation::RetrieveIntent,
            &["7"],
        ),
        ("POST", "/v2/users/7/links", IdpOperation::AddLink, &["7"]),
        (
            "POST",
            "/v2/users/7/links/_search",
            IdpOperation::ListLinks,
            &["7"],
        ),
        (
            "DELETE",
            "/v2/users/7/links/8/9",
            IdpOperation::RemoveLink,
            &["7", "8", "9"],
        ),
    ] {
        let variables: Vec<_> = variables.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(
            taken(method, path),
            (Idp(operation), variables),
            "{method} {path}"
        );
    }
}

#[test]
fn settings_organisations_and_provisioning_are_found() {
    for (path, operation) in [
        ("/v2/settings", SettingsOperation::General),
        ("/v2/settings/login", SettingsOperation::Login),
        (
            "/v2/settings/login/idps",
            SettingsOperation::IdentityProviders,
        ),
        (
            "/v2/settings/password/complexity",
            SettingsOperation::Complexity,
        ),
        ("/v2/settings/password/expiry", SettingsOperation::Expiry),
        ("/v2/settings/branding", SettingsOperation::Branding),
        ("/v2/settings/domain", SettingsOperation::Domain),
        ("/v2/settings/legal_support", SettingsOperation::Legal),
        ("/v2/settings/lockout", SettingsOperation::Lockout),
        ("/v2/settings/security", SettingsOperation::Security),
        (
            "/v2/settings/hosted_login_translation",
            SettingsOperation::Translation,
        ),
    ] {
        assert_eq!(taken("GET", path).0, Settings(operation), "{path}");
    }
    let search = taken("POST", "/v2/organizations/_search");
    assert_eq!(search.0, ListOrganizations);
    for (method, path, operation, variables) in [
        (
            "POST",
            "/management/v1/users/machine",
            V1Operation::AddMachineUser,
            &[][..],
        ),
        (
            "POST",
            "/management/v1/users/7/pats",
            V1Operation::AddPersonalAccessToken,
            &["7"],
        ),
        (
            "GET",
            "/management/v1/policies/login",
            V1Operation::GetLoginPolicy,
            &[],
        ),
        ("POST", "/admin/v1/members", V1Operation::AddIamMember, &[]),
        (
            "PUT",
            "/admin/v1/members/7",
            V1Operation::UpdateIamMember,
            &["7"],
        ),
    ] {
        let variables: Vec<_> = variables.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(taken(method, path), (V1(operation), variables), "{path}");
    }
}

#[test]
fn words_of_other_routes_are_ids_where_an_id_may_stand() {
    assert_eq!(taken("GET", "/v2/sessions/search").0, Session(V2, Get));
    assert_eq!(
        route("GET", "/v2/sessions/search").unwrap().variable(0),
        "search"
    );
    assert_eq!(taken("PATCH", "/v2/sessions/search").0, Session(V2, Set));
    assert_eq!(
        taken("DELETE", "/v2/sessions/search").0,
        Session(V2, Delete)
    );
    assert_eq!(taken("GET", "/v2/users/human").0, User(GetUserById));
    assert_eq!(taken("DELETE", "/v2/users/human").0, User(DeleteUser));
    assert_eq!(taken("POST", "/v2/users/human/lock").0, User(LockUser));
}

#[test]
fn an_empty_segment_is_an_empty_id() {
    for (method, path, operation) in [
        ("GET", "/v2/sessions/", Session(V2, Get)),
        ("PATCH", "/v2/sessions/", Session(V2, Set)),
        ("DELETE", "/v2/sessions/", Session(V2, Delete)),
        ("GET", "/v2beta/sessions/", Session(V2Beta, Get)),
        ("GET", "/v2/users/", User(GetUserById)),
        ("POST", "/v2/users//lock", User(LockUser)),
    ] {
        assert_eq!(taken(method, path), (operation, vec![]), "{method} {path}");
    }
}

#[test]
fn paths_are_decoded_before_they_are_split() {
    assert_eq!(
        route("GET", "/v2/sessions/a%20b").unwrap().variable(0),
        "a b"
    );
    assert_eq!(
        route("GET", "/v2/sessions/%C3%BC").unwrap().variable(0),
        "ü"
    );
    assert_eq!(
        route("GET", "/v2/sessions/%252F").unwrap().variable(0),
        "%2F"
    );
    assert_eq!(route("GET", "/v2/sessions/a+b").unwrap().variable(0), "a+b");
    assert_eq!(route("GET", "/v2/sessions/a%2Fb"), Err(Unrouted::NotFound));
    assert_eq!(taken("GET", "/v2%2Fsessions%2f1").0, Session(V2, Get));
    assert_eq!(taken("POST", "/%76%32/sessions").0, Session(V2, Create));
    assert_eq!(taken("POST", "/v2/users/7%2flock").0, User(LockUser));
}

#[test]
fn unknown_paths_are_not_found() {
    for path in [
        "",
        "/",
        "*",
        "v2/sessions",
        "/v2",
        "/v2/",
        "/v2/session",
        "/v2/sessionsearch",
        "/v2/sessions1",
        "/V2/sessions",
        "/v2/Sessions",
        "//v2/sessions",
        "/v2//sessions",
        "/v2/sessions/1/",
        "/v2/sessions/1/2",
        "/v2/sessions//",
        "/v2/sessions/search/",
        "/v2/sessions/../users",
        "/v3/sessions",
        "/v2beta/users",
        "/v2beta/users/7",
        "/v2/users/7/totp/_verify",
        "/v2/users/7/lock/",
    ] {
        for method in ["GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT"] {
            assert_eq!(
                route(method, path),
                Err(Unrouted::NotFound),
                "{method} {path:?}"
            );
        }
    }
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    for (method, path, expected) in [
        ("GET", "/v2/sessions", "POST"),
        ("DELETE", "/v2/sessions", "POST"),
        ("POST", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("POST", "/v2/sessions/", "GET, PATCH, DELETE"),
        ("POST", "/v2beta/sessions/", "GET, PATCH, DELETE"),
        ("PUT", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("HEAD", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("HEAD", "/v2/sessions", "POST"),
        ("OPTIONS", "/v2/sessions", "POST"),
        ("get", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("PUT", "/v2/sessions/search", "GET, POST, PATCH, DELETE"),
        ("GET", "/v2/users", "POST"),
        ("POST", "/v2/users/7", "GET, DELETE"),
        ("GET", "/v2/users/7/lock", "POST"),
        ("GET", "/v2/users/human/7", "PUT"),
        ("PATCH", "/v2/users/7/totp", "POST, DELETE"),
    ] {
        let Err(Unrouted::MethodNotAllowed(allowed)) = route(method, path) else {
            panic!("{method} {path} is not refused for its method");
        };
        assert_eq!(allowed.to_string(), expected, "{method} {path}");
    }
}

#[test]
fn undecodable_paths_are_refused_before_anything_else() {
    for (path, refusal) in [
        ("/v2/sessions/%", Unrouted::MalformedEscape("%".to_owned())),
        (
            "/v2/sessions/%2",
            Unrouted::MalformedEscape("%2".to_owned()),
        ),
        (
            "/nothing/%zz/here",
            Unrouted::MalformedEscape("%zz".to_owned()),
        ),
        ("/v2/sessions/%FF", Unrouted::InvalidUtf8),
    ] {
        assert_eq!(route("GET", path), Err(refusal), "{path}");
    }
}

/// What ZITADEL documents for these services, beside what is offered already.
const NOT_YET: &[(&str, &str, &str)] = &[
    ("POST", "/v2/users/7/metadata", "SetUserMetadata"),
    ("POST", "/v2/users/7/metadata/search", "ListUserMetadata"),
    ("DELETE", "/v2/users/7/metadata", "DeleteUserMetadata"),
    ("POST", "/v2/organizations", "AddOrganization"),
    ("PUT", "/v2/policies/security", "SetSecuritySettings"),
    (
        "PUT",
        "/v2/settings/hosted_login_translation",
        "SetHostedLoginTranslation",
    ),
    ("POST", "/admin/v1/sms/http", "AddSMSProviderHTTP"),
    ("PUT", "/admin/v1/sms/http/7", "UpdateSMSProviderHTTP"),
    ("POST", "/admin/v1/sms/7/_activate", "ActivateSMSProvider"),
    ("POST", "/admin/v1/email/http", "AddEmailProviderHTTP"),
    ("PUT", "/admin/v1/email/http/7", "UpdateEmailProviderHTTP"),
    (
        "POST",
        "/admin/v1/email/7/_activate",
        "ActivateEmailProvider",
    ),
];

#[test]
fn documented_routes_without_an_operation_are_known_by_name() {
    for &(method, path, name) in NOT_YET {
        assert_eq!(taken(method, path).0, NotYet(name), "{method} {path}");
    }
    let offered = |operation: Operation| !matches!(operation, NotYet(_));
    let offered = all().filter(|route| offered(route.operation)).count();
    assert_eq!(
        all().count(),
        NOT_YET.len() + offered,
        "a route is not in the list"
    );
    assert_eq!(offered, 78);
}

#[test]
fn the_document_has_exactly_the_routes_that_are_offered() {
    let document: serde_json::Value = serde_json::from_str(bartizan_proto::OPENAPI).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let documented: BTreeSet<(String, &str)> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (method.to_uppercase(), path.as_str()))
        })
        .collect();
    let mut offered: BTreeSet<(String, &str)> = all()
        .filter(|route| !matches!(route.operation, NotYet(_)))
        .map(|route| (route.method.name().to_owned(), route.pattern))
        .collect();
    // What has a handler of its own.
    offered.extend([
        ("GET".to_owned(), event_stream::PATH),
        ("GET".to_owned(), forward_auth::PATH),
        ("POST".to_owned(), introspection::PATH),
    ]);
    // A route stands in the comment of its method in the `.proto` files.
    assert_eq!(documented, offered);
}

#[test]
fn every_variable_of_a_path_can_be_read() {
    let link = route("DELETE", "/v2/users/7/links/8/9").unwrap();
    assert_eq!(
        [
            link.variable(0),
            link.variable(1),
            link.variable(2),
            link.variable(3)
        ],
        ["7", "8", "9", ""]
    );
}

#[test]
fn no_route_hides_a_later_one() {
    for (place, later) in all().enumerate() {
        // A path that only fits the later pattern's own words.
        let path: String = later.pattern.replace(['{', '}'], "~");
        assert_eq!(
            route(later.method.name(), &path).map(|found| found.operation()),
            Ok(later.operation),
            "route {place}: {}",
            later.pattern
        );
    }
}

#[test]
fn every_route_starts_with_the_prefix_of_its_group_alone() {
    for route in all() {
        let groups = GROUPS
            .iter()
            .filter(|group| route.pattern.starts_with(group.prefix));
        assert_eq!(groups.count(), 1, "{}", route.pattern);
    }
    for group in GROUPS {
        for route in group.routes {
            assert!(route.pattern.starts_with(group.prefix), "{}", route.pattern);
        }
    }
}

#[test]
fn only_escaped_paths_are_copied() {
    let found = route("GET", "/v2/sessions/1").unwrap();
    assert!(matches!(found.path, Cow::Borrowed(_)));
}

#[test]
fn refusals_have_the_texts_of_the_gateway() {
    for (unrouted, kind, text) in [
        (Unrouted::NotFound, Kind::NotFound, "Not Found"),
        (
            Unrouted::MethodNotAllowed(Allowed::default()),
            Kind::Unimplemented,
            "Method Not Allowed",
        ),
        (
            Unrouted::MalformedEscape("%\"\n".to_owned()),
            Kind::InvalidArgument,
            r#"malformed path escape "%\"\n""#,
        ),
        (
            Unrouted::InvalidUtf8,
            Kind::InvalidArgument,
            "path contains invalid UTF-8",
        ),
    ] {
        let error = Error::from(&unrouted);
        assert_eq!((error.kind, &*error.text(), error.id), (kind, text, None));
    }
}

proptest! {
    #[test]
    fn any_path_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..64), method in "[A-Z]{0,8}") {
        let path = String::from_utf8_lossy(&bytes);
        if let Ok(found) = route(&method, &path) {
            let _ = found.variable(VARIABLES);
        }
    }

    #[test]
    fn a_path_of_our_own_words_is_answered(
        words in prop::collection::vec("(/|%|%2[fF]|v2|v2beta|sessions|users|search|human|lock|[0-9]|ü|\u{0})", 0..12),
        query in ".{0,64}",
    ) {
        let path = words.concat();
        for method in Method::ALL {
            if let Ok(found) = route(method.name(), &path) {
                prop_assert!(!found.variable(0).contains('/'));
            }
        }
        if let Ok(Some(_)) = session_token(Some(&query)) {
            prop_assert!(query.to_lowercase().contains("oken"));
        }
    }

    #[test]
    fn any_id_comes_through_as_it_was_encoded(id in "[^/]{0,40}") {
        let encoded = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/v2/sessions/{encoded}");
        let found = route("DELETE", &path);
        prop_assert_eq!(found.as_ref().map(|found| found.variable(0)), Ok(&*id));
    }
}
