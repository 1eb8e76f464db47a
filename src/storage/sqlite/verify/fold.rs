//! The walk by aggregate: sequences without gaps, and `fold(events) == row`.

use std::mem;

use rusqlite::Connection;

use super::report::Finder;
use super::side::{Members, NameForms, OfUser};
use super::{Tools, compare};
use crate::domain::event::{Aggregate, Event, IntentEvent, RecordedEvent, SessionEvent, UserEvent};
use crate::domain::ids::{InstanceId, IntentId, OrgId, Position, Sequence, SessionId, UserId};
use crate::domain::intent::{self, Intent, Phase};
use crate::domain::org::{Instance, Org, evolve_instance, evolve_org, first_instance, first_org};
use crate::domain::session::{self, Session, SessionState};
use crate::domain::time::Timestamp;
use crate::domain::user::{self, User};
use crate::ports::StoreError;
use crate::storage::sqlite::cells::Cells;
use crate::storage::sqlite::log;

/// In the order of the index on aggregates.
const ALL: &str = concat!(
    "SELECT ",
    log::columns!(),
    " FROM events ORDER BY aggregate_id, aggregate_type, sequence"
);

/// Walks all aggregates.
pub(super) fn check(
    connection: &Connection,
    tools: Tools<'_>,
    finder: &mut Finder<'_>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    let mut members = Members::default();
    let mut forms = NameForms::default();
    let mut stream: Option<Stream> = None;
    while let Some(row) = rows.next()? {
        finder.step();
        let mut cells = Cells::of(row, "events");
        let (position, aggregate) = match log::read_place(&mut cells) {
            Ok(place) => place,
            Err(error) => {
                finder.unreadable("the log", error)?;
                continue;
            }
        };
        if let Some(finished) = stream.take_if(|stream| stream.aggregate != aggregate) {
            finished.compare(connection, tools, finder, &mut forms)?;
        }
        let stream = stream.get_or_insert_with(|| Stream::new(aggregate));
        match log::read_rest(&mut cells, position, aggregate) {
            Ok(recorded) => {
                members.add(&recorded);
                stream.add(&recorded, finder);
            }
            Err(error) => {
                finder.unreadable("the log", error)?;
                stream.folded = Folded::Broken;
            }
        }
    }
    if let Some(finished) = stream {
        finished.compare(connection, tools, finder, &mut forms)?;
    }
    forms.compare(finder);
    members.compare(connection, finder)
}

/// What the events of one aggregate have made so far.
enum Folded {
    /// No event yet.
    Nothing,
    /// An event that cannot stand where it is, or cannot be read: there is nothing to compare.
    Broken,
    Session(Box<Session>),
    User(Box<User>, OfUser),
    Org(Org),
    Instance(Instance),
    Intent(Box<Intent>),
}

/// One aggregate on the walk.
struct Stream {
    aggregate: Aggregate,
    last: Option<Last>,
    folded: Folded,
}

/// Of the last event what the next one must follow.
#[derive(Clone, Copy)]
struct Last {
    sequence: Sequence,
    position: Position,
    at: Timestamp,
    owner: i64,
}

impl Stream {
    const fn new(aggregate: Aggregate) -> Self {
        Self {
            aggregate,
            last: None,
            folded: Folded::Nothing,
        }
    }

    fn add(&mut self, recorded: &RecordedEvent, finder: &mut Finder<'_>) {
        let sequence = self
            .last
            .map_or(Sequence::NONE, |last| last.sequence)
            .next();
        let mut wrong = |what: String| {
            let position = recorded.position;
            finder.find(
                self.aggregate,
                format_args!("{what} in event {position}, sequence {}", recorded.sequence),
            );
        };
        if recorded.sequence != sequence {
            wrong(format!("sequence {sequence} is missing"));
        }
        if let Some(last) = self.last {
            if recorded.position <= last.position {
                wrong("the position falls".to_owned());
            }
            if recorded.created_at < last.at {
                wrong("time goes back".to_owned());
            }
            if recorded.owner != last.owner {
                wrong("the owner changes".to_owned());
            }
        }
        let broken = matches!(self.folded, Folded::Broken);
        self.folded = fold(mem::replace(&mut self.folded, Folded::Nothing), recorded);
        if !broken && matches!(self.folded, Folded::Broken) {
            wrong(format!("`{}` cannot follow", recorded.event.name()));
        }
        self.last = Some(Last {
            sequence: recorded.sequence,
            position: recorded.position,
            at: recorded.created_at,
            owner: recorded.owner,
        });
    }

