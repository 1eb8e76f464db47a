//! Links: which users of providers somebody is.

use serde_json::{Value, json};

use super::fake::{FakeProvider, IDP, OAUTH};
use crate::helpers::server::{Human, TestServer};

fn link(idp: &str, external: &str) -> Value {
    json!({ "idpId": idp, "userId": external, "userName": "mini there" })
}

fn links(user: &Human) -> String {
    format!("/v2/users/{}/links", user.id)
}

fn listed(server: &TestServer, user: &Human) -> Value {
    let path = format!("{}/_search", links(user));
    let answer = server.login_client().post(&path, &json!({}));
    answer.succeeds().json()
}

#[test]
fn links_are_added_listed_and_removed() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = server.human("mini");
    let client = server.login_client();
    let sequence = u32::try_from(server.user_events(&user.id).len()).unwrap();
    server.clock.advance_seconds(1);
    let body = json!({ "idpLink": link(OAUTH, "42") });
    let added = json!({ "details": server.user_details(sequence + 1) });
    client.post(&links(&user), &body).ok(&added);
    let body = json!({ "idpLink": link(IDP, "ext-1") });
    let added = json!({ "details": server.user_details(sequence + 2) });
    client.post(&links(&user), &body).ok(&added);
    let search = format!("{}/_search", links(&user));
    client.post(&search, &json!({})).ok(&json!({
        "details": { "totalResult": "2", "timestamp": server.clock.text() },
        "result": [link(IDP, "ext-1"), link(OAUTH, "42")],
    }));
    let page = json!({ "query": { "offset": "1", "limit": 1 } });
    client.post(&search, &page).ok(&json!({
        "details": { "totalResult": "2", "timestamp": server.clock.text() },
        "result": [link(OAUTH, "42")],
    }));
    let methods = format!("/v2/users/{}/authentication_methods", user.id);
    client.get(&methods).ok(&json!({
        "details": { "totalResult": "2", "timestamp": server.clock.text() },
        "authMethodTypes": ["AUTHENTICATION_METHOD_TYPE_IDP", "AUTHENTICATION_METHOD_TYPE_PASSWORD"],
    }));
    server.clock.advance_seconds(1);
    let removed = json!({ "details": server.user_details(sequence + 3) });
    client
        .delete(&format!("{}/{IDP}/ext-1", links(&user)))
        .ok(&removed);
    assert_eq!(listed(&server, &user)["result"], json!([link(OAUTH, "42")]));
    let events = server.user_events(&user.id);
    let last: Vec<_> = events
        .iter()
        .rev()
        .take(3)
        .map(|(_, name, payload)| (*name, payload))
        .collect();
    assert_eq!(
        last,
        [
            (
                "user.human.externalidp.removed",
                &json!({ "idpConfigId": IDP, "userId": "ext-1" })
            ),
            (
                "user.human.externalidp.added",
                &json!({ "idpConfigId": IDP, "userId": "ext-1", "displayName": "mini there" })
            ),
            (
                "user.human.externalidp.added",
                &json!({ "idpConfigId": OAUTH, "userId": "42", "displayName": "mini there" })
            ),
        ]
    );
}

#[test]
fn a_user_of_a_provider_is_one_user_here() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let (one, other) = (server.human("one"), server.human("other"));
    let client = server.login_client();
    let body = json!({ "idpLink": link(IDP, "ext-1") });
    client.post(&links(&one), &body).succeeds();
    server.writes_nothing(|| {
        for user in [&one, &other] {
            client
                .post(&links(user), &body)
                .fails(6, "V3-DKcYh", "External IDP already taken");
        }
        let new = json!({
            "profile": { "givenName": "A", "familyName": "B" },
            "email": { "email": "a@b.example" },
            "idpLinks": [link(IDP, "ext-1")],
        });
        server.admin().post("/v2/users/human", &new).fails(
            6,
            "V3-DKcYh",
            "External IDP already taken",
        );
    });
    // The same id at another provider is somebody else.
    client
        .post(&links(&other), &json!({ "idpLink": link(OAUTH, "ext-1") }))
        .succeeds();
    // Whoever is removed frees what was taken.
    server
        .admin()
        .delete(&format!("/v2/users/{}", one.id))
        .succeeds();
    client.post(&links(&other), &body).succeeds();
}

