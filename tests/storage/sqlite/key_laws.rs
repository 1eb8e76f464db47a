//! Laws of keys: random challenges and answers through the real core on a real file.
//!
//! The authenticators are replaced by a plain one behind the port, so that answers can be right, stale,
//! of another session or of a clone in any order. Real ones are asked elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use bartizan::app::Opened;
use bartizan::command::{
    self, AddHuman, AskKey, Challenges, Checks, CodeDelivery, CreateSession, RegisterKey,
    SetSession, UserChange, UserSelector, VerifyKey,
};
use bartizan::core::Core;
use bartizan::domain::error::Kind;
use bartizan::domain::event::{Aggregate, Event, RecordedEvent, SessionEvent, UserEvent};
use bartizan::domain::ids::{Position, SessionId, UserId};
use bartizan::domain::permission::Caller;
use bartizan::domain::webauthn::{KeyKind, UserVerification};
use bartizan::error::Error;
use bartizan::ports::{
    EventQuery, ExpectedRegistration, ExpectedSignature, HashingError, MadeCredential, Pending,
    VerifiedSignature, WebAuthn, WebAuthnFault,
};
use bartizan::query;
use bartizan::storage::sqlite::verify;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::laws::{Moved, Pattern, opened};

const DOMAIN: &str = "login.example.com";

/// Takes an answer for what it says: `challenge|credential|counter`.
#[derive(Debug)]
struct Plain {
    inner: Arc<dyn WebAuthn>,
}

fn parts(answer: &str) -> Result<(&str, &str, u32), WebAuthnFault> {
    let mut parts = answer.split('|');
    let (Some(challenge), Some(key), Some(count)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(WebAuthnFault::Unparsable);
    };
    let count = count.parse().map_err(|_| WebAuthnFault::Unparsable)?;
    Ok((challenge, key, count))
}

fn ready<T: Send + 'static>(
    found: Result<T, WebAuthnFault>,
) -> Pending<'static, Result<T, WebAuthnFault>> {
    Box::pin(std::future::ready(found))
}

impl WebAuthn for Plain {
    fn challenge(&self) -> Result<String, HashingError> {
        self.inner.challenge()
    }

    fn register(
        &self,
        expected: ExpectedRegistration,
        answer: String,
    ) -> Pending<'_, Result<MadeCredential, WebAuthnFault>> {
        ready(parts(&answer).and_then(|(challenge, key, count)| {
            if challenge == expected.challenge && !expected.known.iter().any(|known| known == key) {
                Ok(MadeCredential {
                    key_id: key.to_owned(),
                    public_key: "public".to_owned(),
                    sign_count: count,
                })
            } else {
                Err(WebAuthnFault::Refused("another challenge".to_owned()))
            }
        }))
    }

    fn check(
        &self,
        expected: ExpectedSignature,
        answer: String,
    ) -> Pending<'_, Result<VerifiedSignature, WebAuthnFault>> {
        ready(parts(&answer).and_then(|(challenge, key, sign_count)| {
            let mut candidates = expected.candidates.iter();
            let found = candidates.find(|candidate| candidate.key_id == key);
            let found = found.ok_or(WebAuthnFault::UnknownKey)?;
            let asked = expected.challenge.allowed.iter().any(|known| known == key);
            if challenge != expected.challenge.challenge || !asked {
                return Err(WebAuthnFault::Refused("another challenge".to_owned()));
            }
            Ok(VerifiedSignature {
                key: found.key,
                sign_count,
                user_verified: true,
            })
        }))
    }
}

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Step {
    Create(usize),
    Ask(usize, bool),
    /// In a session, the answer to one of the challenges so far, with a key and a counter.
    Answer {
        session: usize,
        challenge: usize,
        key: usize,
        counter: u32,
        /// Another challenge in the same call.
        ask: bool,
    },
    Register(usize, bool),
    Remove(usize, usize),
    Change(usize, UserChange),
}

