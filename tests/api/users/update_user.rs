//! `UpdateUser`: over Connect, it has no REST route.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use super::connect::{Answered, Service, refused};
use crate::helpers::PASSWORD;

const NEW: &str = "Another123!";
const NOT_FOUND: &str = "NotFound User could not be found (COMMAND-ugjs0upun6)";

/// A request for a user.
fn of(id: &str, mut request: Value) -> Value {
    request["userId"] = json!(id);
    request
}

#[track_caller]
fn update(service: &Service, id: &str, request: Value) -> Answered {
    service.call("UpdateUser", &service.root(), &of(id, request))
}

#[test]
fn a_person_can_be_changed_as_a_whole() {
    let service = Service::start();
    let id = service.person("mini");
    service.clock.advance_seconds(5);
    let request = json!({
        "username": "max",
        "human": {
            "profile": {
                "givenName": "Max",
                "familyName": "Duck",
                "nickName": "MD",
                "displayName": "Max the Duck",
                "preferredLanguage": "fr",
                "gender": "GENDER_MALE",
            },
            "email": { "email": "max@duck.com", "returnCode": {} },
            "phone": { "phone": "079 123 45 67", "isVerified": true },
            "password": { "password": { "password": NEW, "changeRequired": true } },
        },
    });
    let answer = update(&service, &id, request).unwrap();
    assert_eq!(answer["emailCode"].as_str().map(str::len), Some(6));
    assert_eq!(
        answer,
        json!({ "changeDate": service.moment(), "emailCode": answer["emailCode"] })
    );
    assert_eq!(
        service.user_history(&id)[1..],
        [
            "user.username.changed",
            "user.human.profile.changed",
            "user.human.email.changed",
            "user.human.email.code.added",
            "user.human.phone.changed",
            "user.human.phone.verified",
            "user.human.password.changed",
        ]
    );
    let read = service.read(&id);
    assert_eq!(read["username"], "max");
    assert_eq!(read["loginNames"], json!(["max"]));
    assert_eq!(
        read["human"],
        json!({
            "profile": {
                "givenName": "Max",
                "familyName": "Duck",
                "nickName": "MD",
                "displayName": "Max the Duck",
                "preferredLanguage": "fr",
                "gender": "GENDER_MALE",
            },
            "email": { "email": "max@duck.com" },
            "phone": { "phone": "+41791234567", "isVerified": true },
            "passwordChangeRequired": true,
            "passwordChanged": service.moment(),
        })
    );
}

#[test]
fn what_is_not_named_stays() {
    let service = Service::start();
    let id = service.person("mini");
    let before = service.read(&id);
    update(
        &service,
        &id,
        json!({ "human": { "profile": { "nickName": "MM" } } }),
    )
    .unwrap();
    let mut expected = before;
    expected["human"]["profile"]["nickName"] = json!("MM");
    let after = service.read(&id);
    expected["details"] = after["details"].clone();
    assert_eq!(after, expected);
}

#[test]
fn no_change_is_a_success_without_an_event() {
    let service = Service::start();
    let id = service.person("mini");
    let made_at = service.moment();
    service.clock.advance_seconds(5);
    for request in [
        json!({}),
        json!({ "username": "mini" }),
        json!({ "human": {} }),
        json!({ "human": {
            "profile": { "givenName": "Mini", "familyName": "Mouse", "displayName": "Mini Mouse" },
            "email": { "email": "mini@mouse.com", "returnCode": {} },
            "phone": { "phone": "" },
        } }),
        json!({ "human": { "email": { "email": "mini@mouse.com", "sendCode": {} } } }),
    ] {
        let answer = service.writes_nothing(|| update(&service, &id, request.clone()));
        assert_eq!(
            answer.unwrap(),
            json!({ "changeDate": made_at }),
            "{request}"
        );
    }
    let robot = service.machine("robot");
    let request = json!({ "username": "robot", "machine": { "name": "Robot", "description": "" } });
    service
        .writes_nothing(|| update(&service, &robot, request))
        .unwrap();
}

