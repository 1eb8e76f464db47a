//! Identity providers through every protocol. What they say themselves is tested over REST.

use bartizan::config::{Config, IdpConfig, IdpKindConfig};
use serde_json::json;

use crate::calls::{
    ADD_LINK, CREATE_SESSION, GET_IDP, LIST_LINKS, LIST_METHODS, REMOVE_LINK, RETRIEVE_INTENT,
    START_INTENT,
};
use crate::matrix::Run;

const IDP: &str = "270000000000000001";

/// A provider that is not asked when a login starts: its endpoints are configured.
pub(crate) fn registered(config: &mut Config) {
    let endpoint = |path: &str| format!("https://code.example.com/{path}");
    config.idp = vec![IdpConfig {
        id: IDP.to_owned(),
        name: "Code host".to_owned(),
        kind: IdpKindConfig::OAuth,
        authorization_endpoint: endpoint("authorize"),
        token_endpoint: endpoint("token"),
        user_endpoint: endpoint("user"),
        client_id: "bartizan".to_owned(),
        ..IdpConfig::default()
    }];
}

pub(crate) fn providers(run: &mut Run<'_>, user: &str) {
    let [admin, login] = run.server.first_tokens();
    run.ok("get a provider", GET_IDP, login, json!({ "id": IDP }));
    run.fails(
        "get one that is none",
        GET_IDP,
        login,
        json!({ "id": "1" }),
        (5, "QUERY-SAFrt"),
    );
    let start = |idp: &str| {
        let urls = json!({ "successUrl": "https://a.example", "failureUrl": "https://b.example" });
        json!({ "idpId": idp, "urls": urls })
    };
    run.ok("start a login", START_INTENT, login, start(IDP));
    run.fails(
        "start one nowhere",
        START_INTENT,
        login,
        start("1"),
        (9, "COMMAND-39n221fs"),
    );
    run.fails(
        "read what came of one",
        RETRIEVE_INTENT,
        login,
        json!({ "idpIntentId": "1", "idpIntentToken": "!" }),
        (7, "CRYPTO-Swg31"),
    );
    run.fails(
        "check an intent",
        CREATE_SESSION,
        login,
        json!({ "checks": {
            "user": { "userId": user },
            "idpIntent": { "idpIntentId": "1", "idpIntentToken": "AAAA" },
        } }),
        (7, "CRYPTO-Sf4gt"),
    );
    let link = json!({ "idpId": IDP, "userId": "ext-1", "userName": "mini" });
    let add = json!({ "userId": user, "idpLink": link });
    run.ok("add a link", ADD_LINK, admin, add.clone());
    run.fails("add it again", ADD_LINK, admin, add, (6, "V3-DKcYh"));
    run.ok("list links", LIST_LINKS, admin, json!({ "userId": user }));
    run.ok(
        "list methods",
        LIST_METHODS,
        admin,
        json!({ "userId": user }),
    );
    let remove = json!({ "userId": user, "idpId": IDP, "linkedUserId": "ext-1" });
    run.ok("remove a link", REMOVE_LINK, admin, remove.clone());
    run.fails(
        "remove it again",
        REMOVE_LINK,
        admin,
        remove,
        (5, "COMMAND-1M9xR"),
    );
}
