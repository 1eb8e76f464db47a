//! The law of factors: whatever is presented in whatever order, a session never has a factor that was
//! not proven, and no code proves anything twice.
//!
//! Random calls go through the real core on a real file; beside it runs a model that knows of every
//! code whom it was made for, until when it is good and whether it was taken. A kind of factor more is
//! a member of [`Factor`] more, a step that makes its codes, and a line in each `match`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bartizan::app::Opened;
use bartizan::command::{
    self, AddHuman, AskOtp, Challenges, CreateSession, Delivery, PasswordInput,
};
use bartizan::command::{SetSession, UserSelector};
use bartizan::domain::ids::Position;
use bartizan::domain::ids::{SessionId, UserId};
use bartizan::domain::notification::Channel;
use bartizan::domain::permission::Caller;
use bartizan::domain::secret::Secret;
use bartizan::domain::session::{Factors, Session};
use bartizan::domain::time::Timestamp;
use bartizan::ports::{Clock as _, EventQuery};
use bartizan::query;
use bartizan::storage::sqlite::verify;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use totp_rs::Builder;

use super::laws::{Moved, Pattern, opened};

const SECOND: i64 = 1_000_000;
const PASSWORD: &str = "Secret123!";
const APP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// What can be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Factor {
    Password,
    Totp,
    Sms,
    Email,
    Recovery,
}

impl Factor {
    const ALL: [Self; 5] = [
        Self::Password,
        Self::Totp,
        Self::Sms,
        Self::Email,
        Self::Recovery,
    ];

    /// When a session has proven it last.
    fn proven(self, factors: &Factors) -> Option<Timestamp> {
        match self {
            Self::Password => factors.password,
            Self::Totp => factors.totp,
            Self::Sms => factors.otp_sms,
            Self::Email => factors.otp_email,
            Self::Recovery => factors.recovery_code,
        }
    }

    /// The event of a session that says so.
    const fn event(self) -> &'static str {
        match self {
            Self::Password => "session.password.checked",
            Self::Totp => "session.totp.checked",
            Self::Sms => "session.otp.sms.checked",
            Self::Email => "session.otp.email.checked",
            Self::Recovery => "session.recoveryCode.checked",
        }
    }

    /// Asks for it in a call.
    fn present(self, checks: &mut command::Checks, text: &str) {
        let slot = match self {
            Self::Password => &mut checks.password,
            Self::Totp => &mut checks.totp,
            Self::Sms => &mut checks.otp_sms,
            Self::Email => &mut checks.otp_email,
            Self::Recovery => &mut checks.recovery_code,
        };
        *slot = Some(Secret::new(text.to_owned()));
    }

    /// What is never right.
    const fn wrong(self) -> &'static str {
        match self {
            Self::Password => "Wrong123!",
            Self::Totp => "wrong!",
            Self::Sms | Self::Email => "wrong123",
            Self::Recovery => "wrong-wrong",
        }
    }
}

/// Something that somebody has in hand.
#[derive(Debug, Clone)]
struct Code {
    factor: Factor,
    text: String,
    /// Where it is good; anywhere, if absent.
    session: Option<SessionId>,
    /// From when on it is refused, in microseconds.
    until: Option<i64>,
    /// The step that the code of an app belongs to.
    step: Option<i64>,
    /// It was taken, or another one took its place.
    void: bool,
}

impl Code {
    fn good(&self, session: SessionId, now: i64, last_step: i64) -> bool {
        let in_time = self.until.is_none_or(|until| now < until);
        let there = self.session.is_none_or(|only| only == session);
        let fresh = self.step.is_none_or(|step| {
            let current = now / (30 * SECOND);
            step > last_step && (current - 1..=current + 1).contains(&step)
        });
        !self.void && in_time && there && fresh
    }
}

/// Something that somebody does.
#[derive(Debug, Clone)]
enum Step {
    /// The clock moves on, by seconds.
    Wait(i64),
    Open,
    /// Looks at the app.
    Look,
    Ask(usize, Channel),
    /// Makes recovery codes.
    Write(i32),
    /// Presents codes in a session: for each factor one that is in hand, or a wrong one, or none.
    Present(usize, Vec<(Factor, usize)>),
    /// Presents the last code once more, wherever it was presented.
    Again(usize),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let channel = prop_oneof![Just(Channel::Sms), Just(Channel::Email)];
    let factor = prop::sample::select(Factor::ALL.to_vec());
    let presented = vec((factor, 0..6_usize), 1..4);
    prop_oneof![
        3 => prop_oneof![0..40_i64, Just(299), Just(300)].prop_map(Step::Wait),
        2 => Just(Step::Open),
        2 => Just(Step::Look),
        5 => (0..3_usize, channel).prop_map(|(at, channel)| Step::Ask(at, channel)),
        2 => (1..4_i32).prop_map(Step::Write),
        10 => (0..3_usize, presented).prop_map(|(at, presented)| Step::Present(at, presented)),
        3 => (0..3_usize).prop_map(Step::Again),
        1 => Just(Step::Reopen),
    ]
}

