//! Laws of the whole write path: random commands through the real core on a real file.
//!
//! The clock of these histories goes back as well as on, and the file is closed and opened again in
//! between. What the commands come to is tested elsewhere; here is what must hold whatever they do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bartizan::app::{self, Machine, Opened};
use bartizan::command::{
    self, AddHuman, Callback, CodeDelivery, CreateSession, Delivery, IntentCheck, PasswordGrant,
    PasswordInput, ResetDelivery, SetPassword, SetSession, StartIntent, UserChange, UserSelector,
};
use bartizan::config::{Config, IdpConfig};
use bartizan::domain::error::Kind;
use bartizan::domain::event::{Aggregate, Event, RecordedEvent, UserEvent};
use bartizan::domain::ids::{IntentId, OrgId, Position, SessionId, UserId};
use bartizan::domain::intent::{self, Identity, Phase, Profile};
use bartizan::domain::notification::Channel;
use bartizan::domain::org::MemberChange;
use bartizan::domain::permission::{Caller, Resource};
use bartizan::domain::secret::Secret;
use bartizan::domain::session::{self, Factors, Proof};
use bartizan::domain::time::{Span, Timestamp};
use bartizan::domain::user::{self, CodePurpose, IdpLink, StoredSecret, User, UserKind};
use bartizan::error::Error;
use bartizan::ports::{
    Clock, Departure, EventQuery, Federation, FederationFault, Handshake, Pending,
};
use bartizan::query;
use bartizan::storage::sqlite::verify;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use tempfile::TempDir;
use totp_rs::Builder;

const SECOND: i64 = 1_000_000;
const PASSWORD: &str = "Secret123!";
const APP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A clock that a history moves.
#[derive(Debug)]
pub(super) struct Moved(pub(super) AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, _: Duration) -> Pending<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Step {
    /// The clock moves, by microseconds.
    Wait(i64),
    Create(Checks, Kept),
    Set(usize, Checks, Kept),
    End(usize),
    Change(usize, UserChange),
    Password(usize),
    /// A code is asked for, in place of the one before it.
    Ask(usize, CodePurpose),
    /// A code is given back: the newest, the one before it, or none that ever was.
    Answer(usize, CodePurpose, Which),
    Member(usize, bool),
    /// Somebody logs in at the identity provider.
    LogIn(usize),
    /// A user of the provider is linked to one of ours, or no more.
    Link(usize, usize, bool),
    Token,
    /// The file is closed and opened again.
    Reopen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Newest,
    Older,
    Wrong,
}

#[derive(Debug, Clone)]
struct Checks {
    user: Option<usize>,
    /// Right or wrong.
    password: Option<bool>,
    /// The code of this moment, which may have been used, or a wrong one.
    totp: Option<bool>,
    /// One of the logins at the provider, whosever.
    intent: Option<usize>,
}

#[derive(Debug, Clone)]
struct Kept {
    metadata: BTreeMap<String, Vec<u8>>,
    lifetime: Option<i64>,
}

fn checks() -> impl Strategy<Value = Checks> {
    (
        option::of(0..3_usize),
        option::of(prop_oneof![3 => Just(true), 1 => Just(false)]),
        option::of(prop_oneof![3 => Just(true), 1 => Just(false)]),
        prop_oneof![3 => Just(None), 1 => (0..6_usize).prop_map(Some)],
    )
        .prop_map(|(user, password, totp, intent)| Checks {
            user,
            password,
            totp,
            intent,
        })
}

fn kept() -> impl Strategy<Value = Kept> {
    (
        btree_map("[ab]", vec(any::<u8>(), 0..3), 0..3),
        option::of(1..60 * SECOND * 1_000),
    )
        .prop_map(|(metadata, lifetime)| Kept { metadata, lifetime })
}

