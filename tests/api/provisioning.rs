//! The calls of the first version of the API that provisioning scripts make (adjacent.md section 11).

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Client, DAY, ID, TOKEN, TestServer};

const MACHINE: &str = "/management/v1/users/machine";

/// A machine user, made by a script.
#[track_caller]
fn machine(client: &Client, name: &str) -> String {
    let body = json!({ "userName": name, "name": name });
    client.post(MACHINE, &body).str("/userId")
}

#[test]
fn a_script_sets_up_a_login_client_as_it_does_at_zitadel() {
    let server = TestServer::start();
    let admin = server.admin();
    let answer = admin.post(
        MACHINE,
        &json!({
            "userName": "login",
            "name": "Login UI",
            "description": "For the login",
            "accessTokenType": "ACCESS_TOKEN_TYPE_BEARER",
        }),
    );
    answer.ok(&json!({
        "userId": ID,
        "details": {
            "sequence": "1",
            "creationDate": server.clock.text(),
            "resourceOwner": server.org(),
        },
    }));
    let user = answer.str("/userId");
    server.clock.advance_seconds(1);
    let answer = admin.post(
        &format!("/management/v1/users/{user}/pats"),
        &json!({ "expirationDate": "2519-04-01T08:45:00.000000Z" }),
    );
    answer.ok(&json!({
        "tokenId": ID,
        "token": TOKEN,
        "details": {
            "sequence": "2",
            "creationDate": server.clock.text(),
            "resourceOwner": server.org(),
        },
    }));
    let login = server.bearer(&answer.str("/token"));
    login
        .post("/v2/sessions", &json!({}))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    server.clock.advance_seconds(1);
    let changed = |sequence: &str| {
        json!({ "details": {
            "sequence": sequence,
            "changeDate": server.clock.text(),
            "resourceOwner": server.instance(),
        } })
    };
    let body = json!({ "userId": user, "roles": ["IAM_OWNER_VIEWER"] });
    admin.post("/admin/v1/members", &body).ok(&changed("5"));
    login
        .post("/v2/sessions", &json!({}))
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    server.clock.advance_seconds(1);
    let member = format!("/admin/v1/members/{user}");
    let roles = json!({ "roles": ["IAM_LOGIN_CLIENT"] });
    put(&admin, &member, &roles).ok(&changed("6"));
    // The same once more changes nothing.
    server.writes_nothing(|| put(&admin, &member, &roles).ok(&changed("6")));
    login
        .post("/v2/sessions", &json!({}))
        .is(201, &server.created(2));
    let shown = admin.get(&format!("/v2/users/{user}")).json();
    assert_eq!(
        shown["user"]["machine"],
        json!({ "name": "Login UI", "description": "For the login" })
    );
}

#[track_caller]
fn put(client: &Client, path: &str, body: &Value) -> crate::helpers::Answer {
    client.send("PUT", path, Some(body.to_string().as_bytes()))
}

#[test]
fn the_login_policy_is_that_of_the_newer_version() {
    let server = TestServer::configured(|config| {
        config.policy.login.force_mfa_local_only = true;
        config.policy.login.second_factors = vec!["otp_sms".to_owned()];
    });
    let core = server.core();
    let client = server.login_client();
    client.get("/management/v1/policies/login").ok(&json!({
        "policy": {
            "details": {
                "sequence": "1",
                "creationDate": core.set_up_at.to_string(),
                "changeDate": core.configured_at.to_string(),
                "resourceOwner": server.instance(),
            },
            "allowUsernamePassword": true,
            "allowRegister": true,
            "allowExternalIdp": true,
            "passwordlessType": "PASSWORDLESS_TYPE_ALLOWED",
            "isDefault": true,
            "passwordCheckLifetime": "864000s",
            "externalLoginCheckLifetime": "864000s",
            "mfaInitSkipLifetime": "2592000s",
            "secondFactorCheckLifetime": "64800s",
            "multiFactorCheckLifetime": "43200s",
            "secondFactors": ["SECOND_FACTOR_TYPE_OTP_SMS"],
            "multiFactors": ["MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION"],
            "allowDomainDiscovery": true,
            "forceMfaLocalOnly": true,
        },
        "isDefault": true,
    }));
}

#[test]
fn a_user_belongs_to_the_organisation_that_the_request_names() {
    let server = TestServer::start();
    let other = server.second_org("other.example");
    let there = server.admin().with("x-zitadel-orgid", &other.to_string());
    let body = json!({ "userName": "svc", "name": "svc", "user_id": "given" });
    there.post(MACHINE, &body).ok(&json!({
        "userId": "given",
        "details": {
            "sequence": "1",
            "creationDate": server.clock.text(),
            "resourceOwner": other.to_string(),
        },
    }));
    server
        .admin()
        .post(MACHINE, &body)
        .fails(9, "COMMAND-k2una", "User already exists");
    server
        .admin()
        .post(MACHINE, &json!({ "userName": "svc", "name": "other" }))
        .fails(6, "V3-DKcYh", "User already exists");
}

#[test]
fn a_token_without_an_end_never_ends() {
    let server = TestServer::start();
    let user = machine(&server.admin(), "svc");
    let pats = format!("/management/v1/users/{user}/pats");
    let token = server.admin().post(&pats, &json!({})).str("/token");
    server.clock.advance(100 * 365 * DAY);
    server
        .bearer(&token)
        .get(&format!("/v2/users/{user}"))
        .succeeds();
}