fn step() -> impl Strategy<Value = Step> {
    let change = prop_oneof![
        Just(UserChange::Lock),
        Just(UserChange::Unlock),
        Just(UserChange::Deactivate),
        Just(UserChange::Reactivate),
    ];
    let answer = (0..4_usize, 0..3_usize, 0..4_usize, 0..4_u32, any::<bool>());
    let answer = answer.prop_map(|(session, challenge, key, counter, ask)| Step::Answer {
        session,
        challenge,
        key,
        counter,
        ask,
    });
    prop_oneof![
        2 => (0..2_usize).prop_map(Step::Create),
        4 => (0..4_usize, any::<bool>()).prop_map(|(at, required)| Step::Ask(at, required)),
        8 => answer,
        2 => (0..2_usize, any::<bool>()).prop_map(|(at, u2f)| Step::Register(at, u2f)),
        1 => (0..2_usize, 0..4_usize).prop_map(|(at, key)| Step::Remove(at, key)),
        1 => (0..2_usize, change).prop_map(|(at, change)| Step::Change(at, change)),
    ]
}

pub(super) struct World {
    pub(super) directory: TempDir,
    pub(super) opened: Opened,
    pub(super) admin: Caller,
    pub(super) users: Vec<UserId>,
    sessions: Vec<SessionId>,
    /// The latest come first.
    challenges: Vec<String>,
    keys: Vec<String>,
}

fn at<T: Clone>(list: &[T], index: usize) -> Option<T> {
    list.get(index.checked_rem(list.len())?).cloned()
}

impl World {
    pub(super) async fn new(pattern: &Pattern) -> Self {
        let directory = pattern.copy();
        let clock = Arc::new(Moved(AtomicI64::new(4_000_000_000_000_000)));
        let mut opened = opened(directory.path(), &clock).await;
        let core = &mut opened.core;
        core.web_auth_n = Arc::new(Plain {
            inner: Arc::clone(&core.web_auth_n),
        });
        let token = std::fs::read_to_string(directory.path().join("admin.pat")).unwrap();
        let admin = query::authenticate(core, token.trim(), None).await.unwrap();
        let mut world = Self {
            directory,
            opened,
            admin,
            users: Vec::new(),
            sessions: Vec::new(),
            challenges: Vec::new(),
            keys: Vec::new(),
        };
        for name in ["ann", "bob"] {
            let user = world.add(name, false).await;
            world.users.push(user);
        }
        for user in 0..2 {
            world.act(&Step::Register(user, false)).await.unwrap();
        }
        world
    }

    pub(super) async fn add(&self, name: &str, email_verified: bool) -> UserId {
        let human = AddHuman {
            username: Some(name.to_owned()),
            given_name: "A".to_owned(),
            family_name: "B".to_owned(),
            email: format!("{name}@mail.example"),
            email_delivery: if email_verified {
                CodeDelivery::Verified
            } else {
                CodeDelivery::default()
            },
            ..AddHuman::default()
        };
        let added = command::add_human(self.core(), &self.admin, human).await;
        added.unwrap().user.id
    }

    fn core(&self) -> &Core {
        &self.opened.core
    }

    async fn set(&mut self, session: SessionId, set: SetSession) -> Result<(), Error> {
        let set = SetSession {
            id: Some(session),
            ..set
        };
        let saved = command::set_session(self.core(), &self.admin, set).await?;
        if let Some(challenge) = saved.challenges.web_auth_n {
            self.challenges.insert(0, challenge.challenge);
        }
        Ok(())
    }