fn purpose() -> impl Strategy<Value = CodePurpose> {
    prop_oneof![
        Just(CodePurpose::Email),
        Just(CodePurpose::Phone),
        Just(CodePurpose::PasswordReset),
    ]
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        3 => Just(Which::Newest),
        1 => Just(Which::Older),
        1 => Just(Which::Wrong),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let change = prop_oneof![
        Just(UserChange::Lock),
        Just(UserChange::Unlock),
        Just(UserChange::Deactivate),
        Just(UserChange::Reactivate),
        Just(UserChange::Remove),
    ];
    prop_oneof![
        3 => (-20 * SECOND..30 * SECOND).prop_map(Step::Wait),
        4 => (checks(), kept()).prop_map(|(checks, kept)| Step::Create(checks, kept)),
        6 => (0..6_usize, checks(), kept()).prop_map(|(at, checks, kept)| Step::Set(at, checks, kept)),
        3 => (0..6_usize).prop_map(Step::End),
        3 => (0..3_usize, change).prop_map(|(at, change)| Step::Change(at, change)),
        1 => (0..3_usize).prop_map(Step::Password),
        3 => (0..3_usize, purpose()).prop_map(|(at, purpose)| Step::Ask(at, purpose)),
        4 => (0..3_usize, purpose(), which())
            .prop_map(|(at, purpose, which)| Step::Answer(at, purpose, which)),
        1 => (0..3_usize, any::<bool>()).prop_map(|(at, given)| Step::Member(at, given)),
        2 => (0..3_usize).prop_map(Step::LogIn),
        2 => (0..3_usize, 0..3_usize, any::<bool>()).prop_map(|(at, who, on)| Step::Link(at, who, on)),
        1 => Just(Step::Token),
        1 => Just(Step::Reopen),
    ]
}

/// A data directory that was set up once; every history gets a copy.
pub(super) struct Pattern {
    directory: TempDir,
}

fn config(data_dir: PathBuf) -> Config {
    let mut config = Config {
        data_dir,
        ..Config::default()
    };
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.workers = 1;
    config.storage.search_threads = 1;
    config.passwords.memory_kib = 8;
    config.passwords.iterations = 1;
    config.passwords.threads = 1;
    config
}

impl Pattern {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path().join("data"));
        let machine = Machine::system(&config).unwrap();
        app::start(&config, machine).unwrap().stop().unwrap();
        Self { directory }
    }

    pub(super) fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.directory.path().join("data")).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        copy
    }
}

/// The one provider.
const IDP: &str = "acme";

/// A provider that says who it is asked to say: the code is the id.
#[derive(Debug)]
struct Obedient;

impl Federation for Obedient {
    fn depart<'a>(
        &'a self,
        _idp_id: &'a str,
        state: &'a Secret,
    ) -> Pending<'a, Result<Departure, FederationFault>> {
        let text = || Secret::new("x".to_owned());
        let departure = Departure {
            url: state.expose().to_owned(),
            handshake: Handshake {
                nonce: text(),
                verifier: text(),
            },
        };
        Box::pin(std::future::ready(Ok(departure)))
    }

    fn arrive<'a>(
        &'a self,
        _idp_id: &'a str,
        code: Secret,
        _handshake: Handshake,
    ) -> Pending<'a, Result<Identity, FederationFault>> {
        let identity = Identity {
            external_id: code.expose().to_owned(),
            external_name: "somebody".to_owned(),
            profile: Profile::default(),
            raw: "{}".to_owned(),
            access_token: Secret::new("token".to_owned()),
            id_token: None,
        };
        Box::pin(std::future::ready(Ok(identity)))
    }
}

/// A login at the provider that went well.
struct Login {
    intent: IntentId,
    token: String,
    who: usize,
    used: bool,
}

