//! `InternalPermissionService` (adjacent.md section 8, Members), over Connect: it has no REST routes.

use bartizan::api::error::codes;
use bartizan::domain::error::Kind;
use bartizan::domain::ids::{OrgId, given_user_key};
use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::TestServer;

/// Whoever has this token, calling the service.
struct Caller<'s> {
    server: &'s TestServer,
    token: String,
}

/// What came back: a message, or code and text of an error.
type Answered = Result<Value, (u8, String)>;

impl Caller<'_> {
    #[track_caller]
    fn call(&self, method: &str, request: &Value) -> Answered {
        let path = format!("/zitadel.internal_permission.v2.InternalPermissionService/{method}");
        let caller = self.server.bearer(&self.token);
        let answer = caller
            .with("content-type", "application/json")
            .post(&path, request);
        let body = answer.json();
        if answer.response.status == 200 {
            return Ok(body);
        }
        let told = |field: &str| body[field].as_str().unwrap().to_owned();
        let code = Kind::ALL
            .into_iter()
            .map(codes)
            .find(|codes| codes.connect.as_str() == told("code"))
            .unwrap();
        assert_eq!(answer.response.status, code.http, "{body}");
        Err((code.grpc, told("message")))
    }

    #[track_caller]
    fn create(&self, request: &Value) -> Answered {
        self.call("CreateAdministrator", request)
    }

    #[track_caller]
    fn update(&self, request: &Value) -> Answered {
        self.call("UpdateAdministrator", request)
    }

    #[track_caller]
    fn delete(&self, request: &Value) -> Answered {
        self.call("DeleteAdministrator", request)
    }

    #[track_caller]
    fn list(&self, request: &Value) -> Answered {
        self.call("ListAdministrators", request)
    }

    /// Users and their roles, in order.
    #[track_caller]
    fn listed(&self, request: &Value) -> Vec<(String, Vec<String>)> {
        let body = self.list(request).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let administrators = body["administrators"].as_array().cloned();
        administrators
            .unwrap_or_default()
            .iter()
            .map(|administrator| {
                let roles = administrator["roles"].as_array().unwrap();
                let name = &administrator["user"]["preferredLoginName"];
                (text(name), roles.iter().map(text).collect())
            })
            .collect()
    }

    /// Login names alone. The two of the first start are of one moment, so that their ids, which are
    /// random, decide which comes first; here it is always the same one.
    #[track_caller]
    fn names(&self, request: &Value) -> Vec<String> {
        let listed = self.listed(request).into_iter();
        let mut names: Vec<_> = listed.map(|(name, _)| name).collect();
        let twins = ["admin-sa", "login-client"];
        if let Some(place) = names.windows(2).position(|pair| pair == twins) {
            names.swap(place, place + 1);
        }
        names
    }
}

fn caller<'s>(server: &'s TestServer, token: &str) -> Caller<'s> {
    Caller {
        server,
        token: token.to_owned(),
    }
}

fn admin(server: &TestServer) -> Caller<'_> {
    caller(server, server.first_tokens()[0])
}

fn refused(code: u8, text: &str) -> Answered {
    Err((code, text.to_owned()))
}

fn on_instance(user: &str, roles: &[&str]) -> Value {
    json!({ "userId": user, "resource": { "instance": true }, "roles": roles })
}

fn on_org(user: &str, org: impl ToString, roles: &[&str]) -> Value {
    json!({ "userId": user, "resource": { "organizationId": org.to_string() }, "roles": roles })
}

