//! Operations without a REST route, called as a protocol calls them: JSON in, JSON or an error out, on
//! a core with a real store.

mod create_user;
mod pats;
mod update_user;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bartizan_proto::json::{self, Body};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{self, Machine, Running};
use crate::command::{self, NewPat};
use crate::config::Config;
use crate::core::Core;
use crate::domain::event::{Aggregate, Event, OrgAdded, OrgDomain, OrgEvent};
use crate::domain::ids::{OrgId, Position, Sequence, UserId, given_user_key};
use crate::domain::org::{self, MemberChange};
use crate::domain::permission::{Authority, Caller, Resource};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::ports::{Append, Clock, Commit, EventQuery, Pending, State};
use crate::query;

use super::user_service;

/// A password that fits the default policy.
const PASSWORD: &str = "Secret123!";

/// A clock that stands still until a test moves it.
#[derive(Debug)]
struct StillClock(AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, _: Duration) -> Pending<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A service on a directory of its own.
struct Service {
    clock: Arc<StillClock>,
    running: Option<Running>,
    admin: String,
    _directory: TempDir,
}

impl Service {
    fn start() -> Self {
        Self::configured(|_| {})
    }

    fn configured(settings: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
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
        settings(&mut config);
        let clock = Arc::new(StillClock(AtomicI64::new(1_795_428_000_123_456)));
        let machine = Machine {
            clock: Arc::<StillClock>::clone(&clock),
            ..Machine::system(&config).unwrap()
        };
        let running = app::start(&config, machine).unwrap();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap().trim().to_owned();
        let service = Self {
            clock,
            admin: read(&config.admin_pat_path()),
            running: Some(running),
            _directory: directory,
        };
        service.advance(60);
        service
    }

    fn core(&self) -> &Core {
        self.running.as_ref().unwrap().core()
    }

    fn advance(&self, seconds: i64) {
        self.clock
            .0
            .fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// This moment plus some seconds, as answers write it.
    fn moment_in(&self, seconds: i64) -> String {
        Timestamp::from_micros(self.clock.now().micros() + seconds * 1_000_000).to_string()
    }

    fn moment(&self) -> String {
        self.moment_in(0)
    }

    fn org(&self) -> String {
        self.core().default_org.to_string()
    }

    /// The first machine user: `IAM_OWNER`.
    fn admin(&self) -> Caller {
        self.bearer(&self.admin)
    }

    #[track_caller]
    fn bearer(&self, token: &str) -> Caller {
        wait(query::authenticate(self.core(), token, None)).unwrap()
    }

    /// Calls an operation.
    #[track_caller]
    fn call<Q: Body, R: Serialize>(
        &self,
        operation: impl AsyncFnOnce(&Core, &Caller, Q) -> Result<R, Error>,
        caller: &Caller,
        request: &Value,
    ) -> Result<Value, Error> {
        let request = json::decode(request.to_string().as_bytes()).unwrap();
        let response = wait(operation(self.core(), caller, request))?;
        Ok(serde_json::to_value(response).unwrap())
    }

    /// Creates a user and gives back its id.
    #[track_caller]
    fn create(&self, request: &Value) -> String {
        let mut request = request.clone();
        request["organizationId"] = json!(self.org());
        let created = self
            .call(user_service::create_user, &self.admin(), &request)
            .unwrap();
        created["id"].as_str().unwrap().to_owned()
    }

    /// A person with [`PASSWORD`].
    #[track_caller]
    fn human(&self, username: &str) -> String {
        let mut person = human(&json!({ "password": { "password": PASSWORD } }));
        person["username"] = json!(username);
        self.create(&person)
    }

    /// A service user.
    #[track_caller]
    fn machine(&self, username: &str) -> String {
        self.create(&json!({ "username": username, "machine": { "name": "Robot" } }))
    }

    #[track_caller]
    fn pat(&self, user: &str) -> NewPat {
        let user = given_user_key(user);
        wait(command::add_pat(self.core(), &self.admin(), user, None)).unwrap()
    }

    /// A service user with a role on a resource, as a caller.
    #[track_caller]
    fn caller(&self, resource: Resource, role: Option<&str>) -> Caller {
        let id = self.create(&json!({ "machine": { "name": "Caller" } }));
        if let Some(role) = role {
            let (user, change) = (given_user_key(&id), MemberChange::Add);
            let roles = vec![role.to_owned()];
            wait(command::set_member(
                self.core(),
                &self.admin(),
                user,
                resource,
                roles,
                change,
            ))
            .unwrap();
        }
        self.bearer(self.pat(&id).token.expose())
    }

    /// An organisation beside the default one.
    #[track_caller]
    fn second_org(&self, domain: &str) -> OrgId {
        let (core, now) = (self.core(), self.clock.now());
        let id = OrgId::new(core.ids.next(now));
        let name = domain.to_owned();
        let events = [
            OrgEvent::Added(OrgAdded { name: name.clone() }),
            OrgEvent::PrimaryDomainSet(OrgDomain { domain: name }),
        ];
        let org = org::first_org(id, now, &events[0]).unwrap();
        let org = org::evolve_org(org, now, &events[1]);
        let append = Append {
            expected: Sequence::NONE,
            owner: id.key(),
            events: events.into_iter().map(Event::Org).collect(),
            state: State::Org(org),
        };
        let commit = Commit::new(now, Authority::system().actor(), vec![append]);
        wait(core.store.commit(commit)).unwrap();
        id
    }

    /// The user as `GetUserByID` shows it.
    #[track_caller]
    fn read(&self, id: &str) -> Value {
        let request = json!({ "userId": id });
        let answer = self.call(user_service::get_user_by_id, &self.admin(), &request);
        answer.unwrap()["user"].clone()
    }

    /// The names of a user's events.
    #[track_caller]
    fn history(&self, id: &str) -> Vec<&'static str> {
        let query = EventQuery {
            after: Position::START,
            aggregate: Some(Aggregate::User(given_user_key(id))),
            kind: None,
            limit: 1_000,
        };
        let events = wait(self.core().store.events(query)).unwrap();
        events.iter().map(|event| event.event.name()).collect()
    }

    /// Who is found under a login name.
    #[track_caller]
    fn named(&self, login_name: &str) -> Option<UserId> {
        let found = wait(self.core().store.user_by_login_name(login_name)).unwrap();
        found.map(|user| user.id)
    }

    /// Does something that must not write any event.
    #[track_caller]
    fn writes_nothing<T>(&self, act: impl FnOnce() -> T) -> T {
        let head = || wait(self.core().store.head()).unwrap().position;
        let before = head();
        let result = act();
        assert_eq!(head(), before, "something was written");
        result
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            drop(running.stop());
        }
    }
}

/// The least that makes a person, and some fields more or in their place.
fn human(more: &Value) -> Value {
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
fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    let error = answer.unwrap_err();
    format!("{:?} {}", error.kind, error.text())
}

/// The result of a future, on this thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