/// One history.
struct World {
    directory: TempDir,
    clock: Arc<Moved>,
    opened: Opened,
    admin: Caller,
    users: Vec<UserId>,
    sessions: Vec<SessionId>,
    /// The codes that were made, the newest last. One that was taken goes.
    codes: BTreeMap<(usize, &'static str), Vec<Secret>>,
    logins: Vec<Login>,
    /// Who each user of the provider is here.
    links: BTreeMap<usize, UserId>,
}

pub(super) async fn opened(directory: &Path, clock: &Arc<Moved>) -> Opened {
    let config = config(directory.to_owned());
    let machine = Machine {
        clock: Arc::<Moved>::clone(clock),
        ..Machine::system(&config).unwrap()
    };
    let mut opened = app::open(&config, machine).await.unwrap();
    let acme = IdpConfig {
        id: IDP.to_owned(),
        ..IdpConfig::default()
    };
    opened.core.idps.known = Arc::new([acme.to_domain()]);
    opened.core.idps.federation = Arc::new(Obedient);
    opened
}

/// Everything that is in a store, but for what serves searches alone.
#[derive(Debug, PartialEq)]
struct Everything {
    events: Vec<RecordedEvent>,
    sessions: Vec<Option<session::Session>>,
    users: Vec<Option<User>>,
    members: String,
    tokens: String,
}

impl World {
    async fn new(pattern: &Pattern) -> Self {
        let directory = pattern.copy();
        // Later than the real clock of the first start.
        let clock = Arc::new(Moved(AtomicI64::new(4_000_000_000_000_000)));
        let opened = opened(directory.path(), &clock).await;
        let token = std::fs::read_to_string(directory.path().join("admin.pat")).unwrap();
        let admin = query::authenticate(&opened.core, token.trim(), None)
            .await
            .unwrap();
        let mut world = Self {
            directory,
            clock,
            opened,
            admin,
            users: Vec::new(),
            sessions: Vec::new(),
            codes: BTreeMap::new(),
            logins: Vec::new(),
            links: BTreeMap::new(),
        };
        for name in ["ann", "bob", "eve"] {
            world.add(name).await;
        }
        world
    }

    async fn add(&mut self, name: &str) {
        let human = AddHuman {
            username: Some(name.to_owned()),
            given_name: "A".to_owned(),
            family_name: "B".to_owned(),
            email: format!("{name}@mail.example"),
            password: Some(password(PASSWORD)),
            // One of them has no app: no code is right for her.
            totp_secret: (name != "eve").then(|| Secret::new(APP.to_owned())),
            ..AddHuman::default()
        };
        let added = command::add_human(&self.opened.core, &self.admin, human).await;
        self.users.push(added.unwrap().user.id);
    }

    fn session(&self, at: usize) -> Option<SessionId> {
        let at = at.checked_rem(self.sessions.len())?;
        self.sessions.get(at).copied()
    }

    fn asked(&self, checks: &Checks) -> command::Checks {
        command::Checks {
            user: checks.user.map(|at| UserSelector::Id(self.users[at])),
            password: secret(checks),
            web_auth_n: None,
            totp: checks.totp.map(|right| self.code(right)),
            intent: self.login(checks).map(|login| IntentCheck {
                id: Some(login.intent),
                token: Secret::new(login.token.clone()),
            }),
            ..command::Checks::default()
        }
    }

    fn login(&self, checks: &Checks) -> Option<&Login> {
        let at = checks.intent?.checked_rem(self.logins.len())?;
        self.logins.get(at)
    }

    /// A call that succeeds has used up an intent that proves its user, and never an intent twice.
    fn used(&mut self, checks: &Checks, user: Option<UserId>) {
        let Some(at) = checks
            .intent
            .and_then(|at| at.checked_rem(self.logins.len()))
        else {
            return;
        };
        let login = &mut self.logins[at];
        assert!(!login.used, "used twice: {checks:?}");
        assert_eq!(self.links.get(&login.who).copied(), user, "{checks:?}");
        assert!(user.is_some(), "{checks:?}");
        login.used = true;
    }

    fn code(&self, right: bool) -> Secret {
        let secret = totp_rs::Secret::try_from_base32(APP).unwrap();
        let app = Builder::new().with_secret(secret).build_noncompliant();
        let now = u64::try_from(self.clock.now().seconds()).unwrap();
        let good = [now - 30, now, now + 30].map(|moment| app.generate(moment).to_string());
        let text = if right {
            good[1].clone()
        } else {
            let mut codes = (0..).map(|number: u32| format!("{number:06}"));
            codes.find(|code| !good.contains(code)).unwrap()
        };
        Secret::new(text)
    }