/// The events of the instance or an organisation that are about members.
fn member_events(server: &TestServer, resource: Resource) -> Vec<(String, Value)> {
    let members = |(_, name, payload): (u32, &'static str, Value)| (name.to_owned(), payload);
    let events = match resource {
        Resource::Instance => server.instance_events(),
        Resource::Org(id) => server.org_events(id),
    };
    let events = events.into_iter().map(members);
    events.filter(|(name, _)| name.contains("member")).collect()
}

#[test]
fn roles_are_given_replaced_and_taken() {
    let server = TestServer::start();
    let admin = admin(&server);
    let human = server.human_with("mini", &json!({ "userId": "given" }));
    for (resource, first, second) in [
        (Resource::Instance, "IAM_OWNER_VIEWER", "IAM_OWNER"),
        (
            Resource::Org(server.core().default_org),
            "ORG_OWNER_VIEWER",
            "ORG_OWNER",
        ),
    ] {
        let request = |roles: &[&str]| match resource {
            Resource::Instance => on_instance(&human.id, roles),
            Resource::Org(id) => on_org(&human.id, id, roles),
        };
        let before = member_events(&server, resource).len();
        server.clock.advance_seconds(1);
        let created = json!({ "creationDate": server.clock.text() });
        assert_eq!(admin.create(&request(&[first])), Ok(created));
        server.clock.advance_seconds(1);
        let changed = json!({ "changeDate": server.clock.text() });
        assert_eq!(
            admin.update(&request(&[second, first])),
            Ok(changed.clone())
        );
        server.clock.advance_seconds(1);
        // The same roles in another order change nothing.
        server.writes_nothing(|| {
            assert_eq!(admin.update(&request(&[first, second])), Ok(changed));
        });
        let deleted = json!({ "deletionDate": server.clock.text() });
        assert_eq!(admin.delete(&request(&[])), Ok(deleted));
        server.writes_nothing(|| assert_eq!(admin.delete(&request(&[])), Ok(json!({}))));
        let prefix = if resource == Resource::Instance {
            "instance"
        } else {
            "org"
        };
        let mut sorted = [first, second];
        sorted.sort_unstable();
        let events = member_events(&server, resource);
        assert_eq!(
            events[before..],
            [
                (
                    format!("{prefix}.member.added"),
                    json!({ "userId": "given", "roles": [first] })
                ),
                (
                    format!("{prefix}.member.changed"),
                    json!({ "userId": "given", "roles": sorted })
                ),
                (
                    format!("{prefix}.member.removed"),
                    json!({ "userId": "given" })
                ),
            ]
        );
    }
}

#[test]
fn every_refusal_has_its_id() {
    let server = TestServer::start();
    let admin = admin(&server);
    let mini = server.human("mini").id;
    let gone = server.human("gone").id;
    server
        .admin()
        .delete(&format!("/v2/users/{gone}"))
        .succeeds();
    let org = server.org();
    let member = server.human("member").id;
    admin.create(&on_instance(&member, &["IAM_OWNER"])).unwrap();
    admin
        .create(&on_org(&member, &org, &["ORG_OWNER"]))
        .unwrap();
    let invalid = |id: &str| refused(3, &format!("Member is invalid ({id})"));
    server.writes_nothing(|| {
        for (request, expected) in [
            (
                on_instance(&mini, &["IAM_EMPEROR"]),
                invalid("INSTANCE-4m0fS"),
            ),
            (
                on_instance(&mini, &["ORG_OWNER"]),
                invalid("INSTANCE-4m0fS"),
            ),
            (on_instance(&mini, &[]), invalid("INSTANCE-LiaZi")),
            (on_org(&mini, &org, &["ORG_EMPEROR"]), invalid("Org-4N8es")),
            (on_org(&mini, &org, &["IAM_OWNER"]), invalid("Org-4N8es")),
            (on_org(&mini, &org, &[]), invalid("ORG-4Mlfs")),
            (
                on_instance("unknown", &["IAM_OWNER"]),
                refused(9, "User could not be found (INSTA-GSXOn)"),
            ),
            (
                on_instance(&gone, &["IAM_OWNER"]),
                refused(9, "User could not be found (INSTA-GSXOn)"),
            ),
            (
                on_org("unknown", &org, &["ORG_OWNER"]),
                refused(9, "User could not be found (ORG-GoXOn)"),
            ),
            (
                on_instance(&member, &["IAM_OWNER"]),
                refused(6, "Member already exists (INSTA-pFDwe)"),
            ),
            (
                on_org(&member, &org, &["ORG_OWNER"]),
                refused(6, "Member already exists (ORG-poWwe)"),
            ),
            (
                on_org(&mini, 1, &["ORG_OWNER"]),
                refused(9, "Organisation doesn't exist (ORG-1VSkE)"),
            ),
            (
                on_org(&mini, "none", &["ORG_OWNER"]),
                refused(9, "Organisation doesn't exist (ORG-1VSkE)"),
            ),
            (
                json!({ "userId": mini, "roles": ["IAM_OWNER"] }),
                refused(3, "Errors.Invalid.Argument (ADMIN-IbPp47HDP5)"),
            ),
        ] {
            assert_eq!(admin.create(&request), expected, "{request}");
        }
        for (request, expected) in [
            (
                on_instance(&member, &["IAM_EMPEROR"]),
                invalid("INSTANCE-3m9fs"),
            ),
            (on_instance(&member, &[]), invalid("INSTANCE-LiaZi")),
            (on_org(&member, &org, &["IAM_OWNER"]), invalid("IAM-m9fG8")),
            (on_org(&member, &org, &[]), invalid("Org-LiaZi")),
            (
                on_instance(&mini, &["IAM_OWNER"]),
                refused(5, "Member not found (INSTANCE-D8JxR)"),
            ),
            (
                on_org(&mini, &org, &["ORG_OWNER"]),
                refused(5, "Member not found (Org-D8JxR)"),
            ),
            (
                json!({ "userId": mini, "roles": ["IAM_OWNER"] }),
                refused(3, "Errors.Invalid.Argument (ADMIN-i0V2IbdloZ)"),
            ),
        ] {
            assert_eq!(admin.update(&request), expected, "{request}");
        }
        assert_eq!(
            admin.delete(&json!({ "userId": mini })),
            refused(3, "Errors.Invalid.Argument (ADMIN-3UOjLtuohh)")
        );
        assert_eq!(admin.delete(&on_instance("unknown", &[])), Ok(json!({})));
        assert_eq!(admin.delete(&on_org(&mini, 1, &[])), Ok(json!({})));
    });
    for (request, text) in [
        (
            json!({ "resource": { "instance": true } }),
            "invalid CreateAdministratorRequest.UserId: value length must be between 1 and 200 \
             runes, inclusive",
        ),
        (
            json!({ "userId": "1", "resource": { "instance": false } }),
            "invalid CreateAdministratorRequest.Resource: embedded message failed validation | \
             caused by: invalid ResourceType.Instance: value must equal true",
        ),
        (
            on_instance("1", &["IAM_OWNER", "IAM_OWNER"]),
            "invalid CreateAdministratorRequest.Roles[1]: repeated value must contain unique items",
        ),
    ] {
        assert_eq!(admin.create(&request), refused(3, text));
    }
}

#[test]
fn there_are_no_projects_to_administer() {
    let server = TestServer::start();
    let admin = admin(&server);
    for resource in [
        json!({ "projectId": "1" }),
        json!({ "projectGrant": { "projectId": "1", "organizationId": server.org() } }),
    ] {
        let request = json!({ "userId": server.admin_id(), "resource": resource, "roles": ["PROJECT_OWNER"] });
        server.writes_nothing(|| {
            assert_eq!(
                admin.create(&request),
                refused(9, "Project not found (COMMAND-EbFMN)")
            );
            assert_eq!(
                admin.update(&request),
                refused(5, "Project member not found (PROJECT-D8JxR)")
            );
            assert_eq!(admin.delete(&request), Ok(json!({})));
        });
        let filter = json!({ "filters": [{ "resource": resource }] });
        assert_eq!(admin.names(&filter), [""; 0]);
    }
}

#[test]
fn only_who_may_gives_and_takes_roles() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("other.example");
    let on = |resource, role: &str| server.service_on(home, resource, &[role]);
    let nobody = server.service(&[]);
    let viewer = on(Resource::Instance, "IAM_OWNER_VIEWER");
    let login_client = on(Resource::Instance, "IAM_LOGIN_CLIENT");
    let owner = on(Resource::Instance, "IAM_OWNER");
    let local = on(Resource::Org(home), "ORG_OWNER");
    let viewer_here = on(Resource::Org(home), "ORG_OWNER_VIEWER");
    let stranger = on(Resource::Org(other), "ORG_OWNER");
    let unknown = refused(5, "membership not found (AUTHZ-cdgFk)");
    let denied = refused(7, "No matching permissions found (AUTH-AWfge)");
    let mini = server.human("mini").id;
    let root = admin(&server);
    // Who, and whether it may write and take on the instance, and write and take on `home`.
    for (service, [write, take, write_here, take_here]) in [
        (&nobody, [Some(&unknown); 4]),
        (&viewer, [Some(&denied); 4]),
        (&login_client, [None, Some(&denied), None, Some(&denied)]),
        (&owner, [None; 4]),
        (&local, [Some(&unknown), Some(&unknown), None, None]),
        (
            &viewer_here,
            [Some(&unknown), Some(&unknown), Some(&denied), Some(&denied)],
        ),
        (&stranger, [Some(&unknown); 4]),
    ] {
        let who = caller(&server, service.token());
        for (request, roles, write, take) in [
            (
                on_instance(&mini, &["IAM_OWNER"]),
                "IAM_OWNER_VIEWER",
                write,
                take,
            ),
            (
                on_org(&mini, home, &["ORG_OWNER"]),
                "ORG_OWNER_VIEWER",
                write_here,
                take_here,
            ),
        ] {
            let mut other_roles = request.clone();
            other_roles["roles"] = json!([roles]);
            let created = who.create(&request);
            match write {
                Some(refusal) => {
                    assert_eq!(created, *refusal, "{request}");
                    root.create(&request).unwrap();
                    assert_eq!(who.update(&other_roles), *refusal, "{request}");
                }
                None => drop((created.unwrap(), who.update(&other_roles).unwrap())),
            }
            let deleted = who.delete(&request);
            match take {
                Some(refusal) => {
                    assert_eq!(deleted, *refusal, "{request}");
                    root.delete(&request).unwrap();
                }
                None => drop(deleted.unwrap()),
            }
        }
    }
}

