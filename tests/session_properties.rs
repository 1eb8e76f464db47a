//! Laws of the session, tested with random commands on the pure rules: no server, no store, no clock.
//!
//! Each history is made twice: by the rules of the program, and by a model that is as plain as
//! possible. What an event says must be enough to make the row again.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else is refused is wrong"
)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;

use bartizan::domain::event::{
    Aggregate, Event, OtpEmailChallenged, OtpSmsChallenged, RecordedEvent, SessionEvent,
};
use bartizan::domain::ids::{OrgId, Position, Sequence, SessionId, UserId, WebAuthnKeyId};
use bartizan::domain::permission::Authority;
use bartizan::domain::secret::HashText;
use bartizan::domain::session::{
    self, Changes, Metadata, Proof, Session, SessionError, SessionState, TokenMade, UserAgent,
    UserFact, WebAuthnProven,
};
use bartizan::domain::time::{Span, Timestamp};
use bartizan::domain::webauthn::{KeyKind, UserVerification, WebAuthnChallenge};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

const ID: SessionId = SessionId::new(42);
const START: Timestamp = Timestamp::from_micros(1_795_428_000_123_456);
const SECOND: i64 = 1_000_000;

/// What happens to a session.
#[derive(Debug, Clone)]
enum Command {
    /// Time goes by, in microseconds.
    Wait(i64),
    /// A call of `SetSession`.
    Set(Call),
    /// A call of `DeleteSession`.
    Delete,
}

/// What one call asks for.
#[derive(Debug, Clone, Default)]
struct Call {
    user: Option<i64>,
    password: bool,
    intent: bool,
    totp: bool,
    /// A key has signed, and has verified its user.
    signed: Option<bool>,
    /// A key is asked.
    asked: Option<u8>,
    codes: Codes,
    metadata: BTreeMap<String, Vec<u8>>,
    lifetime: Option<i64>,
}

/// One-time codes that were given back, and those that were made.
#[derive(Debug, Clone, Default)]
struct Codes {
    sms: bool,
    email: bool,
    recovery: bool,
    asked_sms: Option<u8>,
    asked_email: Option<u8>,
}

impl Codes {
    fn events(&self) -> u32 {
        [
            self.sms,
            self.email,
            self.recovery,
            self.asked_sms.is_some(),
            self.asked_email.is_some(),
        ]
        .into_iter()
        .map(u32::from)
        .sum()
    }
}

const FIVE_MINUTES: i64 = 300 * SECOND;

impl Call {
    fn changes(&self) -> Changes {
        Changes {
            user: self.user.map(|id| UserFact {
                id: UserId::new(id),
                public_id: id.to_string(),
                organization: OrgId::new(7),
                preferred_language: None,
            }),
            password: self.password,
            intent: self.intent,
            totp: self.totp,
            web_auth_n: self.signed.map(|user_verified| WebAuthnProven {
                kind: KeyKind::Passkey,
                key: WebAuthnKeyId::new(5),
                sign_count: 1,
                user_verified,
            }),
            web_auth_n_challenge: self.asked.map(|number| WebAuthnChallenge {
                challenge: number.to_string(),
                allowed: vec!["credential".to_owned()],
                user_verification: UserVerification::Required,
                rp_id: "localhost".to_owned(),
            }),
            otp_sms: self.codes.sms,
            otp_email: self.codes.email,
            recovery_code: self.codes.recovery,
            otp_sms_challenge: self.codes.asked_sms.map(|code| OtpSmsChallenged {
                expiry: Span::from_seconds(300),
                code_returned: true,
                digest: code.to_string(),
            }),
            otp_email_challenge: self.codes.asked_email.map(|code| OtpEmailChallenged {
                expiry: Span::from_seconds(300),
                return_code: false,
                url_tmpl: Some("https://x.example/{{.Code}}".to_owned()),
                digest: code.to_string(),
            }),
            metadata: self.metadata.clone(),
            lifetime: self.lifetime.map(Span::from_nanos),
        }
    }
}