    /// Notes what a call came to that has opened or changed a session.
    fn came_to(&mut self, checks: &Checks, session: &session::Session, before: Factors) {
        let asks = self.login(checks).is_some();
        proves_what_was_asked(checks, asks, &session.factors, before);
        self.used(checks, session.user.as_ref().map(|user| user.id));
    }

    async fn act(&mut self, step: &Step) -> Result<(), Error> {
        let (core, admin) = (&self.opened.core, &self.admin);
        match step {
            Step::Wait(micros) => {
                self.clock.0.fetch_add(*micros, Ordering::SeqCst);
            }
            Step::Create(checks, kept) => {
                let create = CreateSession {
                    checks: self.asked(checks),
                    metadata: kept.metadata.clone(),
                    lifetime: kept.lifetime.map(Span::from_nanos),
                    ..CreateSession::default()
                };
                let saved = command::create_session(core, admin, create).await?;
                self.came_to(checks, &saved.session, Factors::default());
                self.sessions.push(saved.session.id);
            }
            Step::Set(at, checks, kept) => {
                let set = SetSession {
                    id: self.session(*at),
                    checks: self.asked(checks),
                    metadata: kept.metadata.clone(),
                    lifetime: kept.lifetime.map(Span::from_nanos),
                    ..SetSession::default()
                };
                let before = match set.id {
                    Some(id) => core.store.session(id).await.unwrap(),
                    None => None,
                };
                let saved = command::set_session(core, admin, set).await?;
                self.came_to(checks, &saved.session, before.unwrap().factors);
            }
            Step::End(at) => {
                let id = self.session(*at);
                let ended = command::terminate_session(core, admin, id, None).await?;
                let head = core.store.head().await.unwrap();
                // Once more, which must be the same success and write nothing.
                let again = command::terminate_session(core, admin, id, None).await?;
                assert_eq!(ended, again);
                assert_eq!(core.store.head().await.unwrap(), head);
            }
            Step::Change(at, change) => {
                let user = self.users[*at];
                command::change_user(core, admin, user, *change).await?;
                if *change == UserChange::Remove {
                    self.links.retain(|_, owner| *owner != user);
                }
            }
            Step::Password(at) => {
                let set = SetPassword {
                    user: self.users[*at],
                    password: password(PASSWORD),
                    grant: PasswordGrant::Permission,
                };
                command::set_password(core, admin, set).await?;
            }
            Step::Ask(at, purpose) => self.ask(*at, *purpose).await?,
            Step::Answer(at, purpose, which) => self.answer(*at, *purpose, *which).await?,
            Step::Member(at, given) => {
                let (user, on) = (self.users[*at], Resource::Instance);
                if *given {
                    let roles = vec!["IAM_OWNER_VIEWER".to_owned()];
                    let change = MemberChange::Set;
                    command::set_member(core, admin, user, on, roles, change).await?;
                } else {
                    command::remove_member(core, admin, user, on).await?;
                }
            }
            Step::LogIn(who) => self.log_in(*who).await?,
            Step::Link(at, who, on) => self.link(self.users[*at], *who, *on).await?,
            Step::Token => {
                command::add_pat(core, admin, admin.user, None).await?;
            }
            Step::Reopen => self.reopen().await,
        }
        Ok(())
    }

    async fn ask(&mut self, at: usize, purpose: CodePurpose) -> Result<(), Error> {
        let (core, admin, user) = (&self.opened.core, &self.admin, self.users[at]);
        let made = match purpose {
            CodePurpose::Email => {
                command::send_email_code(core, admin, user, Delivery::Return, false).await?
            }
            CodePurpose::Phone => {
                // Another number each time: the same one is refused.
                let returned = CodeDelivery::Code(Delivery::Return);
                let number = 1_000_000 + core.store.head().await.unwrap().position.number();
                let number = format!("+41 79 {number}");
                command::set_phone(core, admin, user, &number, returned).await?
            }
            CodePurpose::PasswordReset | CodePurpose::Invite => {
                let delivery = ResetDelivery {
                    delivery: Delivery::Return,
                    channel: Channel::Email,
                };
                command::reset_password(core, admin, user, delivery).await?
            }
        };
        let codes = self.codes.entry((at, purpose.name())).or_default();
        codes.push(made.code.unwrap());
        Ok(())
    }