    async fn act(&mut self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Create(user) => {
                let create = CreateSession {
                    checks: Checks {
                        user: Some(UserSelector::Id(self.users[*user])),
                        ..Checks::default()
                    },
                    ..CreateSession::default()
                };
                let saved = command::create_session(self.core(), &self.admin, create).await?;
                self.sessions.push(saved.session.id);
            }
            Step::Ask(session, required) => {
                let Some(id) = at(&self.sessions, *session) else {
                    return Ok(());
                };
                let challenges = asked(*required);
                self.set(
                    id,
                    SetSession {
                        challenges,
                        ..SetSession::default()
                    },
                )
                .await?;
            }
            Step::Answer {
                session,
                challenge,
                key,
                counter,
                ask,
            } => {
                let found = at(&self.sessions, *session).zip(at(&self.challenges, *challenge));
                let Some(((id, challenge), key)) = found.zip(at(&self.keys, *key)) else {
                    return Ok(());
                };
                let set = SetSession {
                    checks: Checks {
                        web_auth_n: Some(format!("{challenge}|{key}|{counter}")),
                        ..Checks::default()
                    },
                    challenges: ask.then(|| asked(true)).unwrap_or_default(),
                    ..SetSession::default()
                };
                self.set(id, set).await?;
            }
            Step::Register(user, u2f) => self.register(self.users[*user], *u2f).await?,
            Step::Remove(user, key) => {
                let id = self.users[*user];
                let user = self.core().store.user(id).await.unwrap().unwrap();
                let keys = user.human().unwrap().web_auth_n.keys.clone();
                if let Some(key) = at(&keys, *key) {
                    command::remove_key(self.core(), &self.admin, id, key.kind, Some(key.id))
                        .await?;
                }
            }
            Step::Change(user, change) => {
                let id = self.users[*user];
                command::change_user(self.core(), &self.admin, id, *change).await?;
            }
        }
        Ok(())
    }

    async fn register(&mut self, user: UserId, u2f: bool) -> Result<(), Error> {
        let kind = if u2f { KeyKind::U2f } else { KeyKind::Passkey };
        let open = RegisterKey {
            user,
            kind,
            domain: DOMAIN.to_owned(),
            code: None,
        };
        let opened = command::register_key(self.core(), &self.admin, open).await?;
        let key = format!("key{}", self.keys.len());
        let finish = VerifyKey {
            user,
            kind,
            key: Some(opened.id),
            name: "key".to_owned(),
            answer: format!("{}|{key}|0", opened.options.challenge),
        };
        command::verify_key(self.core(), &self.admin, finish).await?;
        self.keys.push(key);
        Ok(())
    }

    async fn histories(&self) -> BTreeMap<Aggregate, Vec<RecordedEvent>> {
        let query = EventQuery {
            after: Position::START,
            aggregate: None,
            kind: None,
            limit: 1_000_000,
        };
        let mut histories: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for event in self.core().store.events(query).await.unwrap() {
            histories.entry(event.aggregate).or_default().push(event);
        }
        histories
    }

    /// What must hold after every history.
    async fn obeys_the_laws(&self) {
        let histories = self.histories().await;
        let mut factors = 0;
        let mut signatures = 0;
        let mut challenges = BTreeSet::new();
        for history in histories.values() {
            let mut open = false;
            let mut counters = BTreeMap::new();
            for recorded in history {
                match &recorded.event {
                    Event::Session(SessionEvent::WebAuthnChallenged(challenge)) => {
                        assert!(
                            challenges.insert(challenge.challenge.clone()),
                            "a fresh one"
                        );
                        open = true;
                    }
                    Event::Session(SessionEvent::WebAuthnChecked(_)) => {
                        assert!(open, "a factor without a challenge: {history:?}");
                        open = false;
                        factors += 1;
                    }
                    Event::User(
                        UserEvent::PasskeyCheckSucceeded(signed)
                        | UserEvent::U2fCheckSucceeded(signed),
                    ) => {
                        let before = counters.insert(signed.key, signed.sign_count).unwrap_or(0);
                        let rises = signed.sign_count > before;
                        assert!(
                            rises || (before, signed.sign_count) == (0, 0),
                            "{history:?}"
                        );
                        signatures += 1;
                    }
                    Event::Instance(_)
                    | Event::Org(_)
                    | Event::User(_)
                    | Event::Session(_)
                    | Event::Intent(_) => {}
                }
            }
        }
        assert_eq!(factors, signatures, "one signature for each factor");
        let path = self.directory.path().join("bartizan.db");
        let core = self.core();
        let fingerprint = |hash: &_| core.tokens.fingerprint(hash);
        let seal = self.opened.seal.as_ref();
        let report = verify(&path, seal, &fingerprint, &mut |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

fn asked(required: bool) -> Challenges {
    let key = AskKey {
        domain: DOMAIN.to_owned(),
        user_verification: if required {
            UserVerification::Required
        } else {
            UserVerification::Discouraged
        },
    };
    Challenges {
        web_auth_n: Some(key),
        ..Challenges::default()
    }
}

#[test]
fn no_sequence_of_challenges_and_answers_proves_what_was_not_signed() {
    let pattern = Pattern::new();
    let config = ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(history in vec(step(), 1..40))| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(&pattern).await;
            for step in &history {
                if let Err(error) = world.act(step).await {
                    let ours = matches!(
                        error.kind,
                        Kind::Internal | Kind::Unknown | Kind::Unavailable | Kind::Aborted
                    );
                    assert!(!ours, "{step:?}: {error:?}");
                }
            }
            world.obeys_the_laws().await;
            world.opened.store.close();
        });
    });
}
