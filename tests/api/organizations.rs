//! `ListOrganizations` (adjacent.md section 10.2).

use bartizan::domain::ids::OrgId;
use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Client, TestServer};

const PATH: &str = "/v2/organizations/_search";

/// Names of the organisations that are found, in their order.
#[track_caller]
fn found(client: &Client, body: &Value) -> Vec<String> {
    let answer = client.post(PATH, body);
    let body = answer.succeeds().json();
    let result = body["result"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = result
        .iter()
        .map(|org| org["name"].as_str().unwrap().to_owned())
        .collect();
    let total = body["details"]["totalResult"].as_str().unwrap_or("0");
    assert!(total.parse::<usize>().unwrap() >= names.len(), "{body:#}");
    names
}

/// The default organisation, and three more, a second apart.
fn world(server: &TestServer) -> [OrgId; 3] {
    ["acme.example", "Beta.example", "acme-two.example"].map(|domain| {
        server.clock.advance_seconds(1);
        server.second_org(domain)
    })
}

#[test]
fn the_default_organisation_is_found_with_its_details() {
    let server = TestServer::start();
    let core = server.core();
    let answer = server
        .login_client()
        .post(PATH, &json!({ "queries": [{ "defaultQuery": {} }] }));
    let set_up = core.set_up_at.to_string();
    let written = answer.str("/details/timestamp");
    answer.ok(&json!({
        "details": { "totalResult": "1", "timestamp": written },
        "result": [{
            "id": server.org(),
            "details": {
                "sequence": "2",
                "changeDate": set_up,
                "resourceOwner": server.org(),
                "creationDate": set_up,
            },
            "state": "ORGANIZATION_STATE_ACTIVE",
            "name": "ZITADEL",
            "primaryDomain": "zitadel.localhost",
        }],
    }));
}

#[test]
fn every_query_selects() {
    let server = TestServer::start();
    let [acme, ..] = world(&server);
    let admin = server.admin();
    for (query, expected) in [
        (
            json!({ "nameQuery": { "name": "acme.example" } }),
            &["acme.example"][..],
        ),
        (json!({ "nameQuery": { "name": "ACME.example" } }), &[]),
        (
            json!({ "nameQuery": { "name": "ACME.example", "method": "TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE" } }),
            &["acme.example"],
        ),
        (
            json!({ "nameQuery": { "name": "acme", "method": "TEXT_QUERY_METHOD_STARTS_WITH" } }),
            &["acme-two.example", "acme.example"],
        ),
        (
            json!({ "domainQuery": { "domain": "zitadel.localhost" } }),
            &["ZITADEL"],
        ),
        (
            json!({ "domainQuery": { "domain": "BETA", "method": "TEXT_QUERY_METHOD_CONTAINS_IGNORE_CASE" } }),
            &["Beta.example"],
        ),
        (
            json!({ "domainQuery": { "domain": "two.example", "method": "TEXT_QUERY_METHOD_ENDS_WITH" } }),
            &["acme-two.example"],
        ),
        (
            json!({ "stateQuery": { "state": "ORGANIZATION_STATE_ACTIVE" } }),
            &[
                "acme-two.example",
                "Beta.example",
                "acme.example",
                "ZITADEL",
            ],
        ),
        (
            json!({ "stateQuery": { "state": "ORGANIZATION_STATE_INACTIVE" } }),
            &[],
        ),
        (json!({ "stateQuery": {} }), &[]),
        (
            json!({ "idQuery": { "id": acme.to_string() } }),
            &["acme.example"],
        ),
        (json!({ "idQuery": { "id": "none" } }), &[]),
        (json!({ "defaultQuery": {} }), &["ZITADEL"]),
    ] {
        assert_eq!(
            found(&admin, &json!({ "queries": [query] })),
            expected,
            "{query}"
        );
    }
    // All of them must hold.
    let both = json!({ "queries": [
        { "defaultQuery": {} },
        { "idQuery": { "id": acme.to_string() } },
    ] });
    assert_eq!(found(&admin, &both), [""; 0]);
}

#[test]
fn organisations_are_sorted_and_paged() {
    let server = TestServer::start();
    world(&server);
    let admin = server.admin();
    let by_name = "ORGANIZATION_FIELD_NAME_NAME";
    for (body, expected) in [
        (
            json!({}),
            &[
                "acme-two.example",
                "Beta.example",
                "acme.example",
                "ZITADEL",
            ][..],
        ),
        (
            json!({ "query": { "asc": true } }),
            &[
                "acme-two.example",
                "Beta.example",
                "acme.example",
                "ZITADEL",
            ],
        ),
        (
            json!({ "sortingColumn": by_name, "query": { "asc": true } }),
            &[
                "acme-two.example",
                "acme.example",
                "Beta.example",
                "ZITADEL",
            ],
        ),
        (
            json!({ "sortingColumn": by_name }),
            &[
                "ZITADEL",
                "Beta.example",
                "acme.example",
                "acme-two.example",
            ],
        ),
        (
            json!({ "query": { "offset": "1", "limit": 2 } }),
            &["Beta.example", "acme.example"],
        ),
        (json!({ "query": { "offset": "9" } }), &[]),
    ] {
        assert_eq!(found(&admin, &body), expected, "{body}");
    }
    let page = admin.post(PATH, &json!({ "query": { "limit": 1 } }));
    assert_eq!(page.str("/details/totalResult"), "4");
    admin
        .post(PATH, &json!({ "query": { "limit": 1_001 } }))
        .fails(3, "QUERY-4M0fs", "Limit exceeded");
}

#[test]
fn only_organisations_that_one_may_read_are_found_and_counted() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let [acme, ..] = world(&server);
    let all = &[
        "acme-two.example",
        "Beta.example",
        "acme.example",
        "ZITADEL",
    ][..];
    let owner_there = server.service_on(home, Resource::Org(acme), &["ORG_OWNER"]);
    let there = server.service_on(acme, Resource::Org(acme), &["ORG_OWNER_VIEWER"]);
    let table: [(Client, &[&str]); 7] = [
        (server.service(&[]).client, &["ZITADEL"]),
        (server.service(&["IAM_SESSION_CLIENT"]).client, &["ZITADEL"]),
        (server.service(&["IAM_OWNER_VIEWER"]).client, all),
        (server.admin(), all),
        (server.login_client(), all),
        (owner_there.client, &["acme.example", "ZITADEL"]),
        (there.client, &["acme.example"]),
    ];
    for (place, (client, expected)) in table.iter().enumerate() {
        assert_eq!(found(client, &json!({})), *expected, "{place}");
        let total = client.post(PATH, &json!({})).str("/details/totalResult");
        assert_eq!(total, expected.len().to_string(), "{place}");
    }
    // Naming another organisation does not open it.
    let nobody = server.service(&[]).client;
    let elsewhere = nobody.with("x-zitadel-orgid", &acme.to_string());
    assert_eq!(found(&elsewhere, &json!({})), ["ZITADEL"]);
    server
        .anonymous()
        .post(PATH, &json!({}))
        .fails_plainly(16, "auth header missing");
}

#[test]
fn details_are_there_even_if_nothing_is_found() {
    let server = TestServer::start();
    let body = json!({ "queries": [{ "idQuery": { "id": "1" } }] });
    let answer = server.admin().post(PATH, &body);
    let written = answer.str("/details/timestamp");
    answer.ok(&json!({ "details": { "timestamp": written } }));
}

#[test]
fn queries_that_ask_for_nothing_are_refused() {
    let server = TestServer::start();
    let admin = server.admin();
    let inside = "invalid ListOrganizationsRequest.Queries[0]: embedded message failed validation \
                  | caused by: invalid SearchQuery";
    for (query, text) in [
        (json!({}), format!("{inside}.Query: value is required")),
        (
            json!({ "nameQuery": {} }),
            format!(
                "{inside}.NameQuery: embedded message failed validation | caused by: invalid \
                 OrganizationNameQuery.Name: value length must be between 1 and 200 runes, inclusive"
            ),
        ),
    ] {
        admin
            .post(PATH, &json!({ "queries": [query] }))
            .fails_plainly(3, &text);
    }
    admin
        .post("/v2/organizations", &json!({ "name": "x" }))
        .fails_plainly(12, "operation `AddOrganization` is not implemented");
}