    /// Only the newest code may be taken, and only once.
    async fn answer(&mut self, at: usize, purpose: CodePurpose, which: Which) -> Result<(), Error> {
        let (core, admin, user) = (&self.opened.core, &self.admin, self.users[at]);
        let made = self.codes.entry((at, purpose.name())).or_default();
        let secret = match which {
            Which::Newest => made.last().cloned(),
            Which::Older => made.len().checked_sub(2).map(|at| made[at].clone()),
            Which::Wrong => None,
        };
        let known = secret.is_some();
        let secret = secret.unwrap_or_else(|| Secret::new("-wrong".to_owned()));
        let taken = match purpose {
            CodePurpose::Email | CodePurpose::Phone | CodePurpose::Invite => {
                command::verify_code(core, admin, user, purpose, &secret).await
            }
            CodePurpose::PasswordReset => {
                let set = SetPassword {
                    user,
                    password: password(PASSWORD),
                    grant: PasswordGrant::Code(secret),
                };
                command::set_password(core, admin, set).await
            }
        };
        if taken.is_ok() {
            assert!(known && which == Which::Newest, "{purpose:?} {which:?}");
            made.pop();
            // What is left was replaced, and must not come to life again.
            made.push(Secret::new("-taken".to_owned()));
        }
        taken.map(|_| ())
    }

    async fn link(&mut self, user: UserId, who: usize, on: bool) -> Result<(), Error> {
        let (core, admin) = (&self.opened.core, &self.admin);
        let external_id = who.to_string();
        if !on {
            command::remove_idp_link(core, admin, user, IDP, &external_id).await?;
            assert_eq!(self.links.remove(&who), Some(user));
            return Ok(());
        }
        let link = IdpLink {
            idp_id: IDP.to_owned(),
            external_id,
            name: "somebody".to_owned(),
        };
        command::add_idp_link(core, admin, user, link).await?;
        assert_eq!(self.links.insert(who, user), None, "linked twice");
        Ok(())
    }

    async fn log_in(&mut self, who: usize) -> Result<(), Error> {
        let core = &self.opened.core;
        let start = StartIntent {
            idp_id: IDP.to_owned(),
            success_url: "https://login.example/ok".to_owned(),
            failure_url: "https://login.example/no".to_owned(),
        };
        let started = command::start_intent(core, &self.admin, start).await?;
        let callback = Callback {
            state: Some(started.auth_url),
            code: Some(Secret::new(who.to_string())),
            ..Callback::default()
        };
        let returned = command::return_from_idp(core, callback).await?;
        let url = url::Url::parse(returned.onward.url()).unwrap();
        let values: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        self.logins.push(Login {
            intent: IntentId::parse(&values["id"]).unwrap(),
            token: values["token"].clone(),
            who,
            used: false,
        });
        Ok(())
    }

    async fn reopen(&mut self) {
        let before = self.everything().await;
        self.opened.store.close();
        self.opened = opened(self.directory.path(), &self.clock).await;
        assert_eq!(self.everything().await, before, "opened again");
    }

    async fn events(&self) -> Vec<RecordedEvent> {
        let query = EventQuery {
            after: Position::START,
            aggregate: None,
            kind: None,
            limit: 1_000_000,
        };
        self.opened.core.store.events(query).await.unwrap()
    }

    async fn everything(&self) -> Everything {
        let store = &self.opened.core.store;
        let mut everything = Everything {
            events: self.events().await,
            sessions: Vec::new(),
            users: Vec::new(),
            members: format!("{:?}", store.members(None).await.unwrap()),
            tokens: format!("{:?}", store.pats(self.admin.user).await.unwrap()),
        };
        for id in &self.sessions {
            everything.sessions.push(store.session(*id).await.unwrap());
        }
        for id in &self.users {
            everything.users.push(store.user(*id).await.unwrap());
        }
        everything
    }

    fn fingerprint(&self, proof: &mut Proof) {
        let text = proof.fingerprint(|hash| self.opened.core.tokens.fingerprint(hash));
        *proof = Proof::Fingerprint(text);
    }