#[test]
fn an_owner_of_an_organisation_cannot_give_more_than_it_has() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let owner = server.service_on(home, Resource::Org(home), &["ORG_OWNER"]);
    let owner_id = owner.id.clone();
    let who = caller(&server, owner.token());
    assert_eq!(
        who.update(&on_org(&owner_id, home, &["ORG_OWNER", "IAM_LOGIN_CLIENT"])),
        refused(3, "Member is invalid (IAM-m9fG8)")
    );
    assert_eq!(
        who.create(&on_instance(&owner_id, &["IAM_OWNER"])),
        refused(5, "membership not found (AUTHZ-cdgFk)")
    );
}

/// The two machine users of the first start and four more, each made a second later than the one
/// before: `ann` on the instance, `bob` on the default organisation, `cat` and `dog` on another.
fn world(server: &TestServer) -> OrgId {
    let root = admin(server);
    let other = server.second_org("other.example");
    let person = |name: &str, first: &str, more: Value| {
        let mut body = json!({ "profile": { "givenName": first, "familyName": "X" } });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        server.human_with(name, &body).id
    };
    let there = json!({ "organization": { "orgId": other.to_string() } });
    let ann = person("ann", "Ann", json!({}));
    let bob = person("bob", "Bob", json!({}));
    let cat = person("cat", "Cat", there.clone());
    let dog = person("dog", "Dog", there);
    for request in [
        on_instance(&ann, &["IAM_OWNER_VIEWER", "IAM_USER_MANAGER"]),
        on_org(&bob, server.org(), &["ORG_OWNER"]),
        on_org(&cat, other, &["ORG_OWNER"]),
        on_org(&dog, other, &["ORG_OWNER_VIEWER"]),
    ] {
        server.clock.advance_seconds(1);
        root.create(&request).unwrap();
    }
    server.clock.advance_seconds(1);
    root.update(&on_org(
        &bob,
        server.org(),
        &["ORG_OWNER", "ORG_USER_MANAGER"],
    ))
    .unwrap();
    other
}

