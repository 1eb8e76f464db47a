//! `AddHumanUser`: `POST /v2/users/human`.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, CODE, ID, PASSWORD, TestServer};

const HUMAN: &str = "/v2/users/human";

/// The least that makes a person, and some fields more or in their place.
fn human(more: &Value) -> Value {
    let mut body = json!({
        "username": "mini",
        "profile": { "givenName": "Mini", "familyName": "Mouse" },
        "email": { "email": "mini@mouse.com" },
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[track_caller]
fn add(server: &TestServer, more: &Value) -> Answer {
    server.login_client().post(HUMAN, &human(more))
}

#[test]
fn a_person_is_active_at_once() {
    let server = TestServer::start();
    let answer = add(&server, &json!({}));
    answer.ok(&json!({ "userId": ID, "details": server.user_details(1) }));
    let id = answer.str("/userId");
    assert_eq!(server.user_history(&id), ["user.human.added"]);
    let mut details = server.user_details(1);
    details["creationDate"] = json!(server.clock.text());
    server.admin().get(&format!("/v2/users/{id}")).ok(&json!({
        "details": details,
        "user": {
            "userId": id,
            "details": details,
            "state": "USER_STATE_ACTIVE",
            "username": "mini",
            "loginNames": ["mini"],
            "preferredLoginName": "mini",
            "human": {
                "profile": {
                    "givenName": "Mini",
                    "familyName": "Mouse",
                    "displayName": "Mini Mouse",
                },
                "email": { "email": "mini@mouse.com" },
            },
        },
    }));
}

#[test]
fn everything_that_was_given_is_there() {
    let server = TestServer::start();
    let answer = add(
        &server,
        &json!({
            "userId": "123456789",
            "username": " Mini ",
            "organization": { "orgId": server.org() },
            "profile": {
                "givenName": " Mini ",
                "familyName": " Mouse ",
                "nickName": "MM",
                "displayName": "Mini the Mouse",
                "preferredLanguage": "de",
                "gender": "GENDER_FEMALE",
            },
            "email": { "email": "mini@mouse.com", "isVerified": true },
            "phone": { "phone": "079 123 45 67", "isVerified": true },
            "metadata": [{ "key": "color", "value": "cmVk" }],
            "password": { "password": PASSWORD, "changeRequired": true },
        }),
    );
    answer.ok(&json!({ "userId": "123456789", "details": server.user_details(4) }));
    assert_eq!(
        server.user_history("123456789"),
        [
            "user.human.added",
            "user.human.email.verified",
            "user.human.phone.verified",
            "user.metadata.set",
        ]
    );
    let read = server.admin().get("/v2/users/123456789").json();
    assert_eq!(read["user"]["username"], "Mini");
    assert_eq!(
        read["user"]["human"],
        json!({
            "profile": {
                "givenName": "Mini",
                "familyName": "Mouse",
                "nickName": "MM",
                "displayName": "Mini the Mouse",
                "preferredLanguage": "de",
                "gender": "GENDER_FEMALE",
            },
            "email": { "email": "mini@mouse.com", "isVerified": true },
            "phone": { "phone": "+41791234567", "isVerified": true },
            "passwordChangeRequired": true,
            "passwordChanged": server.clock.text(),
        })
    );
}

#[test]
fn the_log_holds_facts_and_no_secret() {
    let server = TestServer::start();
    let answer = add(
        &server,
        &json!({
            "password": { "password": PASSWORD },
            "email": { "email": "mini@mouse.com", "returnCode": {} },
        }),
    );
    let code = answer.str("/emailCode");
    let events = server.user_events(&answer.str("/userId"));
    let mut added = events[0].2.clone();
    let fields = added.as_object_mut().unwrap();
    assert!(fields.remove("hashID").is_some());
    assert_eq!(
        added,
        json!({
            "userName": "mini",
            "firstName": "Mini",
            "lastName": "Mouse",
            "displayName": "Mini Mouse",
            "email": "mini@mouse.com",
        })
    );
    assert_eq!(events[1].2["expiry"], 3_600_000_000_000_u64);
    assert_eq!(events[1].2["codeReturned"], true);
    let all = format!("{events:?}");
    assert!(
        !all.contains(PASSWORD) && !all.contains(&code) && !all.contains("$argon2"),
        "{all}"
    );
}

#[test]
fn without_a_username_it_is_the_address() {
    let server = TestServer::start();
    let answer = add(&server, &json!({ "username": null }));
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", answer.str("/userId")));
    assert_eq!(read.str("/user/preferredLoginName"), "mini@mouse.com");
}

#[test]
fn a_username_exists_once_in_any_case() {
    let server = TestServer::start();
    add(&server, &json!({})).succeeds();
    for name in ["mini", "MINI", " mini "] {
        server.writes_nothing(|| {
            add(&server, &json!({ "username": name })).fails(6, "V3-DKcYh", "User already exists");
        });
    }
    // The same address is no reason.
    add(&server, &json!({ "username": "other" })).succeeds();
    // A machine has a name of the same kind.
    let machine = server.service(&[]);
    add(&server, &json!({ "username": machine.username })).fails(
        6,
        "V3-DKcYh",
        "User already exists",
    );
}

#[test]
fn the_name_of_a_removed_user_is_free_again_but_its_id_is_not() {
    let server = TestServer::start();
    add(&server, &json!({ "userId": "first" })).succeeds();
    server.admin().delete("/v2/users/first").succeeds();
    add(&server, &json!({ "userId": "first" })).fails(
        9,
        "COMMAND-7yiox1isql",
        "User already exists",
    );
    add(&server, &json!({ "userId": "second" })).succeeds();
    let found = server.login_client().post(
        "/v2/sessions",
        &json!({ "checks": { "user": { "loginName": "mini" } } }),
    );
    let read = server
        .admin()
        .get(&format!("/v2/sessions/{}", found.str("/sessionId")));
    assert_eq!(read.str("/session/factors/user/id"), "second");
}

#[test]
fn an_id_can_be_any_text() {
    let server = TestServer::start();
    for id in [
        "163840776835432705",
        "f3b1c9e0-aaaa-bbbb",
        "K\u{e4}se \u{1f9c0}",
        "007",
        "a/b",
        "-1",
    ] {
        add(&server, &json!({ "userId": id, "username": id }))
            .ok(&json!({ "userId": id, "details": server.user_details(1) }));
        add(&server, &json!({ "userId": id, "username": "other" })).fails(
            9,
            "COMMAND-7yiox1isql",
            "User already exists",
        );
        let session = server.session(&json!({ "checks": { "user": { "userId": id } } }));
        let read = server.admin().get(&session.path());
        assert_eq!(read.str("/session/factors/user/id"), id);
        let search = json!({ "queries": [{ "inUserIdsQuery": { "userIds": [id] } }] });
        let found = server.admin().post("/v2/users", &search);
        assert_eq!(found.str("/result/0/userId"), id);
    }
    for path in ["f3b1c9e0-aaaa-bbbb", "K%C3%A4se%20%F0%9F%A7%80", "007"] {
        server.admin().get(&format!("/v2/users/{path}")).succeeds();
    }
    // Numbers that are written differently are different ids.
    server
        .admin()
        .get("/v2/users/7")
        .fails(5, "QUERY-Dfbg2", "User could not be found");
}

#[test]
fn codes_are_returned_where_they_were_asked_for() {
    let server = TestServer::start();
    add(
        &server,
        &json!({ "email": { "email": "a@b.c", "returnCode": {} } }),
    )
    .ok(&json!({ "userId": ID, "details": server.user_details(2), "emailCode": CODE }));
    let both = add(
        &server,
        &json!({
            "username": "second",
            "email": { "email": "a@b.c", "returnCode": {} },
            "phone": { "phone": "+41791234567", "returnCode": {} },
        }),
    );
    both.ok(&json!({
        "userId": ID,
        "details": server.user_details(3),
        "emailCode": CODE,
        "phoneCode": CODE,
    }));
    assert_ne!(both.str("/emailCode"), both.str("/phoneCode"));
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", both.str("/userId")))
        .json();
    assert_eq!(read["user"]["human"]["email"], json!({ "email": "a@b.c" }));
    assert_eq!(
        read["user"]["human"]["phone"],
        json!({ "phone": "+41791234567" })
    );
}

#[test]
fn nothing_is_sent_where_nothing_can_send() {
    let server = TestServer::start();
    for (more, id, text) in [
        (
            json!({ "email": { "email": "a@b.c", "sendCode": {} } }),
            "BTZ-Sm7p0",
            "SMTP configuration not found",
        ),
        (
            json!({ "email": { "email": "a@b.c", "sendCode": { "urlTemplate": "https://x/{{.Code}}" } } }),
            "BTZ-Sm7p0",
            "SMTP configuration not found",
        ),
        (
            json!({ "phone": { "phone": "+41791234567", "sendCode": {} } }),
            "BTZ-Sm50n",
            "SMS configuration not found",
        ),
    ] {
        server.writes_nothing(|| add(&server, &more).fails(9, id, text));
    }
}

#[test]
fn a_password_must_fit_the_policy() {
    let server = TestServer::start();
    for (password, id, text) in [
        ("Abc1!", "DOMAIN-HuJf6", "Password is too short"),
        ("\u{e4}bcdE1!", "DOMAIN-HuJf6", "Password is too short"),
        (
            "SECRET123!",
            "DOMAIN-co3Xw",
            "Password must contain lower letter",
        ),
        (
            "secret123!",
            "DOMAIN-VoaRj",
            "Password must contain upper letter",
        ),
        ("Secretary!", "DOMAIN-ZBv4H", "Password must contain number"),
        ("Secret1234", "DOMAIN-ZDLwA", "Password must contain symbol"),
    ] {
        server.writes_nothing(|| {
            add(&server, &json!({ "password": { "password": password } })).fails(3, id, text);
        });
    }
    add(
        &server,
        &json!({ "password": { "password": "\u{e4}bcdEf1!" } }),
    )
    .succeeds();
}

#[test]
fn the_policy_can_be_another_one() {
    let server = TestServer::configured(|config| {
        let complexity = &mut config.policy.complexity;
        complexity.min_length = 15;
        complexity.uppercase = false;
        complexity.lowercase = false;
        complexity.number = false;
        complexity.symbol = false;
    });
    add(
        &server,
        &json!({ "password": { "password": "fourteen chars" } }),
    )
    .fails(3, "DOMAIN-HuJf6", "Password is too short");
    add(
        &server,
        &json!({ "password": { "password": "fifteen   chars" } }),
    )
    .succeeds();
}

#[test]
fn what_is_wrong_with_the_words_is_told() {
    let server = TestServer::start();
    let profile = |given: &str, family: &str| json!({ "profile": { "givenName": given, "familyName": family } });
    for (more, code, id, text) in [
        (
            json!({ "username": " " }),
            3,
            "V2-zzad3",
            "Username is empty",
        ),
        (
            profile(" ", "Mouse"),
            3,
            "USER-UCej2",
            "Given name in profile is empty",
        ),
        (
            profile("Mini", "\t"),
            3,
            "USER-4hB7d",
            "Family name in profile is empty",
        ),
        (
            json!({ "phone": { "phone": "phone" } }),
            3,
            "PHONE-so0wa",
            "Phone is invalid",
        ),
        (
            json!({ "phone": { "phone": "12" } }),
            3,
            "PHONE-so0wa",
            "Phone is invalid",
        ),
        (
            json!({ "hashedPassword": { "hash": "secret" } }),
            3,
            "USER-JDk4t",
            "Password hash encoding not supported",
        ),
        (
            json!({ "idpLinks": [{ "idpId": "1", "userId": "1", "userName": "x" }] }),
            9,
            "COMMAND-39nf2",
            "Identity Provider Configuration doesn't exist",
        ),
        (
            json!({ "organization": { "orgId": "1" } }),
            9,
            "ORG-1VSkE",
            "Organisation doesn't exist",
        ),
        (
            json!({ "organization": { "orgId": "x" } }),
            9,
            "ORG-1VSkE",
            "Organisation doesn't exist",
        ),
        (
            json!({ "organization": { "orgDomain": "acme.example" } }),
            9,
            "ORG-1VSkE",
            "Organisation doesn't exist",
        ),
    ] {
        server.writes_nothing(|| add(&server, &more).fails(code, id, text));
    }
    for secret in ["JBSWY3DPEHPK3P", "no base32", "1"] {
        server.writes_nothing(|| {
            add(&server, &json!({ "totpSecret": secret })).fails(
                3,
                "BTZ-T0tps",
                "TOTP secret is invalid",
            );
        });
    }
}

#[test]
fn broken_rules_are_named_as_zitadel_names_them() {
    let server = TestServer::start();
    let long = "\u{e4}".repeat(201);
    let range = "value length must be between 1 and 200 runes, inclusive";
    let most = "value length must be at most 200 runes";
    let inner = |field: &str, cause: &str| {
        format!(
            "invalid AddHumanUserRequest.{field}: embedded message failed validation | caused by: invalid {cause}"
        )
    };
    let plain =
        |field: &str, reason: &str| format!("invalid AddHumanUserRequest.{field}: {reason}");
    let profile = |name: &str, value: &str| {
        let mut body = json!({ "profile": { "givenName": "Mini", "familyName": "Mouse" } });
        body["profile"][name] = json!(value);
        body
    };
    for (more, text) in [
        (
            json!({ "profile": null }),
            plain("Profile", "value is required"),
        ),
        (
            json!({ "email": null }),
            plain("Email", "value is required"),
        ),
        (
            profile("givenName", ""),
            inner("Profile", &format!("SetHumanProfile.GivenName: {range}")),
        ),
        (
            profile("familyName", &long),
            inner("Profile", &format!("SetHumanProfile.FamilyName: {range}")),
        ),
        (
            profile("nickName", &long),
            inner("Profile", &format!("SetHumanProfile.NickName: {most}")),
        ),
        (
            profile("displayName", &long),
            inner("Profile", &format!("SetHumanProfile.DisplayName: {most}")),
        ),
        (
            profile("preferredLanguage", "elevenchars"),
            inner(
                "Profile",
                "SetHumanProfile.PreferredLanguage: value length must be at most 10 runes",
            ),
        ),
        (
            json!({ "email": {} }),
            inner("Email", &format!("SetHumanEmail.Email: {range}")),
        ),
        (json!({ "username": "" }), plain("Username", range)),
        (json!({ "username": long }), plain("Username", range)),
        (json!({ "userId": "" }), plain("UserId", range)),
        (json!({ "userId": long }), plain("UserId", range)),
        (
            json!({ "password": {} }),
            inner("Password", &format!("Password.Password: {range}")),
        ),
        (
            json!({ "password": { "password": long } }),
            inner("Password", &format!("Password.Password: {range}")),
        ),
        (
            json!({ "hashedPassword": { "hash": long } }),
            inner("HashedPassword", &format!("HashedPassword.Hash: {range}")),
        ),
        (
            json!({ "phone": { "phone": long } }),
            inner(
                "Phone",
                "SetHumanPhone.Phone: value length must be between 0 and 200 runes, inclusive",
            ),
        ),
        (
            json!({ "phone": { "phone": "+41791234567", "isVerified": false } }),
            inner("Phone", "SetHumanPhone.IsVerified: value must equal true"),
        ),
        (
            json!({ "metadata": [{ "key": "a", "value": "YQ==" }, { "value": "YQ==" }] }),
            inner("Metadata[1]", &format!("SetMetadataEntry.Key: {range}")),
        ),
        (
            json!({ "metadata": [{ "key": "a" }] }),
            inner(
                "Metadata[0]",
                "SetMetadataEntry.Value: value length must be between 1 and 500000 bytes, inclusive",
            ),
        ),
    ] {
        server.writes_nothing(|| add(&server, &more).fails_plainly(3, &text));
    }
    for address in [
        "mini",
        "@mouse.com",
        "mini@",
        "mi ni@mouse.com",
        "Mini <mini@mouse.com>",
    ] {
        server.writes_nothing(|| {
            let answer = add(&server, &json!({ "email": { "email": address } }));
            assert_eq!(answer.response.status, 400, "{address}: {}", answer.text());
            let text = answer.str("/message");
            let start = inner(
                "Email",
                "SetHumanEmail.Email: value must be a valid email address",
            );
            assert!(text.starts_with(&start), "{address}: {text}");
        });
    }
}

#[test]
fn a_password_can_be_given_in_one_way_only() {
    let server = TestServer::start();
    let answer = add(
        &server,
        &json!({ "password": { "password": PASSWORD }, "hashedPassword": { "hash": "x" } }),
    );
    assert_eq!(answer.response.status, 400, "{}", answer.text());
    assert!(
        answer.text().contains("is already set"),
        "{}",
        answer.text()
    );
}

#[test]
fn a_user_belongs_to_the_organisation_that_is_named() {
    let server = TestServer::start();
    let other = server.second_org("acme.example");
    for (name, organization) in [
        ("by-id", json!({ "orgId": other.to_string() })),
        ("by-domain", json!({ "orgDomain": "ACME.example" })),
    ] {
        let answer = add(
            &server,
            &json!({ "username": name, "organization": organization }),
        );
        answer.ok(&json!({
            "userId": ID,
            "details": server.details_of(&other.to_string(), 1),
        }));
    }
    // Without one it is that of the header, and without a header that of the caller.
    let named = server.admin().with("x-zitadel-orgid", &other.to_string());
    let answer = named.post(HUMAN, &human(&json!({ "username": "by-header" })));
    assert_eq!(answer.str("/details/resourceOwner"), other.to_string());
    let answer = named.post(
        HUMAN,
        &human(&json!({ "username": "by-body", "organization": { "orgId": server.org() } })),
    );
    assert_eq!(answer.str("/details/resourceOwner"), server.org());
}

#[test]
fn a_name_in_the_domain_of_another_organisation_is_reserved() {
    let server = TestServer::start();
    let other = server.second_org("acme.example");
    for name in ["mini@acme.example", "mini@ACME.example", "a@b@acme.example"] {
        server.writes_nothing(|| {
            add(&server, &json!({ "username": name })).fails(
                3,
                "COMMAND-SFd21",
                "Domain is already reserved and cannot be used",
            );
        });
    }
    add(&server, &json!({ "username": "mini@zitadel.localhost" })).succeeds();
    let organization = json!({ "orgId": other.to_string() });
    add(
        &server,
        &json!({ "username": "mini@acme.example", "organization": organization }),
    )
    .succeeds();
}

#[test]
fn usernames_are_unique_per_organisation_where_login_names_have_its_domain() {
    let server = TestServer::configured(|config| {
        config.policy.domain.login_name_includes_domain = true;
    });
    let other = server.second_org("acme.example");
    let organization = json!({ "orgId": other.to_string() });
    let first = add(&server, &json!({}));
    add(&server, &json!({ "organization": organization })).succeeds();
    add(
        &server,
        &json!({ "organization": organization, "username": "MINI" }),
    )
    .fails(6, "V3-DKcYh", "User already exists");
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", first.str("/userId")))
        .json();
    assert_eq!(read["user"]["username"], "mini");
    assert_eq!(
        read["user"]["loginNames"],
        json!(["mini@zitadel.localhost"])
    );
    assert_eq!(read["user"]["preferredLoginName"], "mini@zitadel.localhost");
}

#[test]
fn only_roles_with_user_write_add_users() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    for (resource, role, here, there) in [
        (Resource::Instance, "IAM_OWNER", 200, 200),
        (Resource::Instance, "IAM_ORG_MANAGER", 200, 200),
        (Resource::Instance, "IAM_USER_MANAGER", 200, 200),
        (Resource::Instance, "IAM_LOGIN_CLIENT", 200, 200),
        (Resource::Instance, "IAM_SESSION_CLIENT", 403, 403),
        (Resource::Instance, "IAM_OWNER_VIEWER", 403, 403),
        (Resource::Org(home), "ORG_OWNER", 200, 404),
        (Resource::Org(home), "ORG_USER_MANAGER", 200, 404),
        (Resource::Org(home), "ORG_OWNER_VIEWER", 403, 404),
        (Resource::Org(other), "ORG_OWNER", 404, 200),
    ] {
        let client = server.service_on(home, resource, &[role]).client;
        for (org, expected) in [(home, here), (other, there)] {
            let name = format!("{role}-{org}-{resource:?}");
            let more = json!({ "username": name, "organization": { "orgId": org.to_string() } });
            let answer = client.post(HUMAN, &human(&more));
            match expected {
                200 => drop(answer.succeeds()),
                403 => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                _ => answer.fails(5, "AUTHZ-cdgFk", "membership not found"),
            }
        }
    }
}
