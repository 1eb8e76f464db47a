//! Operations of users without a REST route, over Connect with JSON.

use std::ops::Deref;

use bartizan::api::error::codes;
use bartizan::config::Config;
use bartizan::domain::error::Kind;
use bartizan::domain::ids::{UserId, given_user_key};
use bartizan::domain::permission::Resource;
use bartizan::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::helpers::{Client, PASSWORD, TestServer, wait};

/// Who is asking.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) id: String,
    client: Client,
}

/// A message, or kind and text of an error.
pub(super) type Answered = Result<Value, String>;

/// A server and what is asked of its user service.
#[derive(Debug)]
pub(super) struct Service(TestServer);

impl Deref for Service {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        &self.0
    }
}

impl Service {
    #[track_caller]
    pub(super) fn start() -> Self {
        Self::configured(|_| {})
    }

    #[track_caller]
    pub(super) fn configured(settings: impl FnOnce(&mut Config)) -> Self {
        Self(TestServer::configured(settings))
    }

    /// Calls an operation.
    #[track_caller]
    pub(super) fn call(&self, operation: &str, who: &Who, request: &Value) -> Answered {
        let path = format!("/zitadel.user.v2.UserService/{operation}");
        let client = who.client.with("content-type", "application/json");
        let answer = client.post(&path, request);
        let body = answer.json();
        if answer.response.status == 200 {
            return Ok(body);
        }
        let told = |field: &str| body[field].as_str().unwrap().to_owned();
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| codes(*kind).connect.as_str() == told("code"))
            .unwrap();
        assert_eq!(answer.response.status, codes(kind).http, "{body}");
        Err(format!("{kind:?} {}", told("message")))
    }

    /// The first machine user: `IAM_OWNER`.
    pub(super) fn root(&self) -> Who {
        Who {
            id: self.admin_id(),
            client: self.admin(),
        }
    }

    /// Whoever has this token.
    #[track_caller]
    pub(super) fn whose(&self, token: &str) -> Who {
        let caller = wait(bartizan::query::authenticate(self.core(), token, None));
        Who {
            id: caller.unwrap().user.to_string(),
            client: self.bearer(token),
        }
    }

    /// A service user with a role on a resource.
    #[track_caller]
    pub(super) fn who(&self, resource: Resource, role: Option<&str>) -> Who {
        let service = match role {
            Some(role) => self.service_on(self.core().default_org, resource, &[role]),
            None => self.service(&[]),
        };
        self.whose(service.token())
    }

    /// The user itself, by a session.
    #[track_caller]
    pub(super) fn itself(&self, id: &str, password: &str) -> Who {
        let checks = json!({ "user": { "userId": id }, "password": { "password": password } });
        let session = self.session(&json!({ "checks": checks }));
        self.whose(&session.token)
    }

    /// Creates a user and gives back its id.
    #[track_caller]
    pub(super) fn create(&self, request: &Value) -> String {
        let mut request = request.clone();
        request["organizationId"] = json!(self.org());
        let created = self.call("CreateUser", &self.root(), &request).unwrap();
        created["id"].as_str().unwrap().to_owned()
    }

    /// A person with [`PASSWORD`].
    #[track_caller]
    pub(super) fn person(&self, username: &str) -> String {
        let mut person = human(&json!({ "password": { "password": PASSWORD } }));
        person["username"] = json!(username);
        self.create(&person)
    }

    /// A service user.
    #[track_caller]
    pub(super) fn machine(&self, username: &str) -> String {
        self.create(&json!({ "username": username, "machine": { "name": "Robot" } }))
    }

    /// The user as `GetUserByID` shows it.
    #[track_caller]
    pub(super) fn read(&self, id: &str) -> Value {
        let answer = self.call("GetUserByID", &self.root(), &json!({ "userId": id }));
        answer.unwrap()["user"].clone()
    }

    /// Who is found under a login name.
    #[track_caller]
    pub(super) fn named(&self, login_name: &str) -> Option<UserId> {
        let found = wait(self.core().store.user_by_login_name(login_name)).unwrap();
        found.map(|user| user.id)
    }

    /// Whether it is this user.
    #[track_caller]
    pub(super) fn is_named(&self, login_name: &str, id: &str) -> bool {
        self.named(login_name) == Some(given_user_key(id))
    }

    /// This moment plus some seconds, as answers write it.
    pub(super) fn moment_in(&self, seconds: i64) -> String {
        Timestamp::from_micros(self.now().micros() + seconds * 1_000_000).to_string()
    }

    pub(super) fn moment(&self) -> String {
        self.moment_in(0)
    }
}

/// The least that makes a person, and some fields more or in their place.
pub(super) fn human(more: &Value) -> Value {
    let mut human = json!({
        "profile": { "givenName": "Mini", "familyName": "Mouse" },
        "email": { "email": "mini@mouse.com" },
    });
    for (name, value) in more.as_object().unwrap() {
        human[name] = value.clone();
    }
    json!({ "human": human })
}

/// What a refusal says: kind, text and id.
#[track_caller]
pub(super) fn refused(answer: Answered) -> String {
    answer.unwrap_err()
}
