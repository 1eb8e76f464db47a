//! `AddPersonalAccessToken`, `RemovePersonalAccessToken`, `ListPersonalAccessTokens`: over Connect, they
//! have no REST routes.

use bartizan::command;
use bartizan::domain::ids::given_user_key;
use bartizan::domain::permission::Resource;
use bartizan::domain::time::Timestamp;
use serde_json::{Value, json};

use super::connect::{Answered, Service, Who, refused};
use crate::helpers::wait;

const NEVER: &str = "9999-12-31T23:59:59Z";
const DENIED: &str = "PermissionDenied No matching permissions found (AUTH-AWfge)";
const NO_MEMBER: &str = "NotFound membership not found (AUTHZ-cdgFk)";

/// A token of a user that ends at a moment.
#[track_caller]
fn token(service: &Service, user: &str, end: &str) -> Value {
    let request = json!({ "userId": user, "expirationDate": end });
    service
        .call("AddPersonalAccessToken", &service.root(), &request)
        .unwrap()
}

#[track_caller]
fn id_of(token: &Value) -> &str {
    token["tokenId"].as_str().unwrap()
}

#[track_caller]
fn listed(service: &Service, caller: &Who, request: &Value) -> Value {
    service
        .call("ListPersonalAccessTokens", caller, request)
        .unwrap()
}

/// The ids of the tokens that a search finds.
#[track_caller]
fn found(service: &Service, caller: &Who, request: &Value) -> Vec<String> {
    let answer = listed(service, caller, request);
    let rows = answer["result"].as_array().cloned().unwrap_or_default();
    let ids: Vec<_> = rows
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    let total = answer["pagination"]["totalResult"].as_str().unwrap_or("0");
    assert!(ids.len() <= total.parse::<usize>().unwrap(), "{answer}");
    ids
}

#[test]
fn a_token_is_shown_once_works_and_ends() {
    let service = Service::start();
    let robot = service.machine("robot");
    let made = token(&service, &robot, &service.moment_in(3_600));
    let secret = made["token"].as_str().unwrap();
    assert_eq!(
        made,
        json!({
            "creationDate": service.moment(),
            "tokenId": id_of(&made),
            "token": secret,
        })
    );
    assert_eq!(service.whose(secret).id, robot);
    assert_eq!(
        service.user_history(&robot),
        ["user.machine.added", "user.pat.added"]
    );
    let shown = listed(&service, &service.root(), &json!({})).to_string();
    assert!(
        !shown.contains(secret) && !shown.contains("argon2"),
        "{shown}"
    );
    let holder = service.whose(secret);
    service.clock.advance_seconds(3_600);
    assert_eq!(
        refused(service.call("ListUsers", &holder, &json!({}))),
        "Unauthenticated Errors.Token.Invalid (AUTH-7fs1e)"
    );
}

#[test]
fn a_token_without_an_end_says_so_in_what_is_listed() {
    let service = Service::start();
    let robot = service.machine("robot");
    let filter = json!({ "userIdFilter": { "id": robot } });
    // The zero time of Go, and more than can be written down.
    token(&service, &robot, "0001-01-01T00:00:00Z");
    let (user, far) = (given_user_key(&robot), Timestamp::from_micros(i64::MAX));
    let admin = service.caller();
    wait(command::add_pat(service.core(), &admin, user, Some(far))).unwrap();
    let rows = listed(&service, &service.root(), &json!({ "filters": [filter] }));
    for row in rows["result"].as_array().unwrap() {
        assert_eq!(row["expirationDate"], NEVER);
    }
}

#[test]
fn what_cannot_have_a_token_is_told() {
    let service = Service::start();
    let (mini, robot) = (service.person("mini"), service.machine("robot"));
    let tomorrow = service.moment_in(86_400);
    for (user, end, text) in [
        (
            mini.as_str(),
            tomorrow.clone(),
            "FailedPrecondition Not allowed for this user type (COMMAND-Df2f1)",
        ),
        (
            "1",
            tomorrow.clone(),
            "FailedPrecondition User could not be found (COMMAND-Dggw2)",
        ),
        (
            &robot,
            service.moment(),
            "InvalidArgument Expiration date must be in the future (DOMAIN-dv3t5)",
        ),
        (
            "",
            tomorrow,
            "InvalidArgument invalid AddPersonalAccessTokenRequest.UserId: value length must be between 1 and 200 runes, inclusive",
        ),
    ] {
        let request = json!({ "userId": user, "expirationDate": end });
        let answer = service
            .writes_nothing(|| service.call("AddPersonalAccessToken", &service.root(), &request));
        assert_eq!(refused(answer), text);
    }
    let endless = service.call(
        "AddPersonalAccessToken",
        &service.root(),
        &json!({ "userId": robot }),
    );
    assert_eq!(
        refused(endless),
        "InvalidArgument invalid AddPersonalAccessTokenRequest.ExpirationDate: value is required"
    );
}