#[test]
fn administrators_are_listed_with_what_they_administer() {
    let server = TestServer::start();
    let root = admin(&server);
    let human = server.human_with("mini", &json!({ "userId": "given" }));
    root.create(&on_org(&human.id, server.org(), &["ORG_OWNER"]))
        .unwrap();
    let created = server.clock.text();
    server.clock.advance_seconds(5);
    root.update(&on_org(&human.id, server.org(), &["ORG_USER_MANAGER"]))
        .unwrap();
    let set_up = server.core().set_up_at.to_string();
    let admin_sa = json!({ "userPreferredLoginName": { "preferredLoginName": "admin-sa" } });
    let page = json!({
        "pagination": { "limit": 2, "asc": true },
        "filters": [{ "not": { "query": admin_sa } }],
    });
    let listed = root.list(&page).unwrap();
    assert_eq!(
        listed,
        json!({
            "pagination": { "totalResult": "2", "appliedLimit": "2" },
            "administrators": [
                {
                    "creationDate": set_up,
                    "changeDate": set_up,
                    "user": {
                        "id": listed["administrators"][0]["user"]["id"],
                        "preferredLoginName": "login-client",
                        "displayName": "Login client",
                        "organizationId": server.org(),
                    },
                    "instance": true,
                    "roles": ["IAM_LOGIN_CLIENT"],
                },
                {
                    "creationDate": created,
                    "changeDate": server.clock.text(),
                    "user": {
                        "id": "given",
                        "preferredLoginName": "mini",
                        "displayName": "Mini Mouse",
                        "organizationId": server.org(),
                    },
                    "organization": { "id": server.org(), "name": "ZITADEL" },
                    "roles": ["ORG_USER_MANAGER"],
                },
            ],
        })
    );
}

