//! Fills a data directory with sessions: `cargo run --release --example fill -- --help`.
//!
//! Every session is what `CreateSession` with a check of the user and a lifetime writes: the same four
//! events, the same row, the same length of hash, through the same store. What is spared is the way
//! over the wire and, but for those that are written to `--targets`, the making of a token: the
//! others have a hash that no token has.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write as _, stdout};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use bartizan::app::{Machine, open};
use bartizan::config::{Config, Overrides};
use bartizan::core::Core;
use bartizan::domain::event::{Event, HumanAdded, UserEvent};
use bartizan::domain::ids::{Sequence, SessionId, UserId};
use bartizan::domain::permission::{Authority, Caller, Credential};
use bartizan::domain::secret::HashText;
use bartizan::domain::session::{self, Changes, TokenMade, UserFact};
use bartizan::domain::time::{Span, Timestamp};
use bartizan::domain::user::{self, User, login_name};
use bartizan::ports::{Append, Commit, Committed, Pending, State, StoreError};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

/// What `session.added`, `.user.checked`, `.lifetime.set` and `.token.set` are together.
const EVENTS_PER_SESSION: u64 = 4;
/// Commits that wait for the writer at the same time: below the length of its queue.
const WAITING: usize = 2_048;
/// The time over which the sessions are spread, up to now, and before that the users.
const SPREAD: Span = Span::from_seconds(30 * 24 * 60 * 60);
const LIFETIME: Span = Span::from_seconds(90 * 24 * 60 * 60);
/// Of this many sessions, one belongs to somebody who has thousands of them.
const BUSY_SHARE: u64 = 5;
/// Of this many users, one is somebody who has thousands.
const BUSY_USERS: u64 = 1_000;

/// Fill a data directory that was set up before, while no server runs on it
#[derive(Debug, Parser)]
struct Arguments {
    /// The data directory
    #[arg(long)]
    data_dir: PathBuf,
    /// Events that the log has in the end
    #[arg(long)]
    events: u64,
    /// Sessions per user, on average
    #[arg(long, default_value_t = 25)]
    sessions_per_user: u64,
    /// File for ids and tokens of sessions, a pair a line, spread over all that are made
    #[arg(long)]
    targets: Option<PathBuf>,
    /// How many pairs
    #[arg(long, default_value_t = 20_000, requires = "targets")]
    tokens: u64,
}

/// What is written, on its way to the disk.
struct Filling<'a> {
    core: &'a Core,
    authority: Authority,
    waiting: VecDeque<Pending<'a, Result<Committed, StoreError>>>,
    bar: ProgressBar,
    /// The length that all hashes have.
    pattern: String,
    made: u64,
    random: u64,
}

impl<'a> Filling<'a> {
    fn new(core: &'a Core, sessions: u64) -> Result<Self> {
        let caller = Caller {
            user: UserId::SYSTEM,
            organization: core.default_org,
            credential: Credential::CommandLine,
            memberships: Vec::new(),
            from: None,
        };
        let bar = ProgressBar::new(sessions);
        bar.set_style(ProgressStyle::with_template(
            "filling [{bar:40}] {pos} of {len} sessions, {eta} left",
        )?);
        let issued = core
            .tokens
            .issue_session(SessionId::new(1), Sequence::NONE.next())?;
        Ok(Self {
            core,
            authority: caller.authority(),
            waiting: VecDeque::with_capacity(WAITING),
            bar,
            pattern: issued.hash.as_str().to_owned(),
            made: 0,
            random: 0,
        })
    }