#[test]
fn a_machine_has_a_name_and_a_description() {
    let service = Service::start();
    let id = service.machine("robot");
    let machine = |request: Value| {
        update(&service, &id, json!({ "machine": request })).unwrap();
        service.read(&id)["machine"].clone()
    };
    assert_eq!(
        machine(json!({ "name": "R2", "description": "Cleans" })),
        json!({ "name": "R2", "description": "Cleans" })
    );
    assert_eq!(
        machine(json!({ "description": "" })),
        json!({ "name": "R2" })
    );
    assert_eq!(machine(json!({ "name": "" })), json!({ "name": "robot" }));
    assert_eq!(service.user_history(&id)[1..], ["user.machine.changed"; 3]);
}

#[test]
fn another_username_is_another_login_name_at_once() {
    let service = Service::start();
    let mini = service.person("mini");
    let robot = service.machine("robot");
    for name in ["ROBOT", "robot"] {
        let taken = service
            .writes_nothing(|| update(&service, &mini, json!({ "username": name, "human": {} })));
        assert_eq!(
            refused(taken),
            "AlreadyExists User already exists (V3-DKcYh)"
        );
    }
    // The kind need not be named where nothing of it changes.
    update(&service, &robot, json!({ "username": "R2" })).unwrap();
    assert!(service.is_named("r2", &robot));
    assert_eq!(service.named("robot"), None);
    update(&service, &mini, json!({ "username": "robot" })).unwrap();
    assert!(service.is_named("robot", &mini));
    assert_eq!(
        refused(update(&service, &mini, json!({ "username": " " }))),
        "InvalidArgument Username is empty (V2-zzad3)"
    );
    service.second_org("other.example");
    assert_eq!(
        refused(update(
            &service,
            &mini,
            json!({ "username": "mini@OTHER.example" })
        )),
        "InvalidArgument Domain is already reserved and cannot be used (COMMAND-SFd21)"
    );
}