#[test]
fn login_names_end_in_the_domain_where_the_policy_says_so() {
    let server = TestServer::configured(|config| {
        config.policy.domain.login_name_includes_domain = true;
    });
    let name = "admin-sa@zitadel.localhost";
    let filter =
        json!({ "filters": [{ "userPreferredLoginName": { "preferredLoginName": name } }] });
    assert_eq!(admin(&server).names(&filter), [name]);
}

#[test]
fn every_filter_selects() {
    let server = TestServer::start();
    let other = world(&server);
    let root = admin(&server);
    let at = |seconds: i64| {
        let micros = server.now().micros() - seconds * 1_000_000;
        bartizan::domain::time::Timestamp::from_micros(micros).to_string()
    };
    let ids = |names: &[&str]| {
        let id = |name: &&str| {
            let filter = json!({ "userPreferredLoginName": { "preferredLoginName": name } });
            let listed = root.list(&json!({ "filters": [filter] })).unwrap();
            listed["administrators"][0]["user"]["id"].clone()
        };
        names.iter().map(id).collect::<Vec<_>>()
    };
    let name = |text: &str, method: &str| {
        json!({ "userPreferredLoginName": {
            "preferredLoginName": text,
            "method": format!("TEXT_FILTER_METHOD_{method}"),
        } })
    };
    let on = |resource: Value| json!({ "resource": resource });
    let created = |moment: String, method: &str| {
        json!({ "creationDate": {
            "timestamp": moment,
            "method": format!("TIMESTAMP_FILTER_METHOD_{method}"),
        } })
    };
    // Now bob was changed, a second ago dog was added, then cat, bob and ann.
    for (filter, expected) in [
        (created(at(2), "EQUALS"), &["cat"][..]),
        (created(at(2), "AFTER"), &["dog"]),
        (created(at(2), "AFTER_OR_EQUALS"), &["dog", "cat"]),
        (
            created(at(3), "BEFORE"),
            &["ann", "login-client", "admin-sa"],
        ),
        (
            created(at(3), "BEFORE_OR_EQUALS"),
            &["bob", "ann", "login-client", "admin-sa"],
        ),
        (
            json!({ "changeDate": { "timestamp": at(0), "method": "TIMESTAMP_FILTER_METHOD_EQUALS" } }),
            &["bob"],
        ),
        (
            json!({ "inUserIdsFilter": { "ids": ids(&["ann", "dog"]) } }),
            &["dog", "ann"],
        ),
        (json!({ "inUserIdsFilter": {} }), &[]),
        (
            json!({ "userOrganizationId": { "id": other.to_string() } }),
            &["dog", "cat"],
        ),
        (json!({ "userOrganizationId": { "id": "none" } }), &[]),
        (name("cat", "EQUALS"), &["cat"]),
        (name("CAT", "EQUALS"), &[]),
        (name("CAT", "EQUALS_IGNORE_CASE"), &["cat"]),
        (name("LOGIN", "STARTS_WITH_IGNORE_CASE"), &["login-client"]),
        (name("o", "CONTAINS"), &["dog", "bob", "login-client"]),
        (name("b", "ENDS_WITH"), &["bob"]),
        (
            json!({ "userDisplayName": { "displayName": "Ann X" } }),
            &["ann"],
        ),
        (
            json!({ "userDisplayName": { "displayName": "Login client" } }),
            &["login-client"],
        ),
        (
            on(json!({ "instance": true })),
            &["ann", "login-client", "admin-sa"],
        ),
        (
            on(json!({ "organizationId": other.to_string() })),
            &["dog", "cat"],
        ),
        (on(json!({ "organizationId": "none" })), &[]),
        (
            json!({ "role": { "roleKey": "ORG_OWNER" } }),
            &["cat", "bob"],
        ),
        (json!({ "role": { "roleKey": "ORG_OWN" } }), &[]),
        (
            json!({ "or": { "queries": [name("ann", "EQUALS"), name("dog", "EQUALS")] } }),
            &["dog", "ann"],
        ),
        (json!({ "or": {} }), &[]),
        (
            json!({ "and": { "queries": [name("o", "CONTAINS"), on(json!({ "instance": true }))] } }),
            &["login-client"],
        ),
        (
            json!({ "not": { "query": on(json!({ "instance": true })) } }),
            &["dog", "cat", "bob"],
        ),
    ] {
        let request = json!({ "filters": [filter] });
        assert_eq!(root.names(&request), expected, "{request}");
        let total = root.list(&request).unwrap()["pagination"]["totalResult"].clone();
        let total = total.as_str().unwrap_or("0").to_owned();
        assert_eq!(total, expected.len().to_string(), "{request}");
    }
    // All of them must hold.
    let both = json!({ "filters": [name("o", "CONTAINS"), name("b", "CONTAINS")] });
    assert_eq!(root.names(&both), ["bob"]);
    for resource in [json!({}), json!({ "instance": false })] {
        assert_eq!(
            root.list(&json!({ "filters": [on(resource)] })),
            refused(3, "List.Query.Invalid (ORG-vR9nC)")
        );
    }
    let roles = root.listed(&json!({ "filters": [name("ann", "EQUALS")] }));
    assert_eq!(roles[0].1, ["IAM_OWNER_VIEWER", "IAM_USER_MANAGER"]);
}