    /// Hands it to the writer, and waits for the oldest one if many are waiting.
    async fn write(&mut self, commit: Commit) -> Result<()> {
        self.waiting.push_back(self.core.store.commit(commit));
        if self.waiting.len() >= WAITING
            && let Some(oldest) = self.waiting.pop_front()
        {
            oldest.await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<()> {
        while let Some(pending) = self.waiting.pop_front() {
            pending.await?;
        }
        Ok(())
    }

    /// The next number of a sequence that is the same every time (`SplitMix64`).
    const fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    async fn user(&mut self, now: Timestamp) -> Result<UserFact> {
        let id = UserId::new(self.core.ids.next(now));
        let name = format!("fill-{id}");
        let event = UserEvent::HumanAdded(HumanAdded {
            user_name: name.clone(),
            first_name: "Bench".to_owned(),
            last_name: "Mark".to_owned(),
            display_name: "Bench Mark".to_owned(),
            email: format!("{name}@example.com"),
            ..HumanAdded::default()
        });
        let organization = self.core.default_org;
        let user = user::first(id, organization, now, &event).context("no first event")?;
        let fact = fact(&user);
        let append = Append {
            expected: Sequence::NONE,
            owner: organization.key(),
            events: vec![Event::User(event)],
            state: State::User(Box::new(user)),
        };
        let mut commit = Commit::new(now, UserId::SYSTEM, vec![append]);
        commit.login_names = vec![(id, login_name::normalize(&name))];
        self.write(commit).await?;
        Ok(fact)
    }

    /// A token's fingerprint and hash; without a token a hash that no token has.
    fn token(&self, id: SessionId, at: Sequence, real: bool) -> Result<(TokenMade, String)> {
        if real {
            let issued = self.core.tokens.issue_session(id, at)?;
            let made = TokenMade {
                fingerprint: issued.fingerprint,
                hash: issued.hash,
            };
            return Ok((made, issued.token.expose().to_owned()));
        }
        let digits = format!("{:020}", id.key());
        let kept = self.pattern.len().saturating_sub(digits.len());
        let pattern = self.pattern.get(..kept).unwrap_or_default();
        let hash = HashText::new(format!("{pattern}{digits}"));
        let fingerprint = self.core.tokens.fingerprint(&hash);
        Ok((TokenMade { fingerprint, hash }, String::new()))
    }

    /// Opens a session; its id and token if it is to have a real one.
    async fn session(&mut self, now: Timestamp, user: UserFact, real: bool) -> Result<String> {
        let id = SessionId::new(self.core.ids.next(now));
        let active = user.id;
        let changes = Changes {
            user: Some(user),
            lifetime: Some(LIFETIME),
            ..Changes::default()
        };
        let (session, mut events) = session::create(id, &self.authority, now, None, &changes);
        let (token, text) = self.token(id, session.sequence.next(), real)?;
        let event = token.into_event();
        let session = session::evolve(session, now, &event);
        events.push(event);
        let append = Append {
            expected: Sequence::NONE,
            owner: self.core.instance.key(),
            events: events.into_iter().map(Event::Session).collect(),
            state: State::Session(Box::new(session)),
        };
        let mut commit = Commit::new(now, UserId::SYSTEM, vec![append]);
        commit.active_users = vec![active];
        self.write(commit).await?;
        self.made += 1;
        if self.made.is_multiple_of(1_024) {
            self.bar.set_position(self.made);
        }
        Ok(format!("{id} {text}"))
    }
}

fn fact(user: &User) -> UserFact {
    UserFact {
        id: user.id,
        public_id: user.public_id(),
        organization: user.organization,
        preferred_language: None,
    }
}

/// The moment of one of many that are spread over [`SPREAD`].
fn moment(begin: Timestamp, number: u64, of: u64) -> Result<Timestamp> {
    let step = SPREAD.nanos() / i64::try_from(of.max(1))?;
    Ok(begin.plus(Span::from_nanos(step * i64::try_from(number)?)))
}

async fn fill(core: &Core, arguments: &Arguments) -> Result<()> {
    let present = u64::try_from(core.store.head().await?.position.number())?;
    let missing = arguments.events.saturating_sub(present);
    // A user is an event too.
    let per_user = arguments.sessions_per_user.max(1);
    let users = missing / (per_user * EVENTS_PER_SESSION + 1) + 1;
    let sessions = missing.saturating_sub(users) / EVENTS_PER_SESSION;
    let mut filling = Filling::new(core, sessions)?;

    let end = core.clock.now();
    let begin = end.minus(SPREAD);
    let mut facts = Vec::new();
    for number in 0..users {
        // All in the same second, two would get the same id.
        let now = moment(begin.minus(SPREAD), number, users)?;
        facts.push(filling.user(now).await?);
    }
    filling.settle().await?;

    let path = arguments.targets.as_ref();
    let mut targets = path.map(File::create).transpose()?.map(BufWriter::new);
    let stride = (sessions / arguments.tokens.max(1)).max(1);
    let busy = users / BUSY_USERS + 1;
    for number in 0..sessions {
        let among = if filling.random().is_multiple_of(BUSY_SHARE) {
            busy
        } else {
            users
        };
        let one = usize::try_from(filling.random() % among)?;
        let user = facts.get(one).context("no such user")?.clone();
        let now = moment(begin, number, sessions)?;
        let real = targets.is_some() && number.is_multiple_of(stride);
        let line = filling.session(now, user, real).await?;
        if let Some(file) = targets.as_mut().filter(|_| real) {
            writeln!(file, "{line}")?;
        }
    }
    filling.settle().await?;
    filling.bar.finish_and_clear();
    if let Some(mut file) = targets {
        file.flush()?;
    }
    let events = core.store.head().await?.position.number();
    let busiest = facts.first().map(|fact| fact.public_id.as_str());
    writeln!(
        stdout(),
        "{{\"events\":{events},\"sessions\":{sessions},\"users\":{users},\"busy_user\":\"{}\"}}",
        busiest.unwrap_or("")
    )?;
    Ok(())
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let overrides = Overrides {
        data_dir: Some(arguments.data_dir.clone()),
        ..Overrides::default()
    };
    let mut config = Config::load(None, [], overrides)?;
    // Nobody waits for an answer here.
    config.storage.batch = WAITING;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let opened = open(&config, Machine::system(&config)?).await?;
        fill(&opened.core, &arguments).await?;
        opened.store.close();
        Ok(())
    })
}
