//! Tokens that were tampered with. What single bits do is tested beside the code
//! (`every_flipped_bit_is_refused`); here it is the whole way through the server.

use serde_json::json;

use crate::helpers::TestServer;

/// A token with something taken away or added.
fn variants(token: &str) -> Vec<String> {
    let shorter = (1..token.len()).map(|length| token[..length].to_owned());
    let later = (1..token.len()).map(|start| token[start..].to_owned());
    let longer = ["A", "=", "==", ".", "-", "_", "%00", " x", ",", ";"];
    let longer = longer.map(|more| format!("{token}{more}"));
    let others = [
        token.repeat(2),
        token.to_lowercase(),
        token.to_uppercase(),
        token.replace('-', "+").replace('_', "/") + "=",
        format!("A{token}"),
        token.chars().rev().collect(),
        "A".repeat(token.len()),
        "A".repeat(8_000),
    ];
    let mut all: Vec<_> = shorter.chain(later).chain(longer).chain(others).collect();
    all.retain(|variant| variant != token);
    all
}

/// CVE-2026-27840: tokens that were cut still worked.
#[test]
fn a_bearer_with_anything_added_or_taken_away_is_none() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let pat = server.service(&["IAM_OWNER"]);
    let path = format!("/v2/users/{}", human.id);
    for token in [pat.token(), &session.token] {
        server.bearer(token).get(&path).succeeds();
        for variant in variants(token) {
            let answer = server.bearer(&variant).get(&path);
            assert_eq!(answer.response.status, 401, "{variant}");
            assert!(!answer.text().contains(token), "{}", answer.text());
        }
        server.bearer(token).get(&path).succeeds();
    }
}

#[test]
fn a_session_token_with_anything_added_or_taken_away_opens_nothing() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let stranger = server.service(&[]).client;
    let read = |token: &str| stranger.with("x-session-token", token).get(&session.path());
    read(&session.token).succeeds();
    for variant in variants(&session.token) {
        let answer = read(&variant);
        let status = answer.response.status;
        assert!(status == 403 || status == 400, "{status} {variant}");
        if variant.len() > 200 {
            continue;
        }
        let body = json!({ "sessionToken": variant });
        let ended = stranger.delete_with(&session.path(), &body);
        assert!((400..500).contains(&ended.response.status), "{ended:?}");
    }
    read(&session.token).succeeds();
}

/// Parts of two tokens that are both right, at every place where they can be cut.
#[test]
fn parts_of_two_tokens_are_no_token() {
    let server = TestServer::start();
    let (first, second) = (server.session(&json!({})), server.session(&json!({})));
    let stranger = server.service(&[]).client;
    let read = |path: &str, token: &str| stranger.with("x-session-token", token).get(path);
    let (one, other) = (&first.token, &second.token);
    assert_eq!(one.len(), other.len());
    for cut in 1..one.len() {
        let mixed = format!("{}{}", &one[..cut], &other[cut..]);
        for (session, whole) in [(&first, one), (&second, other)] {
            let answer = read(&session.path(), &mixed);
            let expected = if mixed == *whole { 200 } else { 403 };
            assert_eq!(answer.response.status, expected, "{cut}");
        }
    }
    read(&first.path(), one).succeeds();
    assert_eq!(read(&first.path(), other).response.status, 403);
    assert_eq!(read(&second.path(), one).response.status, 403);
}

/// Two readers of one request must not see two callers (RFC 6750: one token per request).
#[test]
fn two_bearers_in_one_request_are_none() {
    let server = TestServer::start();
    let [admin, login] = server.first_tokens();
    for (first, second) in [(admin, login), (admin, admin), ("x", admin), (admin, "x")] {
        let client = server.bearer(first);
        let client = client.with("Authorization", &format!("Bearer {second}"));
        client
            .get("/v2/sessions/1")
            .fails(16, "AUTH-toLo1", "invalid auth header");
    }
}

/// CVE-2026-109373: an empty token must not stand for the right one, nor for none with rights.
#[test]
fn an_empty_token_gives_nothing() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let stranger = server.service(&[]).client;
    for answer in [
        stranger.get(&session.path()),
        stranger.get(&format!("{}?sessionToken=", session.path())),
        stranger.with("x-session-token", "").get(&session.path()),
        stranger.delete_with(&session.path(), &json!({ "sessionToken": "" })),
    ] {
        assert!((400..500).contains(&answer.response.status), "{answer:?}");
    }
    let answer = server.bearer("").get(&session.path());
    assert_eq!(answer.response.status, 401);
}
