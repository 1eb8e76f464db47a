//! `CreateUser`: over Connect, it has no REST route.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use super::connect::{Answered, Service, Who, human, refused};
use crate::helpers::PASSWORD;

/// A request for the default organisation.
fn in_org(service: &Service, mut request: Value) -> Value {
    request["organizationId"] = json!(service.org());
    request
}

#[track_caller]
fn create(service: &Service, who: &Who, request: &Value) -> Answered {
    service.call("CreateUser", who, request)
}

#[test]
fn a_person_is_created_with_everything_that_was_given() {
    let service = Service::start();
    let mut request = in_org(
        &service,
        human(&json!({
            "profile": {
                "givenName": " Mini ",
                "familyName": "Mouse",
                "nickName": "MM",
                "displayName": "Mini the Mouse",
                "preferredLanguage": "de",
                "gender": "GENDER_FEMALE",
            },
            "email": { "email": "mini@mouse.com", "returnCode": {} },
            "phone": { "phone": "079 123 45 67", "returnCode": {} },
            "password": { "password": PASSWORD, "changeRequired": true },
            "metadata": [{ "key": "color", "value": "cmVk" }],
        })),
    );
    request["userId"] = json!("my-id");
    request["username"] = json!("mini");
    let created = create(&service, &service.root(), &request).unwrap();
    for code in ["emailCode", "phoneCode"] {
        assert_eq!(created[code].as_str().map(str::len), Some(6), "{created}");
    }
    assert_eq!(
        created,
        json!({
            "id": "my-id",
            "creationDate": service.moment(),
            "emailCode": created["emailCode"],
            "phoneCode": created["phoneCode"],
        })
    );
    assert_eq!(
        service.user_history("my-id"),
        [
            "user.human.added",
            "user.human.email.code.added",
            "user.human.phone.code.added",
            "user.metadata.set",
        ]
    );
    let read = service.read("my-id");
    assert_eq!(read["username"], "mini");
    assert_eq!(
        read["human"],
        json!({
            "profile": {
                "givenName": "Mini",
                "familyName": "Mouse",
                "nickName": "MM",
                "displayName": "Mini the Mouse",
                "preferredLanguage": "de",
                "gender": "GENDER_FEMALE",
            },
            "email": { "email": "mini@mouse.com" },
            "phone": { "phone": "+41791234567" },
            "passwordChangeRequired": true,
            "passwordChanged": service.moment(),
        })
    );
}

#[test]
fn a_person_has_its_address_for_a_username_and_an_empty_number_is_none() {
    let service = Service::start();
    let request = in_org(
        &service,
        human(
            &json!({ "phone": { "phone": "" }, "email": { "email": "mini@mouse.com", "isVerified": true } }),
        ),
    );
    let created = create(&service, &service.root(), &request).unwrap();
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        created,
        json!({ "id": id, "creationDate": service.moment() }),
        "no code that was not asked for"
    );
    let read = service.read(id);
    assert_eq!(read["username"], "mini@mouse.com");
    assert_eq!(read["human"].get("phone"), None);
    assert_eq!(read["human"]["email"]["isVerified"], true);
}

#[test]
fn a_machine_is_created_and_has_its_id_for_a_username() {
    let service = Service::start();
    let machine = |more: &Value| {
        let mut request = json!({ "machine": { "name": "Robot", "description": "Cleans" } });
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        let created = create(&service, &service.root(), &in_org(&service, request)).unwrap();
        let id = created["id"].as_str().unwrap().to_owned();
        assert_eq!(
            created,
            json!({ "id": id, "creationDate": service.moment() })
        );
        id
    };
    let named = machine(&json!({ "username": "robot" }));
    assert_eq!(service.user_history(&named), ["user.machine.added"]);
    assert_eq!(
        service.read(&named)["machine"],
        json!({ "name": "Robot", "description": "Cleans" })
    );
    assert_eq!(service.read(&named)["username"], "robot");
    for id in [machine(&json!({})), machine(&json!({ "userId": "r2" }))] {
        assert_eq!(service.read(&id)["username"], id);
        assert!(service.named(&id).is_some());
    }
}

#[test]
fn what_is_taken_or_reserved_is_refused() {
    let service = Service::start();
    let other = service.second_org("other.example");
    let admin = service.root();
    service.person("mini");
    service.create(&json!({ "userId": "r2", "machine": { "name": "Robot" } }));
    let mut in_other = human(&json!({}));
    in_other["organizationId"] = json!(other.to_string());
    in_other["username"] = json!("max@other.example");
    create(&service, &admin, &in_other).unwrap();
    for (name, value, id) in [
        (
            "username",
            "MINI",
            "AlreadyExists User already exists (V3-DKcYh)",
        ),
        (
            "userId",
            "r2",
            "FailedPrecondition User already exists (COMMAND-7yiox1isql)",
        ),
        (
            "username",
            "ann@Other.example",
            "InvalidArgument Domain is already reserved and cannot be used (COMMAND-SFd21)",
        ),
    ] {
        let mut request = in_org(&service, human(&json!({})));
        request[name] = json!(value);
        let answer = service.writes_nothing(|| create(&service, &admin, &request));
        assert_eq!(refused(answer), id);
    }
    let mut robot = in_org(&service, json!({ "machine": { "name": "Robot" } }));
    robot["userId"] = json!("r2");
    assert_eq!(
        refused(create(&service, &admin, &robot)),
        "FailedPrecondition User already exists (COMMAND-k2una)"
    );
}