#[test]
fn new_users_come_with_links() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = server.human_with("mini", &json!({ "idpLinks": [link(IDP, "ext-1")] }));
    assert_eq!(
        listed(&server, &user)["result"],
        json!([link(IDP, "ext-1")])
    );
    server.writes_nothing(|| {
        let mut new = json!({
            "profile": { "givenName": "A", "familyName": "B" },
            "email": { "email": "a@b.example" },
            "idpLinks": [link(IDP, "ext-2"), link("1", "ext-2")],
        });
        server.admin().post("/v2/users/human", &new).fails(
            9,
            "COMMAND-39nf2",
            "Identity Provider Configuration doesn't exist",
        );
        new["idpLinks"] = json!([link(IDP, "ext-2"), link(IDP, "ext-2")]);
        server.admin().post("/v2/users/human", &new).fails(
            6,
            "V3-DKcYh",
            "External IDP already taken",
        );
    });
}

#[test]
fn what_cannot_be_linked_or_unlinked_is_refused() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let (user, machine) = (server.human("mini"), server.service(&[]));
    let client = server.admin();
    let body = json!({ "idpLink": link(IDP, "ext-1") });
    server.writes_nothing(|| {
        for nobody in ["1", "nobody", &machine.id] {
            client
                .post(&format!("/v2/users/{nobody}/links"), &body)
                .fails(9, "COMMAND-uXHNj", "User could not be found");
            client
                .delete(&format!("/v2/users/{nobody}/links/{IDP}/ext-1"))
                .fails(5, "COMMAND-1M9xR", "External IDP not found");
        }
        let unknown = json!({ "idpLink": link("1", "ext-1") });
        for body in [unknown, json!({})] {
            client.post(&links(&user), &body).fails(
                9,
                "COMMAND-39nf2",
                "Identity Provider Configuration doesn't exist",
            );
        }
        client
            .delete(&format!("{}/{IDP}/ext-1", links(&user)))
            .fails(5, "COMMAND-1M9xR", "External IDP not found");
        client.post(&links(&user), &json!({ "idpLink": {} })).fails_plainly(
            3,
            "invalid AddIDPLinkRequest.IdpLink: embedded message failed validation | caused by: \
             invalid IDPLink.IdpId: value length must be between 1 and 200 runes, inclusive",
        );
    });
}

#[test]
fn links_are_changed_by_oneself_or_with_the_permission() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let (user, other) = (server.human("mini"), server.human("other"));
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let nobody = server.service(&[]).client;
    let own = server.bearer(&server.logged_in(&user).token);
    let stranger = server.bearer(&server.logged_in(&other).token);
    let body = json!({ "idpLink": link(IDP, "ext-1") });
    let path = format!("{}/{IDP}/ext-1", links(&user));
    let refused = |client: &crate::helpers::client::Client, missing: bool| {
        for answer in [client.post(&links(&user), &body), client.delete(&path)] {
            if missing {
                answer.fails(5, "AUTHZ-cdgFk", "membership not found");
            } else {
                answer.fails(7, "AUTH-AWfge", "No matching permissions found");
            }
        }
    };
    server.writes_nothing(|| {
        refused(&viewer, false);
        refused(&nobody, true);
        refused(&stranger, true);
    });
    own.post(&links(&user), &body).succeeds();
    // Whoever may not read the user sees nothing.
    let search = format!("{}/_search", links(&user));
    let empty = json!({ "details": { "timestamp": server.clock.text() } });
    nobody.post(&search, &json!({})).ok(&empty);
    viewer
        .post("/v2/users/1/links/_search", &json!({}))
        .ok(&empty);
    for client in [&viewer, &own] {
        let found = client.post(&search, &json!({}));
        assert_eq!(found.json()["result"], json!([link(IDP, "ext-1")]));
    }
    own.delete(&path).succeeds();
}