fn codes() -> impl Strategy<Value = Codes> {
    (
        any::<[bool; 3]>(),
        option::of(any::<u8>()),
        option::of(any::<u8>()),
    )
        .prop_map(|([sms, email, recovery], asked_sms, asked_email)| Codes {
            sms,
            email,
            recovery,
            asked_sms,
            asked_email,
        })
}

fn call() -> impl Strategy<Value = Call> {
    (
        option::of(1..3_i64),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        (option::of(any::<bool>()), option::of(any::<u8>())),
        codes(),
        btree_map("[abc]", vec(any::<u8>(), 0..3), 0..4),
        option::of(1..20 * SECOND * 1_000),
    )
        .prop_map(
            |(user, password, intent, totp, (signed, asked), codes, metadata, lifetime)| Call {
                user,
                password,
                intent,
                totp,
                signed,
                asked,
                codes,
                metadata,
                lifetime,
            },
        )
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        2 => (0..15 * SECOND).prop_map(Command::Wait),
        6 => call().prop_map(Command::Set),
        1 => Just(Command::Delete),
    ]
}

fn history() -> impl Strategy<Value = (Call, Vec<Command>)> {
    (call(), vec(command(), 0..24))
}

/// The plainest thing that could be a session.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    events: u32,
    terminated: bool,
    user: Option<(i64, i64)>,
    password: Option<i64>,
    intent: Option<i64>,
    totp: Option<i64>,
    key: Option<(i64, bool)>,
    challenge: Option<String>,
    /// By SMS, by e-mail, written down.
    codes: [Option<i64>; 3],
    /// By SMS, by e-mail: what is waited for, and until when.
    waiting: [Option<(String, i64)>; 2],
    metadata: BTreeMap<String, Vec<u8>>,
    expires: Option<i64>,
    token: Option<u32>,
    changed: i64,
}

impl Model {
    fn of(session: &Session) -> Self {
        Self {
            events: session.sequence.number(),
            terminated: session.state == SessionState::Terminated,
            user: session
                .user
                .as_ref()
                .map(|user| (user.id.key(), user.checked_at.micros())),
            password: session.factors.password.map(Timestamp::micros),
            intent: session.factors.intent.map(Timestamp::micros),
            totp: session.factors.totp.map(Timestamp::micros),
            key: session
                .factors
                .web_auth_n
                .map(|factor| (factor.checked_at.micros(), factor.user_verified)),
            challenge: session
                .web_auth_n_challenge
                .as_ref()
                .map(|challenge| challenge.challenge.clone()),
            codes: [
                session.factors.otp_sms,
                session.factors.otp_email,
                session.factors.recovery_code,
            ]
            .map(|at| at.map(Timestamp::micros)),
            waiting: [&session.otp_challenges.sms, &session.otp_challenges.email].map(|code| {
                let code = code.as_ref();
                code.map(|code| (code.digest.clone(), code.expires_at.micros()))
            }),
            metadata: session.metadata.clone(),
            expires: session.expires_at.map(Timestamp::micros),
            token: session.token.as_ref().map(|token| token.issued_at.number()),
            changed: session.changed_at.micros(),
        }
    }