#[test]
fn administrators_are_sorted_and_paged() {
    let server = TestServer::start();
    world(&server);
    let root = admin(&server);
    let newest = ["dog", "cat", "bob", "ann", "login-client", "admin-sa"];
    let reversed = |names: &[&'static str]| {
        let mut names = names.to_vec();
        names.reverse();
        names.swap(0, 1);
        names
    };
    assert_eq!(root.names(&json!({})), newest);
    let ascending = json!({ "pagination": { "asc": true } });
    assert_eq!(root.names(&ascending), reversed(&newest));
    for (column, expected) in [
        ("CREATION_DATE", newest),
        (
            "CHANGE_DATE",
            ["bob", "dog", "cat", "ann", "login-client", "admin-sa"],
        ),
    ] {
        let column = format!("ADMINISTRATOR_FIELD_NAME_{column}");
        let names = |asc: bool| {
            root.names(&json!({ "sortingColumn": column, "pagination": { "asc": asc } }))
        };
        assert_eq!(names(false), expected, "{column}");
        assert_eq!(names(true), reversed(&expected), "{column}");
    }
    for asc in [true, false] {
        let by_id = json!({
            "sortingColumn": "ADMINISTRATOR_FIELD_NAME_USER_ID",
            "pagination": { "asc": asc },
        });
        let listed = root.list(&by_id).unwrap();
        let listed = listed["administrators"].as_array().unwrap().iter();
        let mut ids: Vec<_> = listed
            .map(|row| given_user_key(row["user"]["id"].as_str().unwrap()))
            .collect();
        if !asc {
            ids.reverse();
        }
        assert!(ids.len() == 6 && ids.is_sorted(), "{ids:?}");
    }
    for (pagination, expected, applied) in [
        (json!({}), &newest[..], "100"),
        (json!({ "limit": 2 }), &newest[..2], "2"),
        (json!({ "limit": 2, "offset": "1" }), &newest[1..3], "2"),
        (json!({ "offset": "4" }), &newest[4..], "100"),
        (json!({ "offset": "18446744073709551615" }), &[], "100"),
        (json!({ "limit": 1_000 }), &newest[..], "1000"),
    ] {
        let request = json!({ "pagination": pagination });
        assert_eq!(root.names(&request), expected, "{request}");
        assert_eq!(
            root.list(&request).unwrap()["pagination"],
            json!({ "totalResult": "6", "appliedLimit": applied })
        );
    }
    assert_eq!(
        root.list(&json!({ "pagination": { "limit": 1_001 } })),
        refused(3, "Limit exceeded (QUERY-4M0fs)")
    );
}

