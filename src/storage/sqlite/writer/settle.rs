//! What became of a message or of events that were sent, within the transaction.

use super::super::error::Malformed;
use super::super::log::Entry;
use super::super::session_statements::Change;
use super::super::{cursors, orgs, outbox, sessions, users};
use super::Settle;
use super::apply::Pen;
use crate::domain::event::{Aggregate, Event, SessionEvent, UserEvent};
use crate::domain::ids::{Sequence, SessionId, UserId};
use crate::domain::notification::Message;
use crate::domain::permission::Authority;
use crate::domain::time::Timestamp;
use crate::domain::{session, user};
use crate::ports::{Settlement, StoreError};

/// Writes it.
pub(super) fn settle(pen: &mut Pen<'_>, request: &Settle) -> Result<(), StoreError> {
    let (id, settlement) = match request {
        Settle::Message { id, settlement } => (*id, settlement),
        Settle::Cursor(cursor) => return cursors::put(pen.connection, cursor),
    };
    match *settlement {
        Settlement::Delivered(at) => {
            if let Some((message, aggregate)) = outbox::about(pen.connection, id)? {
                sent(pen, at, message, aggregate)?;
            }
            outbox::remove(pen.connection, id)
        }
        Settlement::Dropped => outbox::remove(pen.connection, id),
        Settlement::Postponed(due_at) => outbox::postpone(pen.connection, id, due_at),
    }
}

/// Writes that a message was sent, unless its user is gone or its session has ended.
fn sent(
    pen: &mut Pen<'_>,
    at: Timestamp,
    message: Message,
    aggregate: Aggregate,
) -> Result<(), StoreError> {
    match (aggregate, message.sent()) {
        (Aggregate::User(id), Event::User(event)) => user_sent(pen, at, id, event),
        (Aggregate::Session(id), Event::Session(event)) => session_sent(pen, at, id, event),
        // Nobody queues such a message.
        _ => Ok(()),
    }
}

fn user_sent(
    pen: &mut Pen<'_>,
    at: Timestamp,
    id: UserId,
    event: UserEvent,
) -> Result<(), StoreError> {
    let Some(before) = users::load(pen.connection, id)? else {
        return Ok(());
    };
    if !before.exists() || before.human().is_none() {
        return Ok(());
    }
    // The clock may have gone back since the last event; the log may not.
    let at = at.max(before.changed_at);
    let expected = before.sequence;
    let owner = before.organization.key();
    let after = user::evolve(before, at, &event);
    let event = Event::User(event);
    append(pen, Aggregate::User(id), after.sequence, at, owner, &event)?;
    users::update(pen.connection, &after, expected)
}

fn session_sent(
    pen: &mut Pen<'_>,
    at: Timestamp,
    id: SessionId,
    event: SessionEvent,
) -> Result<(), StoreError> {
    let Some(before) = sessions::load(pen.connection, id)? else {
        return Ok(());
    };
    if before.live().is_none() {
        return Ok(());
    }
    let owner = orgs::load_instance(pen.connection)?
        .ok_or(Malformed::NoInstance)?
        .id
        .key();
    let at = at.max(before.changed_at);
    let expected = before.sequence;
    let after = session::evolve(before, at, &event);
    let event = Event::Session(event);
    append(
        pen,
        Aggregate::Session(id),
        after.sequence,
        at,
        owner,
        &event,
    )?;
    sessions::update(pen.connection, &after, expected, Change::Rest)
}

fn append(
    pen: &mut Pen<'_>,
    aggregate: Aggregate,
    sequence: Sequence,
    at: Timestamp,
    owner: i64,
    event: &Event,
) -> Result<(), StoreError> {
    let entry = Entry {
        aggregate,
        sequence,
        at,
        creator: Authority::system().actor(),
        owner,
        event,
    };
    pen.appender
        .append(pen.connection, pen.seal, pen.end, &[entry])
}
