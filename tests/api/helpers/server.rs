//! A real server on a directory of its own, with a clock that tests move.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bartizan::app::{self, Machine, Running};
use bartizan::command::{self, AddMachine, NewPat};
use bartizan::config::Config;
use bartizan::core::Core;
use bartizan::domain::event::{Aggregate, Event, OrgAdded, OrgDomain, OrgEvent};
use bartizan::domain::ids::{OrgId, Position, Sequence, SessionId, UserId, given_user_key};
use bartizan::domain::org::{self, MemberChange};
use bartizan::domain::permission::{Authority, Caller, Resource};
use bartizan::domain::time::Timestamp;
use bartizan::ports::{Append, Commit, EventQuery, State};
use bartizan::query;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::answer::{ID, TOKEN};
use super::client::Client;
use super::clock::FakeClock;

/// A password that fits the default policy.
pub(crate) const PASSWORD: &str = "Secret123!";

/// A running server; it ends with the test.
#[derive(Debug)]
pub(crate) struct TestServer {
    pub(crate) clock: Arc<FakeClock>,
    config: Config,
    running: Option<Running>,
    admin: String,
    login_client: String,
    directory: TempDir,
}

/// A person that was added.
#[derive(Debug, Clone)]
pub(crate) struct Human {
    pub(crate) id: String,
    pub(crate) login_name: String,
    pub(crate) display_name: String,
}

/// A service user with a token.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) pat: NewPat,
    pub(crate) client: Client,
}

impl Service {
    pub(crate) fn token(&self) -> &str {
        self.pat.token.expose()
    }
}

/// A session that was created.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) details: Value,
}

impl NewSession {
    /// The path of the session.
    pub(crate) fn path(&self) -> String {
        format!("/v2/sessions/{}", self.id)
    }
}