struct World {
    directory: TempDir,
    clock: Arc<Moved>,
    opened: Opened,
    admin: Caller,
    user: UserId,
    sessions: Vec<SessionId>,
    codes: Vec<Code>,
    last_step: i64,
    last: Option<(Factor, String)>,
    proven: BTreeMap<&'static str, usize>,
}

impl World {
    async fn new(pattern: &Pattern) -> Self {
        let directory = pattern.copy();
        let clock = Arc::new(Moved(AtomicI64::new(4_000_000_000_000_000)));
        let opened = opened(directory.path(), &clock).await;
        let token = std::fs::read_to_string(directory.path().join("admin.pat")).unwrap();
        let core = &opened.core;
        let admin = query::authenticate(core, token.trim(), None).await.unwrap();
        let human = AddHuman {
            username: Some("ann".to_owned()),
            given_name: "A".to_owned(),
            family_name: "B".to_owned(),
            email: "ann@mail.example".to_owned(),
            email_delivery: command::CodeDelivery::Verified,
            phone: Some("+41791234567".to_owned()),
            phone_delivery: command::CodeDelivery::Verified,
            password: Some(PasswordInput::Plain {
                password: Secret::new(PASSWORD.to_owned()),
                change_required: false,
            }),
            totp_secret: Some(Secret::new(APP.to_owned())),
            ..AddHuman::default()
        };
        let user = command::add_human(core, &admin, human).await.unwrap();
        let user = user.user.id;
        for channel in Channel::ALL {
            command::add_otp(core, &admin, user, channel).await.unwrap();
        }
        let password = Code {
            factor: Factor::Password,
            text: PASSWORD.to_owned(),
            session: None,
            until: None,
            step: None,
            void: false,
        };
        Self {
            directory,
            clock,
            opened,
            admin,
            user,
            sessions: Vec::new(),
            codes: vec![password],
            last_step: 0,
            last: None,
            proven: BTreeMap::new(),
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().micros()
    }

    fn session(&self, at: usize) -> Option<SessionId> {
        let at = at.checked_rem(self.sessions.len())?;
        self.sessions.get(at).copied()
    }

    async fn row(&self, id: SessionId) -> Session {
        let row = self.opened.core.store.session(id).await.unwrap();
        row.unwrap()
    }

    async fn act(&mut self, step: &Step) {
        match step {
            Step::Wait(seconds) => {
                self.clock.0.fetch_add(seconds * SECOND, Ordering::SeqCst);
            }
            Step::Open => self.open().await,
            Step::Look => self.look(),
            Step::Ask(at, channel) => {
                if let Some(id) = self.session(*at) {
                    self.ask(id, *channel).await;
                }
            }
            Step::Write(count) => self.write(*count).await,
            Step::Present(at, presented) => {
                if let Some(id) = self.session(*at) {
                    let chosen: BTreeMap<_, _> = presented
                        .iter()
                        .map(|(factor, pick)| (*factor, self.in_hand(*factor, *pick)))
                        .collect();
                    self.present(id, chosen).await;
                }
            }
            Step::Again(at) => {
                if let (Some(id), Some((factor, text))) = (self.session(*at), self.last.clone()) {
                    self.present(id, BTreeMap::from([(factor, text)])).await;
                }
            }
            Step::Reopen => {
                self.opened.store.close();
                self.opened = opened(self.directory.path(), &self.clock).await;
            }
        }
    }

    async fn open(&mut self) {
        let create = CreateSession {
            checks: command::Checks {
                user: Some(UserSelector::Id(self.user)),
                ..command::Checks::default()
            },
            ..CreateSession::default()
        };
        let core = &self.opened.core;
        let saved = command::create_session(core, &self.admin, create).await;
        let session = saved.unwrap().session;
        assert_eq!(session.factors, Factors::default());
        self.sessions.push(session.id);
    }

    fn look(&mut self) {
        let seconds = self.now() / SECOND;
        let secret = totp_rs::Secret::try_from_base32(APP).unwrap();
        let app = Builder::new().with_secret(secret).build_noncompliant();
        let text = app.generate(u64::try_from(seconds).unwrap()).to_string();
        self.codes.push(Code {
            factor: Factor::Totp,
            text,
            session: None,
            until: None,
            step: Some(seconds / 30),
            void: false,
        });
    }

    async fn ask(&mut self, id: SessionId, channel: Channel) {
        let returned = Some(Delivery::Return);
        let (factor, otp) = match channel {
            Channel::Sms => (
                Factor::Sms,
                AskOtp {
                    sms: returned,
                    ..AskOtp::default()
                },
            ),
            Channel::Email => (
                Factor::Email,
                AskOtp {
                    email: returned,
                    ..AskOtp::default()
                },
            ),
        };
        let before = self.row(id).await.factors;
        let set = SetSession {
            id: Some(id),
            challenges: Challenges {
                otp,
                ..Challenges::default()
            },
            ..SetSession::default()
        };
        let core = &self.opened.core;
        let saved = command::set_session(core, &self.admin, set).await.unwrap();
        assert_eq!(saved.session.factors, before, "asking proves nothing");
        for code in &mut self.codes {
            code.void |= code.factor == factor && code.session == Some(id);
        }
        let codes = [saved.challenges.otp.sms, saved.challenges.otp.email];
        let text = codes.into_iter().flatten().next().unwrap();
        self.codes.push(Code {
            factor,
            text: text.expose().to_owned(),
            session: Some(id),
            until: Some(self.now() + 300 * SECOND),
            step: None,
            void: false,
        });
    }

    async fn write(&mut self, count: i32) {
        let core = &self.opened.core;
        let made = command::generate_recovery_codes(core, &self.admin, self.user, count).await;
        // There may be ten already.
        for code in made.map(|made| made.codes).unwrap_or_default() {
            self.codes.push(Code {
                factor: Factor::Recovery,
                text: code.expose().to_owned(),
                session: None,
                until: None,
                step: None,
                void: false,
            });
        }
    }

    /// One of the newest codes for a factor, or a wrong one.
    fn in_hand(&self, factor: Factor, pick: usize) -> String {
        let mut codes = self.codes.iter().rev();
        let mut codes = codes.by_ref().filter(|code| code.factor == factor);
        codes
            .nth(pick)
            .map_or_else(|| factor.wrong().to_owned(), |code| code.text.clone())
    }

    /// Presents codes and compares what comes of it with what must.
    async fn present(&mut self, id: SessionId, presented: BTreeMap<Factor, String>) {
        let (now, last_step) = (self.now(), self.last_step);
        let mut checks = command::Checks::default();
        let mut taken = Vec::new();
        for (factor, text) in &presented {
            factor.present(&mut checks, text);
            self.last = Some((*factor, text.clone()));
            taken.push(self.codes.iter().position(|code| {
                code.factor == *factor && code.text == *text && code.good(id, now, last_step)
            }));
        }
        let before = self.row(id).await;
        let set = SetSession {
            id: Some(id),
            checks,
            ..SetSession::default()
        };
        let core = &self.opened.core;
        let answer = command::set_session(core, &self.admin, set).await;
        let after = self.row(id).await;
        let Some(taken) = taken.into_iter().collect::<Option<Vec<_>>>() else {
            assert!(answer.is_err(), "{presented:?} were not all good");
            assert_eq!(after, before, "a refusal changes nothing");
            return;
        };
        assert!(answer.is_ok(), "{presented:?}: {answer:?}");
        for factor in Factor::ALL {
            let (is, was) = (
                factor.proven(&after.factors),
                factor.proven(&before.factors),
            );
            if presented.contains_key(&factor) {
                assert_eq!(is.map(Timestamp::micros), Some(now), "{factor:?}");
                *self.proven.entry(factor.event()).or_default() += 1;
            } else {
                assert_eq!(is, was, "{factor:?} was not presented");
            }
        }
        for at in taken {
            let given = &mut self.codes[at];
            given.void = given.factor != Factor::Password;
            self.last_step = given.step.unwrap_or(self.last_step);
        }
    }

    /// The log says what the model knows, and the rows say what the log does.
    async fn obeys_the_law(&self) {
        let query = EventQuery {
            after: Position::START,
            aggregate: None,
            kind: None,
            limit: 1_000_000,
        };
        let core = &self.opened.core;
        let events = core.store.events(query).await.unwrap();
        for factor in Factor::ALL {
            let name = factor.event();
            let logged = events.iter().filter(|event| event.event.name() == name);
            let proven = self.proven.get(name).copied().unwrap_or_default();
            assert_eq!(logged.count(), proven, "{name}");
        }
        let path = self.directory.path().join("bartizan.db");
        let fingerprint = |hash: &_| core.tokens.fingerprint(hash);
        let seal = self.opened.seal.as_ref();
        let report = verify(&path, seal, &fingerprint, &mut |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

#[test]
fn no_session_has_a_factor_that_was_not_proven_and_no_code_proves_twice() {
    let pattern = Pattern::new();
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    proptest!(config, |(history in vec(step(), 1..50))| {
        runtime.block_on(async {
            let mut world = World::new(&pattern).await;
            world.act(&Step::Open).await;
            for step in &history {
                world.act(step).await;
            }
            world.obeys_the_law().await;
            world.opened.store.close();
        });
    });
}