    /// What a call makes of it, told in words of the specification.
    fn apply(&mut self, call: &Call, now: i64) {
        let effective = call
            .metadata
            .iter()
            .any(|(key, value)| !value.is_empty() || self.metadata.contains_key(key));
        let events = u32::from(call.user.is_some())
            + u32::from(call.password)
            + u32::from(call.intent)
            + u32::from(call.totp)
            + 2 * u32::from(call.signed.is_some())
            + u32::from(call.asked.is_some())
            + call.codes.events()
            + u32::from(effective)
            + u32::from(call.lifetime.is_some());
        if events == 0 && self.events > 1 {
            return;
        }
        if let Some(user) = call.user {
            self.user = Some((user, now));
        }
        if call.password {
            self.password = Some(now);
        }
        if call.intent {
            self.intent = Some(now);
        }
        if call.totp {
            self.totp = Some(now);
        }
        if let Some(user_verified) = call.signed {
            self.key = Some((now, user_verified));
            self.challenge = None;
        }
        if let Some(number) = call.asked {
            self.challenge = Some(number.to_string());
        }
        let codes = &call.codes;
        let given = [codes.sms, codes.email, codes.recovery];
        for (given, checked) in given.into_iter().zip(&mut self.codes) {
            *checked = if given { Some(now) } else { *checked };
        }
        let asked = [codes.asked_sms, codes.asked_email];
        for ((asked, given), waiting) in asked.into_iter().zip(given).zip(&mut self.waiting) {
            if given {
                *waiting = None;
            }
            if let Some(code) = asked {
                *waiting = Some((code.to_string(), now + FIVE_MINUTES));
            }
        }
        for (key, value) in &call.metadata {
            if value.is_empty() {
                self.metadata.remove(key);
            } else {
                self.metadata.insert(key.clone(), value.clone());
            }
        }
        if let Some(lifetime) = call.lifetime {
            self.expires = Some(now + lifetime / 1_000);
        }
        self.events += events + 1;
        self.token = Some(self.events);
        self.changed = now;
    }
}

/// A session, its log, and the model beside it.
#[derive(Debug)]
struct Run {
    session: Session,
    log: Vec<RecordedEvent>,
    model: Model,
    now: Timestamp,
    refusals: Vec<SessionError>,
}

impl Run {
    /// Opens a session.
    fn open(call: &Call) -> Self {
        let authority = Authority::system();
        let (session, events) = session::create(ID, &authority, START, None, &call.changes());
        let mut run = Self {
            session,
            log: Vec::new(),
            model: Model {
                events: 1,
                ..Model::default()
            },
            now: START,
            refusals: Vec::new(),
        };
        run.record(&events);
        run.give_token();
        run.model.apply(call, START.micros());
        run
    }

    fn record(&mut self, events: &[SessionEvent]) {
        for event in events {
            self.log.push(RecordedEvent {
                position: Position::new(i64::try_from(self.log.len()).unwrap() + 1),
                aggregate: Aggregate::Session(ID),
                sequence: Sequence::new(u32::try_from(self.log.len()).unwrap() + 1),
                created_at: self.now,
                creator: Authority::system().actor(),
                owner: 1,
                event: Event::Session(event.clone()),
            });
        }
    }

    /// The token that ends every effective call.
    fn give_token(&mut self) {
        let number = self.session.sequence.next().number();
        let event = TokenMade {
            fingerprint: fingerprint(number),
            hash: HashText::new(secret_hash(number)),
        }
        .into_event();
        self.session = session::evolve(self.session.clone(), self.now, &event);
        self.record(&[event]);
    }

    /// Does one thing; a refusal comes back.
    fn act(&mut self, command: &Command) -> Result<(), SessionError> {
        let authority = Authority::system();
        match command {
            Command::Wait(micros) => {
                self.now = Timestamp::from_micros(self.now.micros() + micros);
            }
            Command::Set(call) => {
                let live = self.session.live().ok_or(SessionError::Terminated)?;
                let active = live.active(self.now)?;
                if let Some(user) = call.user {
                    active.accepts(UserId::new(user))?;
                }
                let events = active.change(&authority, self.now, &call.changes());
                if !events.is_empty() {
                    let now = self.now;
                    self.session = events.iter().fold(self.session.clone(), |session, event| {
                        session::evolve(session, now, event)
                    });
                    self.record(&events);
                    self.give_token();
                }
                self.model.apply(call, self.now.micros());
            }
            Command::Delete => {
                if let Some(live) = self.session.live() {
                    let event = live.terminate(&authority, None);
                    self.session = session::evolve(self.session.clone(), self.now, &event);
                    self.record(&[event]);
                    self.model.events += 1;
                    self.model.terminated = true;
                    self.model.changed = self.now.micros();
                }
            }
        }
        Ok(())
    }