#[test]
fn where_no_limit_is_in_force_none_is_told() {
    let server = TestServer::configured(|config| config.list.default_limit = 0);
    let token = server.first_tokens()[0].to_owned();
    let root = caller(&server, &token);
    for (pagination, expected) in [
        (json!({}), json!({ "totalResult": "2" })),
        (
            json!({ "limit": 1 }),
            json!({ "totalResult": "2", "appliedLimit": "1" }),
        ),
    ] {
        let listed = root.list(&json!({ "pagination": pagination })).unwrap();
        assert_eq!(listed["pagination"], expected);
    }
}

#[test]
fn only_administrators_that_one_may_read_are_listed_and_counted() {
    let server = TestServer::start();
    let other = world(&server);
    let home = server.core().default_org;
    let service = |resource, roles: &[&str]| server.service_on(home, resource, roles);
    let nobody = server.service(&[]);
    let narrow = service(Resource::Instance, &["IAM_SESSION_CLIENT"]);
    let manager = service(Resource::Instance, &["IAM_ORG_MANAGER"]);
    let viewer = service(Resource::Instance, &["IAM_OWNER_VIEWER"]);
    let here = service(Resource::Org(home), &["ORG_OWNER"]);
    let there = service(Resource::Org(other), &["ORG_OWNER_VIEWER"]);
    let users = service(Resource::Org(home), &["ORG_USER_MANAGER"]);
    let sees = |token: &str, name: &str| {
        let filter = json!({ "userPreferredLoginName": { "preferredLoginName": name } });
        let listed = caller(&server, token)
            .list(&json!({ "filters": [filter] }))
            .unwrap();
        let total = listed["pagination"]["totalResult"]
            .as_str()
            .unwrap_or("0")
            .to_owned();
        let rows = listed["administrators"].as_array().map_or(0, Vec::len);
        assert_eq!(total, rows.to_string());
        rows == 1
    };
    // Whether one sees who is on the instance, on the default organisation, on the other one; and
    // oneself.
    for (service, ann, bob, cat, oneself) in [
        (&nobody, false, false, false, false),
        (&narrow, false, false, false, true),
        (&manager, false, true, true, true),
        (&viewer, true, true, true, true),
        (&here, false, true, false, true),
        (&there, false, false, true, true),
        (&users, false, false, false, true),
    ] {
        let token = service.token();
        assert_eq!(sees(token, "ann"), ann, "{service:?}");
        assert_eq!(sees(token, "bob"), bob, "{service:?}");
        assert_eq!(sees(token, "cat"), cat, "{service:?}");
        assert_eq!(sees(token, &service.username), oneself, "{service:?}");
    }
}
