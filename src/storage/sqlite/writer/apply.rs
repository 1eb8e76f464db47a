//! One commit within the transaction: first every condition, then every row.
//!
//! A commit that does not fit is refused before its first write, so that it leaves no trace and those
//! beside it in the batch go on.

use rusqlite::Connection;

use super::super::error::Malformed;
use super::super::log::{Appender, End, Entry};
use super::super::session_statements::Change;
use super::super::{idp_links, intents, orgs, outbox, sessions, side, users};
use crate::domain::event::{Aggregate, Event, UserEvent};
use crate::domain::ids::{Sequence, UserId};
use crate::domain::permission::Authority;
use crate::domain::session::{self, Session};
use crate::domain::user::UserState;
use crate::ports::{
    Append, Commit, Committed, ENDED_IDS, EndSessions, Ended, Seal, State, StoreError,
};

/// What a commit is written with.
pub(super) struct Pen<'a> {
    pub(super) connection: &'a Connection,
    pub(super) seal: &'a dyn Seal,
    pub(super) appender: &'a mut Appender,
    pub(super) end: &'a mut End,
}

/// Why a commit was not written.
#[derive(Debug)]
pub(super) enum Failure {
    /// It does not fit. Nothing was written, the transaction goes on.
    Refused(StoreError),
    /// The database failed in the middle. The transaction is worth nothing.
    Broken(StoreError),
}

impl<E: Into<StoreError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Checks a commit and writes it.
pub(super) fn commit(pen: &mut Pen<'_>, commit: &Commit) -> Result<Committed, Failure> {
    check(pen.connection, commit)?;
    for append in &commit.appends {
        write_events(pen, commit, append)?;
        write_row(pen.connection, append)?;
    }
    // After all rows: a membership may be written with the organisation and the user it names.
    for append in &commit.appends {
        let aggregate = append.state.aggregate();
        for event in &append.events {
            side::apply(pen.connection, aggregate, commit.at, event)?;
        }
    }
    // After what the events do: another username frees the names that the old one had.
    for (user, name) in &commit.login_names {
        side::give_name(pen.connection, *user, name)?;
    }
    for queued in &commit.queued {
        outbox::queue(pen.connection, commit.at, queued)?;
    }
    let ended = match &commit.end_sessions {
        Some(end) => end_sessions(pen, commit, end)?,
        None => Ended::default(),
    };
    Ok(Committed {
        position: pen.end.position,
        ended,
    })
}

fn check(connection: &Connection, commit: &Commit) -> Result<(), Failure> {
    for (index, append) in commit.appends.iter().enumerate() {
        well_formed(append).map_err(|error| Failure::Refused(error.into()))?;
        let aggregate = append.state.aggregate();
        let before = commit.appends.iter().take(index).rev();
        let current = match before
            .map(|earlier| &earlier.state)
            .find(|state| state.aggregate() == aggregate)
        {
            Some(state) => Some(state.sequence()),
            None => current_sequence(connection, aggregate)?,
        };
        match current {
            None if append.expected == Sequence::NONE => {}
            Some(current) if append.expected == current => {}
            Some(_) if append.expected == Sequence::NONE => {
                return Err(Failure::Refused(StoreError::Exists(aggregate)));
            }
            Some(_) | None => return Err(Failure::Refused(StoreError::Conflict(aggregate))),
        }
    }
    for user in &commit.active_users {
        if users::state(connection, *user)? != Some(UserState::Active) {
            return Err(Failure::Refused(StoreError::UserNotActive(*user)));
        }
    }
    if let Some((id, sequence)) = commit.end_sessions.as_ref().and_then(|end| end.keep)
        && sessions::sequence(connection, id)? != Some(sequence)
    {
        let kept = Aggregate::Session(id);
        return Err(Failure::Refused(StoreError::Conflict(kept)));
    }
    check_links(connection, &commit.appends)?;
    check_names(connection, &commit.login_names)
}

/// A user of an identity provider is one user here at most.
fn check_links(connection: &Connection, appends: &[Append]) -> Result<(), Failure> {
    let mut given = Vec::new();
    for event in appends.iter().flat_map(|append| &append.events) {
        let Event::User(UserEvent::IdpLinkAdded(added)) = event else {
            continue;
        };
        let link = (&added.idp_config_id, &added.user_id);
        if given.contains(&link) || idp_links::owner(connection, link.0, link.1)?.is_some() {
            return Err(Failure::Refused(StoreError::IdpLinkTaken));
        }
        given.push(link);
    }
    Ok(())
}

fn check_names(connection: &Connection, names: &[(UserId, String)]) -> Result<(), Failure> {
    for (index, (user, name)) in names.iter().enumerate() {
        let elsewhere = names
            .iter()
            .take(index)
            .any(|(other, same)| same == name && other != user);
        let owner = side::name_owner(connection, name)?;
        if elsewhere || owner.is_some_and(|owner| owner != *user) {
            return Err(Failure::Refused(StoreError::NameTaken));
        }
    }
    Ok(())
}

