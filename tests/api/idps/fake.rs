//! An identity provider on a loopback port, as good or as bad as a test wants it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each place looks at the faults that are its own"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use bartizan::config::{Config, IdpConfig, IdpKindConfig};
use bartizan::domain::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PkceCodeChallenge, PkceCodeVerifier, PrivateSigningKey as _};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded;

use crate::helpers::answer::Answer;
use crate::helpers::server::TestServer;

/// The id under which the server knows it.
pub(crate) const IDP: &str = "270000000000000001";
/// The id of one that speaks OAuth 2.0 alone.
pub(crate) const OAUTH: &str = "270000000000000002";
/// What it shares with the server. Characters that need an escape in the header (RFC 6749 section 2.3.1).
pub(crate) const SECRET: &str = "s3cret:of/the client";
/// Where browsers go after a login.
pub(crate) const SUCCESS: &str = "https://login.example.com/ok?app=1";
/// Where they go when it failed.
pub(crate) const FAILURE: &str = "https://login.example.com/no";

/// What may be wrong with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Another nonce in the ID token.
    Nonce,
    /// A signature that is none.
    Signature,
    /// Signed with a key that it does not publish.
    UnknownKey,
    /// Signed with the secret of the client.
    SharedSecret,
    /// Not signed at all.
    Unsigned,
    /// Of another issuer.
    Issuer,
    /// For another client.
    Audience,
    /// From yesterday.
    Expired,
    /// No ID token.
    NoIdToken,
    /// The hash of another access token.
    AccessTokenHash,
    /// Userinfo of somebody else.
    Subject,
    /// It takes no code.
    Code,
    /// An answer that is far too long.
    Huge,
    /// A redirect in the place of an answer.
    Redirect,
    /// It hangs up.
    HangUp,
    /// It never answers.
    Slow,
    /// It answers with something else.
    Garbage,
}

#[derive(Debug, Default)]
struct State {
    fault: Fault,
    /// Of the login that is under way.
    nonce: String,
    challenge: String,
    /// What it says of whoever logs in.
    claims: Value,
    /// The second key has taken the place of the first.
    rotated: bool,
    requests: Vec<String>,
    open: Vec<TcpStream>,
    now: i64,
}

/// The provider; it ends with the test.
#[derive(Debug)]
pub(crate) struct FakeProvider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

/// A login that was started.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) started: Answer,
    pub(crate) auth_url: Url,
    pub(crate) state: String,
}

/// Where a browser was sent, and with what.
#[derive(Debug, Clone)]
pub(crate) struct Landing {
    pub(crate) url: String,
    pub(crate) values: BTreeMap<String, String>,
}

impl Landing {
    #[track_caller]
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.response.status, 302, "{}", answer.text());
        assert_eq!(answer.response.header("cache-control"), Some("no-store"));
        assert_eq!(
            answer.response.header("referrer-policy"),
            Some("no-referrer")
        );
        assert_eq!(answer.text(), "");
        let url = Url::parse(answer.response.header("location").unwrap()).unwrap();
        Self {
            url: url.as_str().split('?').next().unwrap().to_owned(),
            values: url.query_pairs().into_owned().collect(),
        }
    }

    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> &str {
        let value = self.values.get(name);
        value.unwrap_or_else(|| panic!("no `{name}` in {self:?}"))
    }
}

/// Two keys, the same in every run: a test may not depend on them, and making them costs nothing.
fn key(second: bool) -> CoreEdDsaPrivateSigningKey {
    let seed = if second { [2; 32] } else { [1; 32] };
    // PKCS #8 of an Ed25519 key (RFC 8410 section 7).
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    der.extend_from_slice(&seed);
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    );
    let id = if second { "second" } else { "first" };
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.to_owned())))
        .unwrap()
}