#[test]
fn what_does_not_fit_is_refused_as_by_the_newer_version() {
    let server = TestServer::start();
    let admin = server.admin();
    let human = server.human("mini").id;
    let svc = machine(&admin, "svc");
    let past = json!({ "expirationDate": "2000-01-01T00:00:00Z" });
    server.writes_nothing(|| {
        admin
            .post(&format!("/management/v1/users/{human}/pats"), &json!({}))
            .fails(9, "COMMAND-Df2f1", "Not allowed for this user type");
        let answer = admin.post("/management/v1/users/unknown/pats", &json!({}));
        assert_eq!(answer.str("/details/0/id"), "COMMAND-Dggw2");
        let answer = admin.post(&format!("/management/v1/users/{svc}/pats"), &past);
        assert_eq!(answer.response.status, 400, "{}", answer.text());
        admin
            .post(
                "/admin/v1/members",
                &json!({ "userId": svc, "roles": ["ORG_OWNER"] }),
            )
            .fails(3, "INSTANCE-4m0fS", "Member is invalid");
        admin
            .post("/admin/v1/members", &json!({ "userId": svc }))
            .fails(3, "INSTANCE-LiaZi", "Member is invalid");
        admin
            .post(
                "/admin/v1/members",
                &json!({ "userId": server.admin_id(), "roles": ["IAM_OWNER"] }),
            )
            .fails(6, "INSTA-pFDwe", "Member already exists");
        put(
            &admin,
            &format!("/admin/v1/members/{svc}"),
            &json!({ "roles": ["IAM_OWNER"] }),
        )
        .fails(5, "INSTANCE-D8JxR", "Member not found");
        admin
            .post(
                MACHINE,
                &json!({ "userName": "x", "name": "x", "accessTokenType": 1 }),
            )
            .fails_plainly(12, "field `accessTokenType` is not implemented");
        admin.post(MACHINE, &json!({ "name": "x" })).fails_plainly(
            3,
            "invalid AddMachineUserRequest.UserName: value length must be between 1 and 200 runes, \
             inclusive",
        );
        admin.post("/admin/v1/members", &json!({})).fails_plainly(
            3,
            "invalid AddIAMMemberRequest.UserId: value length must be between 1 and 200 runes, \
             inclusive",
        );
    });
}

#[test]
fn each_call_asks_for_its_permission() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("other.example");
    let svc = machine(&server.admin(), "svc");
    let on = |resource, roles: &[&str]| server.service_on(home, resource, roles).client;
    let nobody = server.service(&[]).client;
    let viewer = on(Resource::Instance, &["IAM_OWNER_VIEWER"]);
    let manager = on(Resource::Instance, &["IAM_USER_MANAGER"]);
    let owner = on(Resource::Instance, &["IAM_OWNER"]);
    let local = on(Resource::Org(home), &["ORG_OWNER"]);
    let stranger = on(Resource::Org(other), &["ORG_OWNER"]);
    let calls = |client: &Client, name: &str| {
        let user = json!({ "userName": name, "name": name });
        let roles = json!({ "roles": ["IAM_OWNER_VIEWER", "IAM_USER_MANAGER"] });
        [
            client.get("/management/v1/policies/login"),
            client.post(MACHINE, &user),
            client.post(&format!("/management/v1/users/{svc}/pats"), &json!({})),
            client.post(
                "/admin/v1/members",
                &json!({ "userId": svc, "roles": ["IAM_OWNER"] }),
            ),
            put(client, &format!("/admin/v1/members/{svc}"), &roles),
        ]
    };
    // Policy, user, token, member added, member changed.
    for (name, client, expected) in [
        ("nobody", &nobody, [404, 404, 404, 404, 404]),
        ("viewer", &viewer, [200, 403, 403, 403, 403]),
        ("manager", &manager, [403, 200, 200, 403, 403]),
        ("owner-here", &local, [200, 200, 200, 403, 403]),
        ("owner-there", &stranger, [404, 404, 404, 404, 404]),
        ("owner", &owner, [200, 200, 200, 200, 200]),
    ] {
        let found = calls(client, name).map(|answer| answer.response.status);
        assert_eq!(found, expected, "{name}");
    }
    for answer in calls(&server.anonymous(), "anonymous") {
        answer.fails_plainly(16, "auth header missing");
    }
}

#[test]
fn providers_of_codes_cannot_be_set_up_that_way_yet() {
    let server = TestServer::start();
    for (method, path, operation) in [
        ("POST", "/admin/v1/sms/http", "AddSMSProviderHTTP"),
        ("PUT", "/admin/v1/sms/http/1", "UpdateSMSProviderHTTP"),
        ("POST", "/admin/v1/sms/1/_activate", "ActivateSMSProvider"),
        ("POST", "/admin/v1/email/http", "AddEmailProviderHTTP"),
        ("PUT", "/admin/v1/email/http/1", "UpdateEmailProviderHTTP"),
        (
            "POST",
            "/admin/v1/email/1/_activate",
            "ActivateEmailProvider",
        ),
    ] {
        server
            .admin()
            .send(method, path, Some(b"{}"))
            .fails_plainly(12, &format!("operation `{operation}` is not implemented"));
    }
    server
        .admin()
        .get("/admin/v1/members")
        .is(405, &json!({ "code": 12, "message": "Method Not Allowed" }));
    server
        .admin()
        .post("/admin/v1/orgs/_search", &json!({}))
        .fails_plainly(5, "Not Found");
}
