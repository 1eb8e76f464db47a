//! One row per rule; people through both requests that add them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::testing::{bounded, passes, refused, survives, wire};
use super::*;

const REQUIRED: &str = "value is required";
const ONE_TO_200: &str = "value length must be between 1 and 200 runes, inclusive";

fn profile() -> Value {
    json!({"givenName": "Mini", "familyName": "Mouse"})
}

fn email() -> Value {
    json!({"email": "mini@mouse.com"})
}

/// The smallest request, with these fields set or replaced.
fn add(fields: Value) -> Value {
    with(json!({"profile": profile(), "email": email()}), fields)
}

/// The same for a person in the other request.
fn create(fields: Value) -> Value {
    json!({"organizationId": "1", "human": add(fields)})
}

fn with(mut request: Value, fields: Value) -> Value {
    if let (Value::Object(request), Value::Object(fields)) = (&mut request, fields) {
        request.extend(fields);
    }
    request
}

/// A part that both requests have; its path in the one, and then in the other.
#[track_caller]
fn both_refused(fields: &Value, field: &str, inner: &[&str], text: &str) {
    let add_path = format!("AddHumanUserRequest.{field}");
    let mut path = vec![&*add_path];
    path.extend(inner);
    refused::<v2::AddHumanUserRequest>(add(fields.clone()), &path, text);
    let create_path = format!("CreateUserRequest_Human.{field}");
    let mut path = vec!["CreateUserRequest.Human", &*create_path];
    path.extend(inner);
    refused::<v2::CreateUserRequest>(create(fields.clone()), &path, text);
}

#[track_caller]
fn both_bounded(
    fields: impl Fn(&str) -> Value,
    field: &str,
    inner: &[&str],
    bounds: (usize, usize),
) {
    let add_path = format!("AddHumanUserRequest.{field}");
    let mut path = vec![&*add_path];
    path.extend(inner);
    bounded::<v2::AddHumanUserRequest>(|text| add(fields(text)), &path, bounds);
    let create_path = format!("CreateUserRequest_Human.{field}");
    let mut path = vec!["CreateUserRequest.Human", &*create_path];
    path.extend(inner);
    bounded::<v2::CreateUserRequest>(|text| create(fields(text)), &path, bounds);
}

#[test]
fn people_need_a_profile_and_an_address() {
    passes::<v2::AddHumanUserRequest>(add(json!({})));
    passes::<v2::CreateUserRequest>(create(json!({})));
    both_refused(&json!({"profile": null}), "Profile", &[], REQUIRED);
    both_refused(&json!({"email": null}), "Email", &[], REQUIRED);
    both_refused(
        &json!({"profile": {}}),
        "Profile",
        &["SetHumanProfile.GivenName"],
        ONE_TO_200,
    );
    both_refused(
        &json!({"email": {}}),
        "Email",
        &["SetHumanEmail.Email"],
        ONE_TO_200,
    );
}

#[test]
fn ids_and_names_have_1_to_200_characters() {
    for (name, field) in [("userId", "UserId"), ("username", "Username")] {
        bounded::<v2::AddHumanUserRequest>(
            |text| add(json!({ name: text })),
            &[&format!("AddHumanUserRequest.{field}")],
            (1, 200),
        );
        bounded::<v2::CreateUserRequest>(
            |text| with(create(json!({})), json!({ name: text })),
            &[&format!("CreateUserRequest.{field}")],
            (1, 200),
        );
    }
    bounded::<v2::CreateUserRequest>(
        |text| with(create(json!({})), json!({"organizationId": text})),
        &["CreateUserRequest.OrganizationId"],
        (1, 200),
    );
}

#[test]
fn profiles_have_bounded_names() {
    for (name, field, bounds) in [
        ("givenName", "SetHumanProfile.GivenName", (1, 200)),
        ("familyName", "SetHumanProfile.FamilyName", (1, 200)),
        ("nickName", "SetHumanProfile.NickName", (0, 200)),
        ("displayName", "SetHumanProfile.DisplayName", (0, 200)),
        (
            "preferredLanguage",
            "SetHumanProfile.PreferredLanguage",
            (0, 10),
        ),
    ] {
        both_bounded(
            |text| json!({"profile": with(profile(), json!({ name: text }))}),
            "Profile",
            &[field],
            bounds,
        );
    }
    passes::<v2::AddHumanUserRequest>(add(
        json!({"profile": with(profile(), json!({"gender": 9}))}),
    ));
}

#[test]
fn addresses_are_checked_for_length_and_then_for_shape() {
    for (address, text) in [
        ("", ONE_TO_200),
        (&*"a".repeat(201), ONE_TO_200),
        (
            "mini",
            "value must be a valid email address | caused by: \
             mail: missing '@' or angle-addr",
        ),
        (
            "mini@mouse_com",
            "value must be a valid email address | caused by: hostname parts can only \
             contain alphanumeric characters or hyphens, got \"_\"",
        ),
    ] {
        both_refused(
            &json!({"email": {"email": address}}),
            "Email",
            &["SetHumanEmail.Email"],
            text,
        );
    }
    both_bounded(
        |text| json!({"email": with(email(), json!({"sendCode": {"urlTemplate": text}}))}),
        "Email",
        &[
            "SetHumanEmail.SendCode",
            "SendEmailVerificationCode.UrlTemplate",
        ],
        (1, 200),
    );
    for verification in [
        json!({"sendCode": {}}),
        json!({"returnCode": {}}),
        json!({"isVerified": false}),
        json!({"isVerified": true}),
    ] {
        let email = with(email(), verification);
        passes::<v2::AddHumanUserRequest>(add(json!({ "email": email })));
    }
}