impl FakeProvider {
    #[track_caller]
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            claims: json!({
                "sub": "ext-1",
                "preferred_username": "mini",
                "given_name": "Mini",
                "family_name": "Mouse",
                "name": "Mini Mouse",
                "email": "mini@mouse.com",
                "email_verified": true,
                "groups": ["a", "b"],
            }),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                if !serve(stream, address, &shared) {
                    return;
                }
            }
        });
        Self {
            address,
            state,
            thread: Some(thread),
        }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a server is configured with that knows it.
    pub(crate) fn registered(&self, config: &mut Config) {
        let oidc = IdpConfig {
            id: IDP.to_owned(),
            name: "Acme".to_owned(),
            issuer: self.issuer(),
            client_id: "bartizan".to_owned(),
            client_secret: Some(Secret::new(SECRET.to_owned())),
            timeout: std::time::Duration::from_secs(5),
            ..IdpConfig::default()
        };
        let oauth = IdpConfig {
            id: OAUTH.to_owned(),
            name: "Code host".to_owned(),
            kind: IdpKindConfig::OAuth,
            issuer: String::new(),
            authorization_endpoint: format!("{}/authorize", self.issuer()),
            token_endpoint: format!("{}/token", self.issuer()),
            user_endpoint: format!("{}/userinfo", self.issuer()),
            id_attribute: "id".to_owned(),
            scopes: vec!["read:user".to_owned()],
            ..oidc.clone()
        };
        config.idp = vec![oidc, oauth];
        "https://id.example.com".clone_into(&mut config.server.external_url);
    }

    /// A server that knows it.
    #[track_caller]
    pub(crate) fn server(&self) -> TestServer {
        TestServer::configured(|config| self.registered(config))
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.state.lock().unwrap().fault = fault;
    }

    pub(crate) fn rotate_keys(&self) {
        self.state.lock().unwrap().rotated = true;
    }

    pub(crate) fn says(&self, claims: Value) {
        self.state.lock().unwrap().claims = claims;
    }

    /// The request lines that it has got so far, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Starts a login, made by the login client.
    #[track_caller]
    pub(crate) fn begin(&self, server: &TestServer) -> Login {
        self.begin_at(server, IDP)
    }

    #[track_caller]
    pub(crate) fn begin_at(&self, server: &TestServer, idp: &str) -> Login {
        let started = server.login_client().post("/v2/idp_intents", &start(idp));
        let auth_url = Url::parse(&started.succeeds().str("/authUrl")).unwrap();
        let values: BTreeMap<_, _> = auth_url.query_pairs().into_owned().collect();
        let mut state = self.state.lock().unwrap();
        state.nonce = values.get("nonce").cloned().unwrap_or_default();
        state.challenge.clone_from(&values["code_challenge"]);
        state.now = server.now().seconds();
        drop(state);
        Login {
            started,
            state: values["state"].clone(),
            auth_url,
        }
    }

    /// The whole way: start, log in, come back.
    #[track_caller]
    pub(crate) fn log_in(&self, server: &TestServer) -> Landing {
        let login = self.begin(server);
        let landing = Landing::of(&come_back(server, &login, "code=c0de"));
        assert_eq!(landing.url, "https://login.example.com/ok", "{landing:?}");
        landing
    }
}

/// The body of a request that starts a login.
pub(crate) fn start(idp: &str) -> Value {
    json!({ "idpId": idp, "urls": { "successUrl": SUCCESS, "failureUrl": FAILURE } })
}

/// A browser that comes back with these values beside the state.
#[track_caller]
pub(crate) fn come_back(server: &TestServer, login: &Login, values: &str) -> Answer {
    let target = format!("/idps/callback?state={}&{values}", login.state);
    server.anonymous().get(&target)
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        // Wakes the thread, which ends at a connection that says nothing.
        self.state.lock().unwrap().open.clear();
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Answers one request; `false` when there is none.
fn serve(mut stream: TcpStream, address: SocketAddr, state: &Mutex<State>) -> bool {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return false;
    }
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ").unwrap();
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => value.clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let form: BTreeMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
    let mut state = state.lock().unwrap();
    let request = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
    state.requests.push(request.clone());
    let at_token = request == "POST /token";
    match state.fault {
        Fault::HangUp if at_token => return true,
        Fault::Slow if at_token => {
            state.open.push(stream);
            return true;
        }
        _ => {}
    }
    let answer = match (state.fault, request.as_str()) {
        (Fault::Garbage, "POST /token") => (200, "<html>".to_owned()),
        (Fault::Redirect, "POST /token") => (302, String::new()),
        (_, "GET /.well-known/openid-configuration") => (200, metadata(address)),
        (_, "GET /jwks") => {
            let key = key(state.rotated).as_verification_key();
            (200, json!({ "keys": [key] }).to_string())
        }
        (_, "POST /token") => token(&state, address, &form, &authorization),
        (_, "GET /userinfo") if authorization == "Bearer acc3ss" => {
            let mut claims = state.claims.clone();
            if state.fault == Fault::Subject {
                claims["sub"] = json!("ext-2");
            }
            (200, claims.to_string())
        }
        (_, "GET /userinfo") => (401, String::new()),
        (_, other) => panic!("{other}"),
    };
    drop(state);
    let (status, body) = answer;
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nLocation: http://{address}/jwks\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // Whoever has read enough hangs up.
    drop(stream.write_all(head.as_bytes()));
    drop(stream.write_all(body.as_bytes()));
    true
}