#[test]
fn the_rules_are_those_of_the_older_operation() {
    let service = Service::start();
    let admin = service.root();
    for (more, text) in [
        (
            json!({ "profile": { "givenName": " ", "familyName": "Mouse" } }),
            "InvalidArgument Given name in profile is empty (USER-UCej2)",
        ),
        (
            json!({ "profile": { "givenName": "Mini", "familyName": " " } }),
            "InvalidArgument Family name in profile is empty (USER-4hB7d)",
        ),
        (
            json!({ "phone": { "phone": "12" } }),
            "InvalidArgument Phone is invalid (PHONE-so0wa)",
        ),
        (
            json!({ "password": { "password": "short" } }),
            "InvalidArgument Password is too short (DOMAIN-HuJf6)",
        ),
        (
            json!({ "hashedPassword": { "hash": "secret" } }),
            "InvalidArgument Password hash encoding not supported (USER-JDk4t)",
        ),
        (
            json!({ "idpLinks": [{ "idpId": "1", "userId": "1", "userName": "x" }] }),
            "FailedPrecondition Identity Provider Configuration doesn't exist (COMMAND-39nf2)",
        ),
        (
            json!({ "email": { "email": "mini@mouse.com", "sendCode": {} } }),
            "FailedPrecondition SMTP configuration not found (BTZ-Sm7p0)",
        ),
        (
            json!({ "phone": { "phone": "+41791234567", "sendCode": {} } }),
            "FailedPrecondition SMS configuration not found (BTZ-Sm50n)",
        ),
        (
            json!({ "totpSecret": "JBSWY3DPEHPK3P" }),
            "InvalidArgument TOTP secret is invalid (BTZ-T0tps)",
        ),
        (
            json!({ "profile": null }),
            "InvalidArgument invalid CreateUserRequest.Human: embedded message failed validation \
             | caused by: invalid CreateUserRequest_Human.Profile: value is required",
        ),
    ] {
        let request = in_org(&service, human(&more));
        let answer = service.writes_nothing(|| create(&service, &admin, &request));
        assert_eq!(refused(answer), text);
    }
    let blank = in_org(
        &service,
        json!({ "username": " ", "machine": { "name": "Robot" } }),
    );
    assert_eq!(
        refused(create(&service, &admin, &blank)),
        "InvalidArgument Username is empty (V2-zzad3)"
    );
}

#[test]
fn the_organisation_is_required_and_must_exist() {
    let service = Service::start();
    let machine = |org: &str| json!({ "organizationId": org, "machine": { "name": "Robot" } });
    for (org, text) in [
        (
            "",
            "InvalidArgument invalid CreateUserRequest.OrganizationId: value length must be between 1 and 200 runes, inclusive",
        ),
        (
            "1",
            "FailedPrecondition Organisation doesn't exist (COMMAND-QXPGs)",
        ),
        (
            "x",
            "FailedPrecondition Organisation doesn't exist (COMMAND-QXPGs)",
        ),
    ] {
        let answer = create(&service, &service.root(), &machine(org));
        assert_eq!(refused(answer), text, "{org:?}");
    }
    // Who may not create users learns nothing about organisations.
    let nobody = service.who(Resource::Instance, None);
    for org in ["1", "x", &service.org()] {
        assert_eq!(
            refused(create(&service, &nobody, &machine(org))),
            "NotFound membership not found (AUTHZ-cdgFk)"
        );
    }
}

#[test]
fn it_takes_the_right_to_write_users_of_the_organisation() {
    let service = Service::start();
    let home = Resource::Org(service.core().default_org);
    let away = Resource::Org(service.second_org("other.example"));
    let denied = "PermissionDenied No matching permissions found (AUTH-AWfge)";
    let no_member = "NotFound membership not found (AUTHZ-cdgFk)";
    for (resource, role, expected) in [
        (Resource::Instance, Some("IAM_OWNER"), None),
        (Resource::Instance, Some("IAM_LOGIN_CLIENT"), None),
        (Resource::Instance, Some("IAM_OWNER_VIEWER"), Some(denied)),
        (home, Some("ORG_USER_MANAGER"), None),
        (home, Some("ORG_OWNER_VIEWER"), Some(denied)),
        (away, Some("ORG_OWNER"), Some(no_member)),
        (Resource::Instance, None, Some(no_member)),
    ] {
        let caller = service.who(resource, role);
        let request = in_org(&service, json!({ "machine": { "name": "Robot" } }));
        let answer = create(&service, &caller, &request);
        match expected {
            None => assert!(answer.is_ok(), "{role:?}: {answer:?}"),
            Some(text) => assert_eq!(refused(answer), text, "{role:?}"),
        }
    }
}