#[test]
fn phones_may_be_empty_and_are_not_given_as_unverified() {
    both_refused(
        &json!({"phone": {"phone": "1".repeat(201)}}),
        "Phone",
        &["SetHumanPhone.Phone"],
        "value length must be between 0 and 200 runes, inclusive",
    );
    both_refused(
        &json!({"phone": {"phone": "1", "isVerified": false}}),
        "Phone",
        &["SetHumanPhone.IsVerified"],
        "value must equal true",
    );
    for phone in [
        json!({}),
        json!({"phone": "1".repeat(200)}),
        json!({"phone": "1", "sendCode": {}}),
        json!({"phone": "1", "returnCode": {}}),
        json!({"phone": "1", "isVerified": true}),
    ] {
        passes::<v2::AddHumanUserRequest>(add(json!({ "phone": phone })));
    }
}

#[test]
fn passwords_and_secrets_have_1_to_200_characters() {
    both_bounded(
        |text| json!({"password": {"password": text}}),
        "Password",
        &["Password.Password"],
        (1, 200),
    );
    both_bounded(
        |text| json!({"hashedPassword": {"hash": text}}),
        "HashedPassword",
        &["HashedPassword.Hash"],
        (1, 200),
    );
    both_bounded(
        |text| json!({"totpSecret": text}),
        "TotpSecret",
        &[],
        (1, 200),
    );
}

#[test]
fn metadata_has_a_key_and_a_value() {
    for (value, length) in [("", 0), ("x", 500_001)] {
        let value = value.repeat(length);
        let text = "value length must be between 1 and 500000 bytes, inclusive";
        let add_entry = v2::SetMetadataEntry {
            key: "k".to_owned(),
            value: value.clone().into_bytes(),
            ..Default::default()
        };
        let create_entry = v2::Metadata {
            key: "k".to_owned(),
            value: value.into_bytes(),
            ..Default::default()
        };
        assert_eq!(
            [add_entry.validate(), create_entry.validate()],
            ["SetMetadataEntry", "Metadata"]
                .map(|name| Err(Invalid::Rule(format!("invalid {name}.Value: {text}"))))
        );
    }
    let entries = |key: &str| json!({"metadata": [{"key": "k", "value": "eA=="}, {"key": key, "value": "eA=="}]});
    bounded::<v2::AddHumanUserRequest>(
        |key| add(entries(key)),
        &["AddHumanUserRequest.Metadata[1]", "SetMetadataEntry.Key"],
        (1, 200),
    );
    bounded::<v2::CreateUserRequest>(
        |key| create(entries(key)),
        &[
            "CreateUserRequest.Human",
            "CreateUserRequest_Human.Metadata[1]",
            "Metadata.Key",
        ],
        (1, 200),
    );
}

#[test]
fn links_name_provider_and_user() {
    for (name, field) in [
        ("idpId", "IDPLink.IdpId"),
        ("userId", "IDPLink.UserId"),
        ("userName", "IDPLink.UserName"),
    ] {
        let link = json!({"idpId": "1", "userId": "2", "userName": "mini"});
        both_bounded(
            |text| json!({"idpLinks": [with(link.clone(), json!({ name: text }))]}),
            "IdpLinks[0]",
            &[field],
            (1, 200),
        );
    }
}

#[test]
fn users_are_people_or_machines() {
    refused::<v2::CreateUserRequest>(
        json!({"organizationId": "1"}),
        &["CreateUserRequest.UserType"],
        REQUIRED,
    );
    let machine = |fields| json!({"organizationId": "1", "machine": fields});
    bounded::<v2::CreateUserRequest>(
        |text| machine(json!({"name": text})),
        &[
            "CreateUserRequest.Machine",
            "CreateUserRequest_Machine.Name",
        ],
        (1, 200),
    );
    bounded::<v2::CreateUserRequest>(
        |text| machine(json!({"name": "robot", "description": text})),
        &[
            "CreateUserRequest.Machine",
            "CreateUserRequest_Machine.Description",
        ],
        (1, 500),
    );
}

#[test]
fn fields_come_first_then_oneofs_then_optional_fields() {
    let mut request = json!({
        "userId": "",
        "username": "",
        "totpSecret": "",
        "profile": {},
        "email": {},
        "phone": {"isVerified": false},
        "metadata": [{}],
        "idpLinks": [{}],
        "password": {},
    });
    for field in [
        "profile",
        "email",
        "phone",
        "metadata",
        "idpLinks",
        "password",
        "userId",
        "username",
        "totpSecret",
    ] {
        let error = super::super::super::testing::judge::<v2::AddHumanUserRequest>(request.clone())
            .unwrap_err();
        let (first, rest) = field.split_at(1);
        let told = format!("invalid AddHumanUserRequest.{}{rest}", first.to_uppercase());
        assert!(error.to_string().starts_with(&told), "{error}: not {told}");
        request[field] = match field {
            "profile" => profile(),
            "email" => email(),
            _ => json!(null),
        };
    }
    passes::<v2::AddHumanUserRequest>(request);
    refused::<v2::CreateUserRequest>(
        create(json!({"phone": {"isVerified": false}, "password": {}})),
        &[
            "CreateUserRequest.Human",
            "CreateUserRequest_Human.Password",
            "Password.Password",
        ],
        ONE_TO_200,
    );
}

proptest! {
    #[test]
    fn any_request_is_judged(
        fields in prop::collection::vec(wire(), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        for bytes in [fields.concat(), noise] {
            survives::<v2::AddHumanUserRequest>(&bytes);
            survives::<v2::CreateUserRequest>(&bytes);
            survives::<v2::SetPasswordRequest>(&bytes);
        }
    }
}