    /// What must hold after every history.
    async fn obeys_the_laws(&self) {
        let events = self.events().await;
        let mut histories: BTreeMap<Aggregate, Vec<RecordedEvent>> = BTreeMap::new();
        for pair in events.windows(2) {
            assert!(pair[0].position < pair[1].position, "positions rise");
        }
        for event in events {
            histories.entry(event.aggregate).or_default().push(event);
        }
        for (aggregate, history) in &histories {
            for (expected, event) in (1..).zip(history) {
                assert_eq!(event.sequence.number(), expected, "{aggregate}");
            }
            for pair in history.windows(2) {
                assert!(pair[0].created_at <= pair[1].created_at, "{aggregate}");
            }
            let ends = history
                .iter()
                .filter(|event| event.event.name() == "session.terminated");
            let last = history.last().unwrap().event.name();
            assert!(matches!(
                (ends.count(), last),
                (0, _) | (1, "session.terminated")
            ));
            match aggregate {
                Aggregate::Session(id) => self.session_is_its_fold(*id, history).await,
                Aggregate::User(id) => self.user_is_its_fold(*id, history).await,
                Aggregate::Intent(id) => self.intent_is_its_fold(*id, history).await,
                Aggregate::Org(_) | Aggregate::Instance(_) => {}
            }
        }
        let taken: usize = histories.values().map(|history| taken_codes(history)).sum();
        let proven = histories.values().flatten();
        let proven = proven.filter(|event| event.event.name() == "session.totp.checked");
        assert_eq!(taken, proven.count(), "one code for each factor");
        let named = |name| {
            let all = histories.values().flatten();
            all.filter(|event| event.event.name() == name).count()
        };
        let used = self.logins.iter().filter(|login| login.used).count();
        assert_eq!(named("idpintent.consumed"), used);
        assert_eq!(
            named("session.intent.checked"),
            used,
            "one intent for each factor"
        );
        let core = &self.opened.core;
        let path = self.directory.path().join("bartizan.db");
        let fingerprint = |hash: &_| core.tokens.fingerprint(hash);
        let seal = self.opened.seal.as_ref();
        let report = verify(&path, seal, &fingerprint, &mut |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }

    async fn session_is_its_fold(&self, id: SessionId, history: &[RecordedEvent]) {
        let row = self.opened.core.store.session(id).await.unwrap();
        let mut row = row.unwrap();
        if let Some(token) = &mut row.token {
            self.fingerprint(&mut token.proof);
        }
        assert_eq!(session::fold(history), Some(row));
    }

    async fn intent_is_its_fold(&self, id: IntentId, history: &[RecordedEvent]) {
        let row = self.opened.core.store.intent(id).await.unwrap();
        let mut row = row.unwrap();
        let tokens = &self.opened.core.tokens;
        let print = |secret: &mut StoredSecret| {
            let text = secret.fingerprint(|sealed| tokens.fingerprint(sealed));
            *secret = StoredSecret::Fingerprint(text);
        };
        match &mut row.phase {
            Phase::Started { handshake } => print(handshake),
            Phase::Succeeded(outcome) => print(&mut outcome.identity),
            Phase::Failed | Phase::Consumed => {}
        }
        assert_eq!(intent::fold(history), Some(row));
    }

    async fn user_is_its_fold(&self, id: UserId, history: &[RecordedEvent]) {
        let row = self.opened.core.store.user(id).await.unwrap();
        let mut row = row.unwrap();
        if let UserKind::Human(human) = &mut row.kind {
            if let Some(password) = &mut human.password {
                self.fingerprint(&mut password.proof);
            }
            if let Some(totp) = &mut human.totp {
                let tokens = &self.opened.core.tokens;
                let text = totp.secret.fingerprint(|sealed| tokens.fingerprint(sealed));
                totp.secret = StoredSecret::Fingerprint(text);
            }
        }
        let mut fold = None;
        for recorded in history {
            let Event::User(event) = &recorded.event else {
                panic!("{recorded:?}");
            };
            let at = recorded.created_at;
            fold = match fold {
                None => user::first(id, OrgId::new(recorded.owner), at, event),
                Some(user) => Some(user::evolve(user, at, event)),
            };
        }
        assert_eq!(fold, Some(row));
    }
}

/// A call that succeeds has proven what it asked for with what is right, and nothing else.
fn proves_what_was_asked(checks: &Checks, intent: bool, after: &Factors, before: Factors) {
    for (asked, after, before) in [
        (intent.then_some(true), after.intent, before.intent),
        (checks.password, after.password, before.password),
        (checks.totp, after.totp, before.totp),
    ] {
        match asked {
            Some(right) => assert!(right && after.is_some(), "{checks:?}"),
            None => assert_eq!(after, before, "{checks:?}"),
        }
    }
}

/// The steps of the codes of a history that were taken; each was taken once, and none before another.
fn taken_codes(history: &[RecordedEvent]) -> usize {
    let steps: Vec<_> = history
        .iter()
        .filter_map(|recorded| {
            let Event::User(UserEvent::TotpCheckSucceeded(checked)) = &recorded.event else {
                return None;
            };
            Some(checked.step)
        })
        .collect();
    assert!(steps.is_sorted_by(|one, next| one < next), "{steps:?}");
    steps.len()
}

fn password(text: &str) -> PasswordInput {
    PasswordInput::Plain {
        password: Secret::new(text.to_owned()),
        change_required: false,
    }
}

fn secret(checks: &Checks) -> Option<Secret> {
    checks.password.map(|right| {
        let text = if right { PASSWORD } else { "Wrong123!" };
        Secret::new(text.to_owned())
    })
}

/// Refusals are part of every history; trouble of our own is not.
fn is_ours(error: &Error) -> bool {
    matches!(
        error.kind,
        Kind::Internal | Kind::Unknown | Kind::Unavailable | Kind::Aborted
    )
}

#[test]
fn the_laws_hold_whatever_is_commanded() {
    let pattern = Pattern::new();
    let config = ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(history in vec(step(), 1..40))| live(&pattern, &history));
}

/// Goes through a history and looks at what it came to.
fn live(pattern: &Pattern, history: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::new(pattern).await;
        for step in history {
            if let Err(error) = world.act(step).await {
                assert!(!is_ours(&error), "{step:?}: {error:?}");
            }
        }
        world.obeys_the_laws().await;
        world.reopen().await;
        world.obeys_the_laws().await;
        world.opened.store.close();
    });
}

