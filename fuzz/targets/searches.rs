//! Searches, through the routes of REST into the database: `s` and a `ListSessionsRequest`, `u` and a
//! `ListUsersRequest`, in JSON.

use actix_web::http::Method;
use bartizan_proto::buffa::MessageField;
use bartizan_proto::json::{decode, encode};
use bartizan_proto::zitadel::object::v2::ListQuery;
use bartizan_proto::zitadel::session::v2::ListSessionsRequest;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::search_query::Query;
use bartizan_proto::zitadel::user::v2::{AndQuery, ListUsersRequest, NotQuery, SearchQuery};
use serde::Serialize;
use serde_json::Value;

use super::service::{self, Answer};

const SESSIONS: &str = "/v2/sessions/search";
const USERS: &str = "/v2/users";

pub fn run(data: &[u8]) {
    let Some((what, body)) = data.split_first() else {
        return;
    };
    let sessions = what & 2 != 0;
    let target = if sessions { SESSIONS } else { USERS };
    let answer = ask(target, body.to_vec());
    answer.is_sound();
    if answer.status != 200 {
        return;
    }
    if sessions {
        let request: ListSessionsRequest = decode(body).expect("what was answered was read");
        paged(SESSIONS, "sessions", |query| ListSessionsRequest {
            query: MessageField::some(query),
            ..request.clone()
        });
    } else {
        let request: ListUsersRequest = decode(body).expect("what was answered was read");
        paged(USERS, "result", |query| ListUsersRequest {
            query: MessageField::some(query),
            ..request.clone()
        });
        if !request.queries.is_empty() {
            excluded(&request);
        }
    }
}

fn ask(target: &str, body: Vec<u8>) -> Answer {
    let token = service::known(|known| known.admin.clone());
    service::ask(Method::POST, target, &token, body)
}

fn ask_for<M: Serialize>(target: &str, request: &M) -> Answer {
    let mut body = Vec::new();
    encode(request, &mut body).expect("a request can be written");
    ask(target, body)
}

/// A page is a part of the whole, in the same order, and says how much there is.
fn paged<M: Serialize>(target: &str, field: &str, request: impl Fn(ListQuery) -> M) {
    let page = |offset, limit| {
        let query = ListQuery {
            offset,
            limit,
            ..ListQuery::default()
        };
        let answer = ask_for(target, &request(query));
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let found = body
            .get(field)
            .map(|found| found.as_array().expect("a list").clone());
        let found = found.unwrap_or_default();
        (found, total(&body))
    };
    let (whole, all) = page(0, 1_000);
    assert_eq!(whole.len(), all, "not all there is");
    let (part, told) = page(1, 2);
    // Behind the end of sessions nothing is counted, as in ZITADEL.
    let behind = part.is_empty() && told == 0;
    assert!(told == all || behind, "a page counts {told} of {all}");
    let expected: Vec<_> = whole.into_iter().skip(1).take(2).collect();
    assert_eq!(part, expected, "a page is not a part of the whole");
}

fn total(body: &Value) -> usize {
    body.pointer("/details/totalResult")
        .and_then(Value::as_str)
        .map_or(0, |text| text.parse().expect("a count"))
}

/// Who is not found is found by the opposite, and nobody by both.
fn excluded(request: &ListUsersRequest) {
    let with = |queries: Vec<SearchQuery>| ListUsersRequest {
        queries,
        ..ListUsersRequest::default()
    };
    let found = ask_for(USERS, &with(request.queries.clone()));
    assert_eq!(found.status, 200, "{found:?}");
    let all = of(Query::AndQuery(Box::new(AndQuery {
        queries: request.queries.clone(),
        ..AndQuery::default()
    })));
    let opposite = of(Query::NotQuery(Box::new(NotQuery {
        query: MessageField::some(all),
        ..NotQuery::default()
    })));
    let others = ask_for(USERS, &with(vec![opposite]));
    others.is_sound();
    if others.status == 200 {
        let users = service::known(|known| known.users);
        assert_eq!(
            total(&found.json()) + total(&others.json()),
            users,
            "{request:?}"
        );
    } else {
        // Two levels more than were allowed.
        assert_eq!(others.status, 400, "{others:?}");
    }
}

fn of(query: Query) -> SearchQuery {
    SearchQuery {
        query: Some(query),
        ..SearchQuery::default()
    }
}