fn metadata(address: SocketAddr) -> String {
    let url = |path: &str| format!("http://{address}{path}");
    json!({
        "issuer": format!("http://{address}"),
        "authorization_endpoint": url("/authorize"),
        "token_endpoint": url("/token"),
        "userinfo_endpoint": url("/userinfo"),
        "jwks_uri": url("/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    })
    .to_string()
}

/// What the endpoint of tokens answers to a form.
fn token(
    state: &State,
    address: SocketAddr,
    form: &BTreeMap<String, String>,
    authorization: &str,
) -> (u16, String) {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!("{}:{}", encode("bartizan"), encode(SECRET));
    let basic = format!("Basic {}", STANDARD.encode(basic));
    let in_body = form.get("client_secret").map(String::as_str) == Some(SECRET);
    let verifier = PkceCodeVerifier::new(form["code_verifier"].clone());
    let proven = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let good = form["code"] == "c0de"
        && form["grant_type"] == "authorization_code"
        && form["redirect_uri"] == "https://id.example.com/idps/callback"
        && proven.as_str() == state.challenge
        && (authorization == basic || in_body);
    if !good || state.fault == Fault::Code {
        let body = json!({ "error": "invalid_grant", "error_description": "c0de is used" });
        return (400, body.to_string());
    }
    let mut body = json!({ "access_token": "acc3ss", "token_type": "Bearer", "expires_in": 60 });
    if state.fault == Fault::Huge {
        // Nothing else is wrong with it.
        body["padding"] = json!("x".repeat(300 << 10));
    }
    if state.fault != Fault::NoIdToken {
        body["id_token"] = json!(id_token(state, address));
    }
    (200, body.to_string())
}

fn id_token(state: &State, address: SocketAddr) -> String {
    let mut claims = json!({
        "iss": format!("http://{address}"),
        "aud": ["bartizan"],
        "sub": "ext-1",
        "nonce": state.nonce,
        "iat": state.now,
        "exp": state.now + 60,
    });
    match state.fault {
        Fault::Nonce => claims["nonce"] = json!("another"),
        Fault::Issuer => claims["iss"] = json!("http://127.0.0.1:1"),
        Fault::Audience => claims["aud"] = json!(["another"]),
        Fault::Expired => claims["exp"] = json!(state.now - 86_400),
        Fault::AccessTokenHash => claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA"),
        _ => {}
    }
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let (algorithm, id) = match state.fault {
        Fault::SharedSecret => ("HS256", "first"),
        Fault::Unsigned => ("none", "first"),
        Fault::UnknownKey => ("EdDSA", "third"),
        _ if state.rotated => ("EdDSA", "second"),
        _ => ("EdDSA", "first"),
    };
    let header = json!({ "alg": algorithm, "kid": id }).to_string();
    let text = format!("{}.{}", encode(header), encode(claims.to_string()));
    let signature = match state.fault {
        Fault::Unsigned => Vec::new(),
        Fault::SharedSecret => CoreHmacKey::new(SECRET)
            .sign(&CoreJwsSigningAlgorithm::HmacSha256, text.as_bytes())
            .unwrap(),
        _ => {
            let signed = key(state.rotated || state.fault == Fault::Signature);
            signed
                .sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes())
                .unwrap()
        }
    };
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