    /// Does one thing, whether it is refused or not.
    fn attempt(&mut self, command: &Command) {
        let refused = self.act(command).err();
        self.refusals.extend(refused);
    }

    fn names(&self) -> Vec<&'static str> {
        self.log
            .iter()
            .map(|recorded| recorded.event.name())
            .collect()
    }
}

/// What a log may say of a token's hash.
fn fingerprint(number: u32) -> String {
    format!("fingerprint-{number}")
}

/// What a log must never say.
fn secret_hash(number: u32) -> String {
    format!("$argon2id$secret-{number}")
}

/// The session as a log can know it: the proof of its token is a fingerprint.
fn as_logged(mut session: Session) -> Session {
    if let Some(token) = &mut session.token {
        token.proof = Proof::Fingerprint(
            token
                .proof
                .fingerprint(|hash| hash.as_str().replace("$argon2id$secret-", "fingerprint-")),
        );
    }
    session
}

/// The log as it comes back from where it is stored.
fn read_back(log: &[RecordedEvent]) -> Vec<RecordedEvent> {
    log.iter()
        .map(|recorded| {
            let payload = recorded.event.payload().unwrap();
            let event = Event::read(
                recorded.aggregate.kind(),
                recorded.event.code(),
                payload.as_deref(),
            )
            .unwrap();
            RecordedEvent {
                event,
                ..recorded.clone()
            }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The log is 1, 2, 3, …, and the session is at its end after every step.
    #[test]
    fn each_event_raises_the_sequence_by_one((first, commands) in history()) {
        let mut run = Run::open(&first);
        for command in &commands {
            let before = run.session.sequence.number();
            let written = run.log.len();
            run.attempt(command);
            let events = u32::try_from(run.log.len() - written).unwrap();
            prop_assert_eq!(run.session.sequence.number(), before + events);
            prop_assert_eq!(run.session.sequence.number() as usize, run.log.len());
        }
    }

    /// The row is what the rules say, step by step, and nothing else.
    #[test]
    fn the_session_is_what_the_model_says((first, commands) in history()) {
        let mut run = Run::open(&first);
        prop_assert_eq!(Model::of(&run.session), run.model.clone());
        for command in &commands {
            run.attempt(command);
            prop_assert_eq!(Model::of(&run.session), run.model.clone(), "{:?}", command);
        }
    }

    /// The log alone makes the row again, even after it was written down and read back.
    #[test]
    fn the_fold_of_the_log_is_the_session((first, commands) in history()) {
        let mut run = Run::open(&first);
        for command in &commands {
            run.attempt(command);
            prop_assert_eq!(session::fold(&run.log), Some(run.session.clone()));
            let logged = session::fold(&read_back(&run.log));
            prop_assert_eq!(logged, Some(as_logged(run.session.clone())));
        }
    }

    /// Nothing follows the end.
    #[test]
    fn a_terminated_session_absorbs_everything((first, commands) in history(), more in vec(command(), 1..12)) {
        let mut run = Run::open(&first);
        for command in &commands {
            run.attempt(command);
        }
        prop_assert!(run.act(&Command::Delete).is_ok());
        let (session, log) = (run.session.clone(), run.log.clone());
        prop_assert!(session.live().is_none());
        for command in &more {
            let answer = run.act(command);
            if matches!(command, Command::Set(_)) {
                prop_assert_eq!(answer, Err(SessionError::Terminated));
            }
        }
        prop_assert_eq!(&run.session, &session);
        prop_assert_eq!(run.log.len(), log.len());
        let names = run.names();
        prop_assert_eq!(names.last(), Some(&"session.terminated"));
        prop_assert_eq!(names.iter().filter(|name| **name == "session.terminated").count(), 1);
    }

    /// Ending twice is ending once.
    #[test]
    fn terminating_again_changes_nothing((first, commands) in history(), wait in 0..60 * SECOND) {
        let mut run = Run::open(&first);
        for command in &commands {
            run.attempt(command);
        }
        prop_assert!(run.act(&Command::Delete).is_ok());
        let (session, length) = (run.session.clone(), run.log.len());
        prop_assert!(run.act(&Command::Wait(wait)).is_ok());
        prop_assert!(run.act(&Command::Delete).is_ok());
        prop_assert_eq!(&run.session, &session);
        prop_assert_eq!(run.log.len(), length);
    }

    /// A refusal leaves no trace.
    #[test]
    fn a_refusal_changes_nothing((first, commands) in history()) {
        let mut run = Run::open(&first);
        for command in &commands {
            let (session, length) = (run.session.clone(), run.log.len());
            if let Err(refused) = run.act(command) {
                prop_assert_eq!(&run.session, &session);
                prop_assert_eq!(run.log.len(), length);
                match refused {
                    SessionError::Terminated => prop_assert_eq!(session.state, SessionState::Terminated),
                    SessionError::Expired => prop_assert!(session.expires_at.unwrap() < run.now),
                    SessionError::UserChange => prop_assert!(session.user.is_some()),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
    }

    /// Who a session is of never changes, and where it comes from neither.
    #[test]
    fn what_was_set_once_stays((first, commands) in history()) {
        let mut run = Run::open(&first);
        let mut user = run.session.user.as_ref().map(|user| user.id);
        for command in &commands {
            run.attempt(command);
            let found = run.session.user.as_ref().map(|user| user.id);
            prop_assert!(user.is_none() || user == found);
            user = found;
            prop_assert_eq!(run.session.id, ID);
            prop_assert_eq!(run.session.created_at, START);
            prop_assert_eq!(run.session.creator, Authority::system().actor());
        }
    }

    /// Every effective call ends in a token, and the session has the last one.
    #[test]
    fn each_effective_call_ends_in_a_token((first, commands) in history()) {
        let mut run = Run::open(&first);
        for command in &commands {
            let written = run.log.len();
            run.attempt(command);
            let new = &run.names()[written..];
            match command {
                Command::Set(_) if !new.is_empty() => {
                    prop_assert_eq!(new.last(), Some(&"session.token.set"));
                    prop_assert!(new.len() > 1, "a token for nothing");
                    prop_assert_eq!(new.iter().filter(|name| **name == "session.token.set").count(), 1);
                    prop_assert_eq!(run.session.token.as_ref().unwrap().issued_at, run.session.sequence);
                }
                Command::Delete => prop_assert!(new.is_empty() || new == ["session.terminated"]),
                Command::Set(_) | Command::Wait(_) => prop_assert!(new.is_empty()),
            }
        }
    }

    /// What is logged holds no hash.
    #[test]
    fn no_payload_holds_a_secret((first, commands) in history()) {
        let mut run = Run::open(&first);
        for command in &commands {
            run.attempt(command);
        }
        for recorded in &run.log {
            let payload = recorded.event.payload().unwrap().unwrap_or_default();
            prop_assert!(!payload.contains("argon2") && !payload.contains("secret"), "{}", payload);
        }
    }

    /// Any text and any bytes survive the log.
    #[test]
    fn payloads_keep_every_text(
        fingerprint_id in option::of(any::<String>()),
        description in option::of(any::<String>()),
        header in btree_map(any::<String>(), vec(any::<String>(), 0..3), 0..3),
        metadata in btree_map(any::<String>(), vec(any::<u8>(), 1..20), 0..5),
    ) {
        let agent = UserAgent { fingerprint_id, ip: None, description, header };
        let metadata: Metadata = metadata;
        let changes = Changes { metadata: metadata.clone(), ..Changes::default() };
        let authority = Authority::system();
        let (session, events) = session::create(ID, &authority, START, Some(agent.clone()), &changes);
        prop_assert_eq!(&session.metadata, &metadata);
        prop_assert_eq!(&session.user_agent, &(!agent.is_empty()).then_some(agent));
        let mut run = Run { session, log: Vec::new(), model: Model::default(), now: START, refusals: Vec::new() };
        run.record(&events);
        prop_assert_eq!(session::fold(&read_back(&run.log)), Some(run.session));
    }
}