#[test]
fn a_token_that_was_removed_is_dead_at_once() {
    let service = Service::start();
    let (robot, other) = (service.machine("robot"), service.machine("other"));
    let made = token(&service, &robot, NEVER);
    let holder = service.whose(made["token"].as_str().unwrap());
    let delete = |user: &str, id: &str| {
        let request = json!({ "userId": user, "tokenId": id });
        service.call("RemovePersonalAccessToken", &service.root(), &request)
    };
    let unknown = "NotFound Personal Access Token not found (COMMAND-4m77G)";
    for (user, id) in [
        (other.as_str(), id_of(&made)),
        ("1", id_of(&made)),
        (&robot, "1"),
        (&robot, "x"),
    ] {
        let answer = service.writes_nothing(|| delete(user, id));
        assert_eq!(refused(answer), unknown, "{user} {id}");
    }
    service.clock.advance_seconds(5);
    assert_eq!(
        delete(&robot, id_of(&made)).unwrap(),
        json!({ "deletionDate": service.moment() })
    );
    assert_eq!(refused(delete(&robot, id_of(&made))), unknown, "twice");
    assert_eq!(
        refused(service.call("ListUsers", &holder, &json!({}))),
        "Unauthenticated Errors.Token.Invalid (AUTH-7fs1e)"
    );
}

#[test]
fn a_list_says_whose_and_until_when() {
    let service = Service::start();
    let robot = service.create(&json!({ "userId": "r2", "machine": { "name": "Robot" } }));
    let made_at = service.moment();
    let made = token(&service, &robot, &service.moment_in(60));
    service.clock.advance_seconds(5);
    let by_user = json!({ "filters": [{ "userIdFilter": { "id": "r2" } }] });
    assert_eq!(
        listed(&service, &service.root(), &by_user),
        json!({
            "pagination": { "totalResult": "1", "appliedLimit": "100" },
            "result": [{
                "creationDate": made_at,
                "changeDate": made_at,
                "id": id_of(&made),
                "userId": "r2",
                "organizationId": service.org(),
                "expirationDate": service.moment_in(55),
            }],
        })
    );
    let nobody = json!({ "filters": [{ "userIdFilter": { "id": "1" } }] });
    assert_eq!(
        listed(&service, &service.root(), &nobody),
        json!({ "pagination": { "appliedLimit": "100" } })
    );
}

/// Three tokens of two users, made a second apart; the first ends last.
struct Tokens {
    service: Service,
    robot: String,
    ids: Vec<String>,
    made_at: Vec<String>,
}

fn three() -> Tokens {
    let service = Service::start();
    let (robot, other) = (service.machine("robot"), service.machine("other"));
    let (mut ids, mut made_at) = (Vec::new(), Vec::new());
    for (user, seconds) in [(&robot, 3_000), (&other, 1_000), (&robot, 2_000)] {
        service.clock.advance_seconds(1);
        let made = token(&service, user, &service.moment_in(seconds));
        ids.push(id_of(&made).to_owned());
        made_at.push(service.moment());
    }
    Tokens {
        service,
        robot,
        ids,
        made_at,
    }
}

