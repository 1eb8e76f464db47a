//! The whole service without its port: what a handler answers to a request.
//!
//! One for each thread, made when it is first asked. Its clock stands still.

use std::cell::RefCell;
use std::fs;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::FromRequest as _;
use actix_web::body::to_bytes;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri, Version};
use actix_web::test::TestRequest;
use actix_web::web::{Bytes, Data, Payload};
use bartizan::api::event_stream::Streams;
use bartizan::api::forward_auth::Cookie;
use bartizan::api::{self, Api, rpc};
use bartizan::app::{self, Machine, Running};
use bartizan::config::Config;
use bartizan::domain::error::Kind;
use bartizan::domain::time::Timestamp;
use bartizan::error::Error;
use bartizan::ports::{Clock, Pending};
use bartizan::web::body::BodyMemory;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The cookie in which forward auth finds session tokens.
pub const COOKIE: &str = "session";

/// 2026-11-23T10:00:00Z.
const NOW: i64 = 1_795_428_000_000_000;

/// Bytes of a body at most.
const BODY_LIMIT: usize = 1 << 20;

/// A request; its target must be one that a server takes.
#[derive(Debug)]
pub struct Request<'a> {
    pub method: Method,
    pub target: &'a str,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub http2: bool,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Those that HTTP/2 sends behind the body.
    pub trailers: Vec<(String, String)>,
}

impl Answer {
    /// The value of a header, or else of a trailer.
    pub fn header(&self, name: &str) -> Option<&str> {
        if let Some(value) = self.headers.get(name) {
            return value.to_str().ok();
        }
        let trailer = self.trailers.iter().find(|(found, _)| found == name)?;
        Some(&trailer.1)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    /// Fails unless it is what clients of REST can read, and no fault of ours.
    pub fn is_sound(&self) {
        assert!(self.status < 500 || self.status == 501, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{self:?}"
        );
        let body = self.json();
        if self.status >= 300 {
            assert!(
                body.get("code").is_some_and(Value::is_u64)
                    && body.get("message").is_some_and(Value::is_string),
                "{self:?}"
            );
        }
    }
}

/// Who and what there is.
#[derive(Debug)]
pub struct Known {
    pub admin: String,
    pub login_client: String,
    /// A session that has proven a password: its id and its token.
    pub session: String,
    pub token: String,
    /// Of whom it is.
    pub user: String,
    pub users: usize,
}

struct Service {
    runtime: actix_rt::Runtime,
    api: Data<Api>,
    ends: Ends,
    known: Known,
    _running: Running,
    _directory: TempDir,
}

/// What is to be done when a request has ended.
type Ends = Rc<RefCell<Vec<Box<dyn FnOnce()>>>>;

thread_local! {
    static SERVICE: Service = Service::start();
}

/// Asks the service of this thread.
pub fn call(request: Request<'_>) -> Answer {
    SERVICE.with(|service| service.call(request))
}

/// What the service of this thread knows.
pub fn known<T>(look: impl FnOnce(&Known) -> T) -> T {
    SERVICE.with(|service| look(&service.known))
}

/// Asks with JSON as somebody.
pub fn ask(method: Method, target: &str, token: &str, body: Vec<u8>) -> Answer {
    call(Request {
        method,
        target,
        headers: vec![authorization(token)],
        http2: false,
        body,
    })
}

/// The header with a token.
pub fn authorization(token: &str) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is a header");
    (HeaderName::from_static("authorization"), value)
}

/// A clock that stands still.
#[derive(Debug)]
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(NOW)
    }

    fn sleep(&self, _span: Duration) -> Pending<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A configuration on a directory that makes nothing slow, and a machine with a clock that stands still.
pub fn configured(directory: &TempDir) -> (Config, Machine) {
    let mut config = Config {
        data_dir: directory.path().join("data"),
        ..Config::default()
    };
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.workers = 1;
    config.storage.search_threads = 1;
    config.passwords.memory_kib = 64;
    config.passwords.iterations = 1;
    config.passwords.threads = 1;
    let machine = Machine {
        clock: Arc::new(Standing),
        ..Machine::system(&config).expect("a machine")
    };
    (config, machine)
}