fn well_formed(append: &Append) -> Result<(), Malformed> {
    if append.events.is_empty() {
        return Err(Malformed::NoEvents);
    }
    if append.state.sequence() != append.expected.after(append.events.len()) {
        return Err(Malformed::Sequence);
    }
    let fits = |event: &Event| {
        matches!(
            (&append.state, event),
            (State::Session(_), Event::Session(_))
                | (State::User(_), Event::User(_))
                | (State::Org(_), Event::Org(_))
                | (State::Instance(_), Event::Instance(_))
                | (State::Intent(_), Event::Intent(_))
        )
    };
    if append.events.iter().all(fits) {
        Ok(())
    } else {
        Err(Malformed::Kind)
    }
}

fn current_sequence(
    connection: &Connection,
    aggregate: Aggregate,
) -> Result<Option<Sequence>, StoreError> {
    match aggregate {
        Aggregate::Session(id) => sessions::sequence(connection, id),
        Aggregate::User(id) => users::sequence(connection, id),
        Aggregate::Org(id) => orgs::sequence(connection, id),
        Aggregate::Instance(id) => orgs::instance_sequence(connection, id),
        Aggregate::Intent(id) => intents::sequence(connection, id),
    }
}

fn write_events(pen: &mut Pen<'_>, commit: &Commit, append: &Append) -> Result<(), StoreError> {
    let aggregate = append.state.aggregate();
    let mut sequence = append.expected;
    let mut entries = Vec::with_capacity(append.events.len());
    for event in &append.events {
        sequence = sequence.next();
        entries.push(Entry {
            aggregate,
            sequence,
            at: commit.at,
            creator: commit.creator,
            owner: append.owner,
            event,
        });
    }
    pen.appender
        .append(pen.connection, pen.seal, pen.end, &entries)
}

fn write_row(connection: &Connection, append: &Append) -> Result<(), StoreError> {
    let new = append.expected == Sequence::NONE;
    match &append.state {
        State::Session(session) if new => sessions::insert(connection, session),
        State::Session(session) => {
            let change = Change::of(&append.events);
            sessions::update(connection, session, append.expected, change)
        }
        State::User(user) if new => users::insert(connection, user),
        State::User(user) => users::update(connection, user, append.expected),
        State::Org(org) => orgs::write(connection, org, append.expected),
        State::Instance(instance) => orgs::write_instance(connection, instance, append.expected),
        State::Intent(intent) => intents::write(connection, intent, append.expected),
    }
}

/// Sessions that are read and ended at a time: a user may have any number of them.
const PAGE: usize = 500;

/// Ends the sessions that are there after the rest of the commit.
fn end_sessions(
    pen: &mut Pen<'_>,
    commit: &Commit,
    end: &EndSessions,
) -> Result<Ended, StoreError> {
    let mut ended = Ended::default();
    loop {
        let before = ended.count;
        // Those that have ended are not found again.
        let page = sessions::live_of(pen.connection, end, PAGE)?;
        end_page(pen, commit, end, page, &mut ended)?;
        if ended.count == before {
            return Ok(ended);
        }
    }
}

fn end_page(
    pen: &mut Pen<'_>,
    commit: &Commit,
    end: &EndSessions,
    page: Vec<Session>,
    ended: &mut Ended,
) -> Result<(), StoreError> {
    if page.is_empty() {
        return Ok(());
    }
    let owner = orgs::load_instance(pen.connection)?
        .ok_or(Malformed::NoInstance)?
        .id
        .key();
    let mut done = Vec::with_capacity(page.len());
    for session in page {
        let Some(live) = session.live() else {
            continue;
        };
        let event = live.terminate(&Authority::system(), end.reason);
        // The clock may have gone back since the session's last event; its log may not.
        let at = commit.at.max(session.changed_at);
        let expected = session.sequence;
        let session = session::evolve(session, at, &event);
        done.push((session, expected, at, Event::Session(event)));
    }
    let entries: Vec<_> = done
        .iter()
        .map(|(session, _, at, event)| Entry {
            aggregate: Aggregate::Session(session.id),
            sequence: session.sequence,
            at: *at,
            creator: commit.creator,
            owner,
            event,
        })
        .collect();
    pen.appender
        .append(pen.connection, pen.seal, pen.end, &entries)?;
    for (session, expected, ..) in &done {
        sessions::update(pen.connection, session, *expected, Change::End)?;
        ended.count += 1;
        if ended.ids.len() < ENDED_IDS {
            ended.ids.push(session.id);
        }
    }
    Ok(())
}