#[test]
fn with_domains_in_login_names_the_new_one_has_it_too() {
    let service = Service::configured(|config| {
        config.policy.domain.login_name_includes_domain = true;
    });
    let id = service.person("mini");
    let login_name = service.read(&id)["preferredLoginName"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(service.is_named(&login_name, &id));
    update(&service, &id, json!({ "username": "max" })).unwrap();
    assert_eq!(service.named(&login_name), None);
    let changed = login_name.replacen("mini", "max", 1);
    assert!(service.is_named(&changed, &id));
}

#[test]
fn all_or_nothing_is_written() {
    let service = Service::start();
    service.machine("robot");
    let id = service.person("mini");
    let request = json!({
        "username": "robot",
        "human": {
            "profile": { "givenName": "Max" },
            "email": { "email": "max@mouse.com" },
            "password": { "password": { "password": NEW } },
        },
    });
    let before = service.read(&id);
    let answer = service.writes_nothing(|| update(&service, &id, request));
    assert_eq!(
        refused(answer),
        "AlreadyExists User already exists (V3-DKcYh)"
    );
    assert_eq!(service.read(&id), before);
}

#[test]
fn the_other_kind_of_user_is_not_found() {
    let service = Service::start();
    let (mini, robot) = (service.person("mini"), service.machine("robot"));
    for (id, request) in [
        (mini.as_str(), json!({ "machine": { "name": "R2" } })),
        (
            &robot,
            json!({ "human": { "profile": { "nickName": "R2" } } }),
        ),
        (
            &robot,
            json!({ "human": { "password": { "password": { "password": NEW } } } }),
        ),
        ("1", json!({ "username": "max" })),
        ("nobody", json!({ "human": {} })),
    ] {
        let answer = service.writes_nothing(|| update(&service, id, request));
        assert_eq!(refused(answer), NOT_FOUND, "{id}");
    }
    assert_eq!(
        refused(update(&service, "", json!({}))),
        "InvalidArgument invalid UpdateUserRequest.UserId: value length must be between 1 and 200 runes, inclusive"
    );
}

#[test]
fn what_is_wrong_with_the_words_is_told() {
    let service = Service::start();
    let id = service.person("mini");
    for (part, text) in [
        (
            json!({ "profile": { "givenName": " " } }),
            "InvalidArgument Given name in profile is empty (USER-UCej2)",
        ),
        (
            json!({ "profile": { "familyName": " " } }),
            "InvalidArgument Family name in profile is empty (USER-4hB7d)",
        ),
        (
            json!({ "phone": { "phone": "12" } }),
            "InvalidArgument Phone is invalid (PHONE-so0wa)",
        ),
        (
            json!({ "phone": { "phone": "", "returnCode": {} } }),
            "InvalidArgument Errors.User.Phone.VerifyingRemovalIsNotSupported (USERv2-4f3d6)",
        ),
        (
            json!({ "email": { "email": "max@mouse.com", "sendCode": {} } }),
            "FailedPrecondition SMTP configuration not found (BTZ-Sm7p0)",
        ),
        (
            json!({ "phone": { "phone": "+41791234567", "sendCode": {} } }),
            "FailedPrecondition SMS configuration not found (BTZ-Sm50n)",
        ),
        (
            json!({ "password": {} }),
            "InvalidArgument Password is empty (COMMAND-3klek4sbns)",
        ),
        (
            json!({ "password": { "password": { "password": "short" } } }),
            "InvalidArgument Password is too short (DOMAIN-HuJf6)",
        ),
        (
            json!({ "password": { "hashedPassword": { "hash": "secret" } } }),
            "InvalidArgument Password hash encoding not supported (USER-JDk4t)",
        ),
        (
            json!({ "password": { "password": { "password": NEW }, "verificationCode": "ABC123" } }),
            "FailedPrecondition Code not found (COMMAND-2M9fs)",
        ),
    ] {
        let answer =
            service.writes_nothing(|| update(&service, &id, json!({ "human": part.clone() })));
        assert_eq!(refused(answer), text, "{part}");
    }
}

#[test]
fn a_new_address_has_to_be_proven_again() {
    let service = Service::start();
    let id = service.person("mini");
    let email = |request: Value| {
        let answer = update(&service, &id, json!({ "human": { "email": request } })).unwrap();
        (
            answer["emailCode"].as_str().is_some(),
            service.read(&id)["human"]["email"].clone(),
        )
    };
    let proven = json!({ "email": "mini@mouse.com", "isVerified": true });
    assert_eq!(email(proven.clone()), (false, proven));
    assert_eq!(
        email(json!({ "email": "max@mouse.com" })),
        (false, json!({ "email": "max@mouse.com" }))
    );
    assert_eq!(
        email(json!({ "email": "ann@mouse.com", "returnCode": {} })),
        (true, json!({ "email": "ann@mouse.com" }))
    );
    let phone = |request: Value| {
        let answer = update(&service, &id, json!({ "human": { "phone": request } })).unwrap();
        (
            answer["phoneCode"].as_str().is_some(),
            service.read(&id)["human"].get("phone").cloned(),
        )
    };
    assert_eq!(
        phone(json!({ "phone": "+41791234567", "isVerified": true })),
        (
            false,
            Some(json!({ "phone": "+41791234567", "isVerified": true }))
        )
    );
    assert_eq!(
        phone(json!({ "phone": "+41791234568", "returnCode": {} })),
        (true, Some(json!({ "phone": "+41791234568" })))
    );
    assert_eq!(phone(json!({ "phone": "" })), (false, None));
}

#[test]
fn a_password_is_proven_counted_and_then_changed() {
    let service = Service::start();
    let id = service.person("mini");
    let password = |new: &str, current: &str| {
        let password = json!({ "password": { "password": new }, "currentPassword": current });
        update(&service, &id, json!({ "human": { "password": password } }))
    };
    assert_eq!(
        refused(password(NEW, "wrong")),
        "InvalidArgument Password is invalid (COMMAND-3M0fs)"
    );
    assert_eq!(
        service.user_history(&id)[1..],
        ["user.human.password.check.failed"]
    );
    assert_eq!(
        refused(password(PASSWORD, PASSWORD)),
        "FailedPrecondition New password cannot be the same as your current password (COMMAND-Aesh5)"
    );
    password(NEW, PASSWORD).unwrap();
    assert_eq!(
        service.user_history(&id)[1..],
        [
            "user.human.password.check.failed",
            "user.human.password.changed"
        ]
    );
    // The new one is the one that counts now, also for the operation of its own.
    let request = |current: &str| {
        json!({
            "userId": id,
            "newPassword": { "password": PASSWORD },
            "currentPassword": current,
        })
    };
    let old = service.call("SetPassword", &service.root(), &request(PASSWORD));
    assert_eq!(
        refused(old),
        "InvalidArgument Password is invalid (COMMAND-3M0fs)"
    );
    service
        .call("SetPassword", &service.root(), &request(NEW))
        .unwrap();
}

#[test]
fn the_current_password_does_not_stand_in_for_the_right_to_change_the_user() {
    let service = Service::start();
    let id = service.person("mini");
    let nobody = service.who(Resource::Instance, None);
    let password = json!({ "password": { "password": NEW }, "currentPassword": PASSWORD });
    let request = of(&id, json!({ "human": { "password": password } }));
    let answer = service.writes_nothing(|| service.call("UpdateUser", &nobody, &request));
    assert_eq!(
        refused(answer),
        "NotFound membership not found (AUTHZ-cdgFk)"
    );
}

#[test]
fn one_may_change_oneself_but_not_vouch_for_oneself() {
    let service = Service::start();
    let id = service.person("mini");
    let mini = service.itself(&id, PASSWORD);
    let own = |part: Value| service.call("UpdateUser", &mini, &of(&id, json!({ "human": part })));
    for part in [
        json!({ "email": { "email": "mini@mouse.com", "isVerified": true } }),
        json!({ "email": { "email": "ann@mouse.com", "returnCode": {} } }),
        json!({ "email": {
            "email": "ann@mouse.com",
            "sendCode": { "urlTemplate": "https://evil.example/{{.Code}}" },
        } }),
        json!({ "phone": { "phone": "+41791234567", "isVerified": true } }),
        json!({ "phone": { "phone": "+41791234568", "returnCode": {} } }),
    ] {
        let answer = service.writes_nothing(|| own(part.clone()));
        assert_eq!(
            refused(answer),
            "NotFound membership not found (AUTHZ-cdgFk)",
            "{part}"
        );
    }
    own(json!({
        "profile": { "nickName": "MM" },
        "email": { "email": "max@mouse.com" },
        "phone": { "phone": "+41791234567" },
        "password": { "password": { "password": NEW }, "currentPassword": PASSWORD },
    }))
    .unwrap();
}

#[test]
fn others_take_the_right_to_write_users() {
    let service = Service::start();
    let id = service.person("mini");
    let home = Resource::Org(service.core().default_org);
    let away = Resource::Org(service.second_org("other.example"));
    let denied = "PermissionDenied No matching permissions found (AUTH-AWfge)";
    let no_member = "NotFound membership not found (AUTHZ-cdgFk)";
    for (number, (resource, role, expected)) in [
        (Resource::Instance, Some("IAM_OWNER"), None),
        (Resource::Instance, Some("IAM_LOGIN_CLIENT"), None),
        (Resource::Instance, Some("IAM_OWNER_VIEWER"), Some(denied)),
        (home, Some("ORG_USER_MANAGER"), None),
        (home, Some("ORG_OWNER_VIEWER"), Some(denied)),
        (away, Some("ORG_OWNER"), Some(no_member)),
        (Resource::Instance, None, Some(no_member)),
    ]
    .into_iter()
    .enumerate()
    {
        let caller = service.who(resource, role);
        let request = of(&id, json!({ "username": format!("mini-{number}") }));
        let answer = service.call("UpdateUser", &caller, &request);
        match expected {
            None => assert!(answer.is_ok(), "{role:?}: {answer:?}"),
            Some(text) => assert_eq!(refused(answer), text, "{role:?}"),
        }
    }
}