impl TestServer {
    /// A server with the default configuration, but for what would make tests slow.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::configured(|_| {})
    }

    /// A server with some other settings.
    #[track_caller]
    pub(crate) fn configured(settings: impl FnOnce(&mut Config)) -> Self {
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
        let clock = Arc::new(FakeClock::new());
        let running = run(&config, &clock);
        let read = |path: &Path| std::fs::read_to_string(path).unwrap().trim().to_owned();
        let server = Self {
            admin: read(&config.admin_pat_path()),
            login_client: read(&config.login_client_pat_path()),
            clock,
            config,
            running: Some(running),
            directory,
        };
        // What the tests write is later than what the first start wrote.
        server.clock.advance_seconds(60);
        server
    }

    /// Ends the server and starts another one on the same directory.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.running.take().unwrap().stop().unwrap();
        self.running = Some(run(&self.config, &self.clock));
    }

    /// Ends the server and starts another one on the same directory with other settings.
    #[track_caller]
    pub(crate) fn reconfigure(&mut self, settings: impl FnOnce(&mut Config)) {
        settings(&mut self.config);
        self.restart();
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().address()
    }

    /// Where `/metrics` is.
    pub(crate) fn metrics_address(&self) -> Option<SocketAddr> {
        self.running.as_ref().unwrap().metrics_address()
    }

    pub(crate) fn core(&self) -> &Core {
        self.running.as_ref().unwrap().core()
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The directory that the data directory lies in.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Nobody.
    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous(self.address())
    }

    /// Whoever has this token.
    pub(crate) fn bearer(&self, token: &str) -> Client {
        Client::bearer(self.address(), token)
    }

    /// The first machine user: `IAM_OWNER`.
    pub(crate) fn admin(&self) -> Client {
        self.bearer(&self.admin)
    }

    /// The second machine user: `IAM_LOGIN_CLIENT`.
    pub(crate) fn login_client(&self) -> Client {
        self.bearer(&self.login_client)
    }

    /// The tokens of the two.
    pub(crate) fn first_tokens(&self) -> [&str; 2] {
        [&self.admin, &self.login_client]
    }

    /// The id of the first machine user.
    pub(crate) fn admin_id(&self) -> String {
        self.caller().user.to_string()
    }

    /// The instance: resource owner of sessions.
    pub(crate) fn instance(&self) -> String {
        self.core().instance.to_string()
    }

    /// The default organisation: resource owner of users.
    pub(crate) fn org(&self) -> String {
        self.core().default_org.to_string()
    }

    /// Details of a session that was changed just now.
    pub(crate) fn details(&self, sequence: u32) -> Value {
        self.details_of(&self.instance(), sequence)
    }

    /// Details of a user that was changed just now.
    pub(crate) fn user_details(&self, sequence: u32) -> Value {
        self.details_of(&self.org(), sequence)
    }

    /// Details of what was changed just now.
    pub(crate) fn details_of(&self, owner: &str, sequence: u32) -> Value {
        json!({
            "sequence": sequence.to_string(),
            "changeDate": self.clock.text(),
            "resourceOwner": owner,
        })
    }

    /// The answer to a session that was created just now.
    pub(crate) fn created(&self, sequence: u32) -> Value {
        json!({ "details": self.details(sequence), "sessionId": ID, "sessionToken": TOKEN })
    }

    /// The answer to a session that was changed just now.
    pub(crate) fn changed(&self, sequence: u32) -> Value {
        json!({ "details": self.details(sequence), "sessionToken": TOKEN })
    }

    /// A session, made by the login client.
    #[track_caller]
    pub(crate) fn session(&self, body: &Value) -> NewSession {
        self.session_by(&self.login_client(), body)
    }

    /// A session, made by somebody.
    #[track_caller]
    pub(crate) fn session_by(&self, client: &Client, body: &Value) -> NewSession {
        let answer = client.post("/v2/sessions", body);
        let body = answer.succeeds().json();
        NewSession {
            id: answer.str("/sessionId"),
            token: answer.str("/sessionToken"),
            details: body["details"].clone(),
        }
    }

    /// A session whose user has proven its password.
    #[track_caller]
    pub(crate) fn logged_in(&self, human: &Human) -> NewSession {
        self.session(&json!({
            "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        }))
    }

    /// A person with [`PASSWORD`].
    #[track_caller]
    pub(crate) fn human(&self, login_name: &str) -> Human {
        self.human_with(login_name, &json!({ "password": { "password": PASSWORD } }))
    }

    /// A person; `more` replaces or adds fields of the request.
    #[track_caller]
    pub(crate) fn human_with(&self, login_name: &str, more: &Value) -> Human {
        let mut body = json!({
            "username": login_name,
            "profile": { "givenName": "Mini", "familyName": "Mouse" },
            "email": { "email": "mini@mouse.com", "isVerified": true },
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = self.admin().post("/v2/users/human", &body);
        answer.succeeds();
        Human {
            id: answer.str("/userId"),
            login_name: login_name.to_owned(),
            display_name: "Mini Mouse".to_owned(),
        }
    }

    /// A service user of the default organisation with roles on the instance, and a client with its
    /// token.
    #[track_caller]
    pub(crate) fn service(&self, roles: &[&str]) -> Service {
        self.service_on(self.core().default_org, Resource::Instance, roles)
    }

    /// A service user of an organisation with roles on a resource.
    ///
    /// No REST route makes one, so it goes through the same commands that the other protocols use.
    #[track_caller]
    pub(crate) fn service_on(&self, org: OrgId, resource: Resource, roles: &[&str]) -> Service {
        let (core, caller) = (self.core(), self.caller());
        let username = format!("service-{}", core.ids.next(self.now()));
        let machine = AddMachine {
            organization: Some(org),
            username: username.clone(),
            name: "Service".to_owned(),
            ..AddMachine::default()
        };
        let user = wait(command::add_machine(core, &caller, machine))
            .unwrap()
            .user;
        if !roles.is_empty() {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let change = MemberChange::Add;
            wait(command::set_member(
                core, &caller, user.id, resource, roles, change,
            ))
            .unwrap();
        }
        let pat = self.pat(user.id, None);
        Service {
            id: user.public_id(),
            username,
            client: self.bearer(pat.token.expose()),
            pat,
        }
    }

    /// A personal access token.
    #[track_caller]
    pub(crate) fn pat(&self, user: UserId, expires_at: Option<Timestamp>) -> NewPat {
        wait(command::add_pat(
            self.core(),
            &self.caller(),
            user,
            expires_at,
        ))
        .unwrap()
    }

    /// Gives a user roles on a resource in place of those it has there.
    #[track_caller]
    pub(crate) fn member(&self, user: &str, resource: Resource, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let (user, change) = (given_user_key(user), MemberChange::Set);
        wait(command::set_member(
            self.core(),
            &self.caller(),
            user,
            resource,
            roles,
            change,
        ))
        .unwrap();
    }

    /// An organisation beside the default one. No operation of this version makes one, so it is
    /// written as such an operation would.
    #[track_caller]
    pub(crate) fn second_org(&self, domain: &str) -> OrgId {
        let (core, now) = (self.core(), self.now());
        let id = OrgId::new(core.ids.next(now));
        let events = [
            OrgEvent::Added(OrgAdded {
                name: domain.to_owned(),
            }),
            OrgEvent::PrimaryDomainSet(OrgDomain {
                domain: domain.to_owned(),
            }),
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

    /// The first machine user as a caller, for what has no route.
    #[track_caller]
    pub(crate) fn caller(&self) -> Caller {
        wait(query::authenticate(self.core(), &self.admin, None)).unwrap()
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        use bartizan::ports::Clock as _;
        self.clock.now()
    }

    /// The events of a session: sequence, name, payload.
    #[track_caller]
    pub(crate) fn session_events(&self, id: &str) -> Vec<(u32, &'static str, Value)> {
        self.events(Aggregate::Session(SessionId::parse(id).unwrap()))
    }

    /// The events of the instance.
    #[track_caller]
    pub(crate) fn instance_events(&self) -> Vec<(u32, &'static str, Value)> {
        self.events(Aggregate::Instance(self.core().instance))
    }

    /// The events of an organisation.
    #[track_caller]
    pub(crate) fn org_events(&self, id: OrgId) -> Vec<(u32, &'static str, Value)> {
        self.events(Aggregate::Org(id))
    }

    /// The events of a user.
    #[track_caller]
    pub(crate) fn user_events(&self, id: &str) -> Vec<(u32, &'static str, Value)> {
        self.events(Aggregate::User(given_user_key(id)))
    }

    /// The events of anything.
    #[track_caller]
    pub(crate) fn events(&self, aggregate: Aggregate) -> Vec<(u32, &'static str, Value)> {
        let query = EventQuery {
            after: Position::START,
            aggregate: Some(aggregate),
            kind: None,
            limit: 1_000,
        };
        let events = wait(self.core().store.events(query)).unwrap();
        events
            .into_iter()
            .map(|recorded| {
                let payload = recorded.event.payload().unwrap();
                let payload = payload.map_or(Value::Null, |text| text.parse().unwrap());
                (recorded.sequence.number(), recorded.event.name(), payload)
            })
            .collect()
    }

    /// The names of a session's events; their sequences are 1, 2, 3, … or the test fails.
    #[track_caller]
    pub(crate) fn session_history(&self, id: &str) -> Vec<&'static str> {
        names(&self.session_events(id))
    }

    /// The names of a user's events.
    #[track_caller]
    pub(crate) fn user_history(&self, id: &str) -> Vec<&'static str> {
        names(&self.user_events(id))
    }

    /// The end of the log.
    #[track_caller]
    pub(crate) fn head(&self) -> Position {
        wait(self.core().store.head()).unwrap().position
    }

    /// Does something that must not write any event.
    #[track_caller]
    pub(crate) fn writes_nothing<T>(&self, act: impl FnOnce() -> T) -> T {
        let before = self.head();
        let result = act();
        assert_eq!(self.head(), before, "something was written");
        result
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let stopped = running.stop();
            assert!(stopped.is_ok() || std::thread::panicking(), "{stopped:?}");
        }
    }
}

#[track_caller]
fn run(config: &Config, clock: &Arc<FakeClock>) -> Running {
    let machine = Machine {
        clock: Arc::<FakeClock>::clone(clock),
        ..Machine::system(config).unwrap()
    };
    app::start(config, machine).unwrap()
}

#[track_caller]
fn names(events: &[(u32, &'static str, Value)]) -> Vec<&'static str> {
    for (expected, (sequence, name, _)) in (1..).zip(events) {
        assert_eq!(*sequence, expected, "{name}");
    }
    events.iter().map(|(_, name, _)| *name).collect()
}

/// The result of a future, on this thread.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// A span of time in which nothing here can lie.
pub(crate) const DAY: Duration = Duration::from_hours(24);