impl Service {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (config, machine) = configured(&directory);
        let running = app::start(&config, machine).expect("a server");
        let token = |path| fs::read_to_string(path).expect("a token").trim().to_owned();
        let known = Known {
            admin: token(config.admin_pat_path()),
            login_client: token(config.login_client_pat_path()),
            session: String::new(),
            token: String::new(),
            user: String::new(),
            users: 2,
        };
        let ends = Ends::default();
        let mut service = Self {
            runtime: actix_rt::Runtime::new().expect("a runtime"),
            api: Data::new(api(&running, &ends)),
            ends,
            known,
            _running: running,
            _directory: directory,
        };
        service.fill();
        service
    }

    /// Some users and sessions, so that searches find something.
    fn fill(&mut self) {
        let people = [
            ("mini", "Mini", "Mouse", "mini@mouse.com"),
            ("MICKEY", "Mickey", "Mouse", "mickey@mouse.com"),
            ("donald", "Donald", "Duck", "donald@duck.com"),
            ("d%isy", "Daisy", "D_ck", "Daisy@duck.com"),
            (
                "bj\u{f6}rn",
                "Bj\u{f6}rn",
                "\u{c5}str\u{f6}m",
                "bjorn@example.com",
            ),
            ("a\\b", "A", "B", "a.b@example.com"),
        ];
        for (username, given, family, email) in people {
            let body = json!({
                "username": username,
                "profile": { "givenName": given, "familyName": family, "nickName": given },
                "email": { "email": email, "isVerified": true },
                "password": { "password": "Secret123!" },
            });
            let made = self.json("/v2/users/human", &self.known.admin, &body);
            self.known.user = text(&made, "userId");
            self.known.users += 1;
            let body = json!({
                "checks": {
                    "user": { "userId": self.known.user },
                    "password": { "password": "Secret123!" },
                },
                "metadata": { "a": "AQ==" },
                "userAgent": { "fingerprintId": username, "description": "a browser" },
            });
            let made = self.json("/v2/sessions", &self.known.login_client, &body);
            self.known.session = text(&made, "sessionId");
            self.known.token = text(&made, "sessionToken");
        }
    }

    fn json(&self, target: &str, token: &str, body: &Value) -> Value {
        let answer = self.call(Request {
            method: Method::POST,
            target,
            headers: vec![authorization(token)],
            http2: false,
            body: body.to_string().into_bytes(),
        });
        assert!(answer.status < 300, "{answer:?}");
        answer.json()
    }

    fn call(&self, request: Request<'_>) -> Answer {
        let version = if request.http2 {
            Version::HTTP_2
        } else {
            Version::HTTP_11
        };
        let mut built = TestRequest::default()
            .method(request.method)
            .version(version)
            .uri(request.target)
            .set_payload(request.body);
        for header in request.headers {
            built = built.append_header(header);
        }
        let (request, mut payload) = built.to_http_parts();
        self.runtime.block_on(async {
            let payload = Payload::from_request(&request, &mut payload).await;
            let payload = payload.expect("a payload");
            let mut response = api::handle(request, payload, self.api.clone()).await;
            let trailers = response.extensions_mut().remove::<rpc::Trailers>();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = to_bytes(response.into_body()).await;
            for end in self.ends.take() {
                end();
            }
            Answer {
                status,
                headers,
                body: body.unwrap_or_else(|error| panic!("a body broke off: {error}")),
                trailers: trailers
                    .and_then(|trailers| trailers.0.take())
                    .unwrap_or_default()
                    .iter()
                    .map(|(name, value)| {
                        let value = String::from_utf8_lossy(value.as_bytes());
                        (name.to_string(), value.into_owned())
                    })
                    .collect(),
            }
        })
    }
}

fn text(body: &Value, name: &str) -> String {
    let text = body.get(name).and_then(Value::as_str);
    text.expect("a text").to_owned()
}

/// Whether a server would take this as the target of a request.
pub fn is_target(text: &str) -> bool {
    text.starts_with('/')
        && text
            .parse::<Uri>()
            .is_ok_and(|uri| uri.authority().is_none())
}

fn api(running: &Running, ends: &Ends) -> Api {
    let core = running.core().clone();
    let services = rpc::Services::new();
    let memory = BodyMemory::new(4 * BODY_LIMIT);
    let ends = Rc::clone(ends);
    Api {
        rpc: rpc::Rpc::new(core.clone(), &services, BODY_LIMIT),
        core,
        body_limit: BODY_LIMIT,
        read_body: Rc::new(move |payload, limit| {
            let memory = memory.clone();
            Box::pin(async move {
                bartizan::web::body::read(payload, limit, Duration::from_mins(1), &memory)
                    .await
                    .map_err(|error| Error::plain(Kind::ResourceExhausted, error.to_string()))
            })
        }),
        stream_body: Rc::new(|payload| Box::pin(bartizan::web::body::detach(payload))),
        at_end_of_turn: Rc::new(move |end| ends.borrow_mut().push(end)),
        event_streams: Streams::new(1, Duration::from_mins(1)),
        cookie: Cookie::named(COOKIE),
    }
}