#[test]
fn every_filter_selects_and_all_must_hold() {
    let Tokens {
        service,
        robot,
        ids,
        made_at,
    } = three();
    let date = |name: &str, method: &str, moment: &str| {
        json!({ name: {
            "timestamp": moment,
            "method": format!("TIMESTAMP_FILTER_METHOD_{method}"),
        } })
    };
    let made = |method: &str| date("createdDateFilter", method, &made_at[1]);
    // The first start made two more, before these.
    let ours = date("createdDateFilter", "AFTER_OR_EQUALS", &made_at[0]);
    let end = service.moment_in(2_000);
    let ends = |method: &str| date("expirationDateFilter", method, &end);
    for (filters, expected) in [
        (vec![], &[2, 1, 0][..]),
        (vec![json!({ "tokenIdFilter": { "id": ids[1] } })], &[1]),
        (vec![json!({ "tokenIdFilter": { "id": "1" } })], &[]),
        (vec![json!({ "tokenIdFilter": { "id": "x" } })], &[]),
        (vec![json!({ "tokenIdFilter": {} })], &[]),
        (vec![json!({ "userIdFilter": { "id": robot } })], &[2, 0]),
        (vec![json!({ "userIdFilter": { "id": "x" } })], &[]),
        (
            vec![json!({ "organizationIdFilter": { "id": service.org() } })],
            &[2, 1, 0],
        ),
        (vec![json!({ "organizationIdFilter": { "id": "1" } })], &[]),
        (vec![json!({ "organizationIdFilter": { "id": "x" } })], &[]),
        (vec![made("EQUALS")], &[1]),
        (vec![made("AFTER")], &[2]),
        (vec![made("AFTER_OR_EQUALS")], &[2, 1]),
        (vec![made("BEFORE")], &[0]),
        (vec![made("BEFORE_OR_EQUALS")], &[1, 0]),
        (vec![ends("EQUALS")], &[2]),
        (vec![ends("AFTER")], &[0]),
        (vec![ends("BEFORE")], &[1]),
        (vec![ends("BEFORE_OR_EQUALS")], &[2, 1]),
        (
            vec![
                made("AFTER_OR_EQUALS"),
                json!({ "userIdFilter": { "id": robot } }),
            ],
            &[2],
        ),
    ] {
        let mut all = vec![ours.clone()];
        all.extend(filters.clone());
        let expected: Vec<_> = expected.iter().map(|index| ids[*index].clone()).collect();
        let request = json!({ "filters": all });
        assert_eq!(
            found(&service, &service.root(), &request),
            expected,
            "{filters:?}"
        );
    }
    assert_eq!(found(&service, &service.root(), &json!({})).len(), 5);
}

#[test]
fn tokens_are_sorted_and_paged() {
    let Tokens {
        service,
        ids,
        made_at,
        ..
    } = three();
    let ours = json!({ "createdDateFilter": {
        "timestamp": made_at[0],
        "method": "TIMESTAMP_FILTER_METHOD_AFTER_OR_EQUALS",
    } });
    let sorted = |column: &str, pagination: Value| {
        let request = json!({
            "filters": [ours],
            "sortingColumn": format!("PERSONAL_ACCESS_TOKEN_FIELD_NAME_{column}"),
            "pagination": pagination,
        });
        let answer = listed(&service, &service.root(), &request);
        (
            found(&service, &service.root(), &request),
            answer["pagination"].clone(),
        )
    };
    let named = |indices: &[usize]| -> Vec<String> {
        indices.iter().map(|index| ids[*index].clone()).collect()
    };
    for (column, expected) in [
        ("UNSPECIFIED", &[0, 1, 2]),
        ("CREATED_DATE", &[0, 1, 2]),
        ("ID", &[0, 1, 2]),
        ("ORGANIZATION_ID", &[0, 1, 2]),
        ("EXPIRATION_DATE", &[1, 2, 0]),
    ] {
        let mut expected = named(expected);
        assert_eq!(
            sorted(column, json!({ "asc": true })).0,
            expected,
            "{column}"
        );
        expected.reverse();
        assert_eq!(sorted(column, json!({})).0, expected, "{column}");
    }
    let (by_user, _) = sorted("USER_ID", json!({ "asc": true }));
    assert!(
        [named(&[0, 2, 1]), named(&[1, 0, 2])].contains(&by_user),
        "{by_user:?}"
    );
    for (page, expected, limit) in [
        (json!({ "limit": 2, "asc": true }), &[0, 1][..], "2"),
        (json!({ "limit": 2, "offset": 2, "asc": true }), &[2], "2"),
        (json!({ "offset": 1, "asc": true }), &[1, 2], "100"),
        (json!({ "offset": "18446744073709551615" }), &[], "100"),
        (json!({ "limit": 1000, "asc": true }), &[0, 1, 2], "1000"),
    ] {
        assert_eq!(
            sorted("CREATED_DATE", page),
            (
                named(expected),
                json!({ "totalResult": "3", "appliedLimit": limit })
            )
        );
    }
    let beyond = json!({ "pagination": { "limit": 1001 } });
    assert_eq!(
        refused(service.call("ListPersonalAccessTokens", &service.root(), &beyond)),
        "InvalidArgument Limit exceeded (QUERY-4M0fs)"
    );
    let filters = vec![ours; 401];
    let too_many = json!({ "filters": filters });
    assert_eq!(
        refused(service.call("ListPersonalAccessTokens", &service.root(), &too_many)),
        "InvalidArgument Too many conditions in one search (BTZ-C0nds)"
    );
}