#[test]
fn a_clock_that_goes_back_turns_no_history_around() {
    let pattern = Pattern::new();
    let nothing = || {
        let checks = Checks {
            user: None,
            password: None,
            totp: None,
            intent: None,
        };
        let kept = Kept {
            metadata: BTreeMap::new(),
            lifetime: None,
        };
        Step::Create(checks, kept)
    };
    // The last event is older than the user, than the instance, and than both.
    for last in [
        Step::Change(0, UserChange::Lock),
        Step::Member(1, true),
        Step::Member(0, false),
        Step::Change(0, UserChange::Remove),
    ] {
        let history = [
            Step::Member(0, true),
            Step::Wait(-SECOND),
            nothing(),
            last,
            Step::Token,
        ];
        live(&pattern, &history);
    }
}

#[test]
fn one_login_at_a_provider_makes_one_factor() {
    let pattern = Pattern::new();
    let checked = |user, login| {
        let checks = Checks {
            user: Some(user),
            password: None,
            totp: None,
            intent: Some(login),
        };
        let kept = Kept {
            metadata: BTreeMap::new(),
            lifetime: None,
        };
        Step::Create(checks, kept)
    };
    let history = [
        Step::LogIn(0),
        checked(0, 0),
        Step::Link(0, 0, true),
        checked(1, 0),
        Step::Wait(-5 * SECOND),
        checked(0, 0),
        checked(0, 0),
        Step::Reopen,
        checked(0, 0),
        Step::LogIn(0),
        Step::Change(0, UserChange::Remove),
        checked(0, 1),
        Step::Link(1, 0, true),
        checked(1, 1),
    ];
    live(&pattern, &history);
}