    /// Compares what the events made with what the tables have.
    fn compare(
        self,
        connection: &Connection,
        tools: Tools<'_>,
        finder: &mut Finder<'_>,
        forms: &mut NameForms,
    ) -> Result<(), StoreError> {
        match self.folded {
            // What broke it has been found.
            Folded::Nothing | Folded::Broken => Ok(()),
            Folded::Session(session) => compare::session(connection, tools, finder, &session),
            Folded::User(user, beside) => {
                compare::user(connection, tools, finder, &user)?;
                beside.compare(connection, tools, finder, &user, forms)
            }
            Folded::Org(org) => compare::org(connection, finder, &org),
            Folded::Instance(instance) => compare::instance(connection, finder, &instance),
            Folded::Intent(intent) => compare::intent(connection, tools, finder, &intent),
        }
    }
}

fn fold(before: Folded, recorded: &RecordedEvent) -> Folded {
    let at = recorded.created_at;
    let key = recorded.aggregate.key();
    match (before, &recorded.event) {
        (Folded::Nothing, event) => begin(recorded, event),
        // Nothing follows the end of a session.
        (Folded::Session(session), Event::Session(event))
            if session.state == SessionState::Active
                && !matches!(event, SessionEvent::Added(_)) =>
        {
            Folded::Session(Box::new(session::evolve(*session, at, event)))
        }
        (Folded::User(user, mut beside), Event::User(event))
            if user.exists() && !is_first(event) =>
        {
            beside.add(UserId::new(key), at, event);
            Folded::User(Box::new(user::evolve(*user, at, event)), beside)
        }
        (Folded::Org(org), Event::Org(event)) => Folded::Org(evolve_org(org, at, event)),
        (Folded::Instance(instance), Event::Instance(event)) => {
            Folded::Instance(evolve_instance(instance, at, event))
        }
        (Folded::Intent(intent), Event::Intent(event)) if follows(&intent, event) => {
            Folded::Intent(Box::new(intent::evolve(*intent, at, event)))
        }
        (
            Folded::Broken
            | Folded::Session(_)
            | Folded::User(..)
            | Folded::Org(_)
            | Folded::Instance(_)
            | Folded::Intent(_),
            _,
        ) => Folded::Broken,
    }
}

/// What a first event makes.
fn begin(recorded: &RecordedEvent, event: &Event) -> Folded {
    let at = recorded.created_at;
    let key = recorded.aggregate.key();
    let made = match event {
        Event::Session(SessionEvent::Added(event)) => Some(Folded::Session(Box::new(
            session::added(SessionId::new(key), recorded.creator, at, event.clone()),
        ))),
        Event::Session(_) => None,
        Event::User(event) => user::first(UserId::new(key), OrgId::new(recorded.owner), at, event)
            .map(|user| Folded::User(Box::new(user), OfUser::default())),
        Event::Org(event) => first_org(OrgId::new(key), at, event).map(Folded::Org),
        Event::Instance(event) => {
            first_instance(InstanceId::new(key), at, event).map(Folded::Instance)
        }
        Event::Intent(event) => intent::first(IntentId::new(key), at, event)
            .map(|intent| Folded::Intent(Box::new(intent))),
    };
    made.unwrap_or(Folded::Broken)
}

/// Whether an intent that has come so far can go on like this.
const fn follows(intent: &Intent, event: &IntentEvent) -> bool {
    match event {
        IntentEvent::Started(_) => false,
        IntentEvent::Succeeded(_) | IntentEvent::Failed(_) => {
            matches!(intent.phase, Phase::Started { .. })
        }
        IntentEvent::Consumed(_) => matches!(intent.phase, Phase::Succeeded(_)),
    }
}

const fn is_first(event: &UserEvent) -> bool {
    matches!(event, UserEvent::HumanAdded(_) | UserEvent::MachineAdded(_))
}