#[test]
fn limits_are_those_of_the_configuration() {
    let service = Service::configured(|config| {
        config.list.default_limit = 1;
        config.list.max_limit = 2;
    });
    let answer = listed(&service, &service.root(), &json!({}));
    assert_eq!(
        answer["pagination"],
        json!({ "totalResult": "2", "appliedLimit": "1" })
    );
    assert_eq!(answer["result"].as_array().map(Vec::len), Some(1));
    let beyond = json!({ "pagination": { "limit": 3 } });
    assert!(
        service
            .call("ListPersonalAccessTokens", &service.root(), &beyond)
            .is_err()
    );
}

#[test]
fn one_sees_ones_own_tokens_and_those_of_users_that_one_may_read() {
    let service = Service::start();
    let home = Resource::Org(service.core().default_org);
    let away_org = service.second_org("other.example");
    let mut away = json!({ "machine": { "name": "Robot" } });
    away["organizationId"] = json!(away_org.to_string());
    let away = service.call("CreateUser", &service.root(), &away).unwrap();
    let away = token(&service, away["id"].as_str().unwrap(), NEVER);
    let robot = service.machine("robot");
    let at_home = token(&service, &robot, NEVER);
    let both = json!({ "filters": [] });
    for (resource, role, sees_home, sees_away) in [
        (Resource::Instance, Some("IAM_OWNER_VIEWER"), true, true),
        (home, Some("ORG_OWNER_VIEWER"), true, false),
        (Resource::Org(away_org), Some("ORG_OWNER"), false, true),
        (Resource::Instance, None, false, false),
    ] {
        let caller = service.who(resource, role);
        let ids = found(&service, &caller, &both);
        let sees = |token: &Value| ids.iter().any(|id| id == id_of(token));
        assert_eq!(
            (sees(&at_home), sees(&away)),
            (sees_home, sees_away),
            "{role:?}"
        );
        let own = json!({ "filters": [{ "userIdFilter": { "id": caller.id } }] });
        assert_eq!(found(&service, &caller, &own).len(), 1, "{role:?}");
        if role.is_none() {
            let answer = listed(&service, &caller, &both);
            assert_eq!(
                answer["pagination"],
                json!({ "totalResult": "1", "appliedLimit": "100" }),
                "others are not even counted"
            );
        }
    }
}

#[test]
fn tokens_are_made_and_removed_by_their_owner_and_by_who_may_write_users() {
    let service = Service::start();
    let home = Resource::Org(service.core().default_org);
    let away = Resource::Org(service.second_org("other.example"));
    let robot = service.machine("robot");
    for (resource, role, expected) in [
        (Resource::Instance, Some("IAM_OWNER"), None),
        (Resource::Instance, Some("IAM_OWNER_VIEWER"), Some(DENIED)),
        (home, Some("ORG_USER_MANAGER"), None),
        (home, Some("ORG_OWNER_VIEWER"), Some(DENIED)),
        (away, Some("ORG_OWNER"), Some(NO_MEMBER)),
        (Resource::Instance, None, Some(NO_MEMBER)),
    ] {
        let caller = service.who(resource, role);
        let kept = token(&service, &robot, NEVER);
        let judge = |answer: Answered| match expected {
            None => assert!(answer.is_ok(), "{role:?}: {answer:?}"),
            Some(text) => assert_eq!(refused(answer), text, "{role:?}"),
        };
        let request = json!({ "userId": robot, "expirationDate": NEVER });
        judge(service.call("AddPersonalAccessToken", &caller, &request));
        let request = json!({ "userId": robot, "tokenId": id_of(&kept) });
        judge(service.call("RemovePersonalAccessToken", &caller, &request));
    }
    let pat = service.pat(given_user_key(&robot), None);
    let itself = service.whose(pat.token.expose());
    let request = json!({ "userId": robot, "expirationDate": NEVER });
    let own = service
        .call("AddPersonalAccessToken", &itself, &request)
        .unwrap();
    let request = json!({ "userId": robot, "tokenId": id_of(&own) });
    service
        .call("RemovePersonalAccessToken", &itself, &request)
        .unwrap();
}
