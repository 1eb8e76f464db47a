//! `events …`: reading the log.

mod follow;
mod record;

use super::args::{EventsCommand, Stream, Tail};
use super::failure::Failure;
use super::find;
use super::operator::Operator;
use crate::core::Core;
use crate::domain::event::{Aggregate, RecordedEvent};
use crate::domain::ids::{InstanceId, IntentId, OrgId, Position, SessionId};
use crate::ports::EventQuery;

use record::{EventRecord, HistoryRecord};

/// Events that are fetched at a time.
const PAGE: u32 = 1_000;

/// Does what the words say.
pub(super) async fn run(
    operator: &mut Operator<'_>,
    command: EventsCommand,
) -> Result<(), Failure> {
    match command {
        EventsCommand::Tail(args) => tail(operator, args).await,
        // Needs the file itself, see `run`.
        EventsCommand::Archive(_) => Ok(()),
        EventsCommand::Show { stream, id } => show(operator, stream, id.as_deref()).await,
    }
}

async fn tail(operator: &mut Operator<'_>, args: Tail) -> Result<(), Failure> {
    let core = &operator.core;
    let after = match args.after {
        Some(after) => after,
        None => core.store.head().await?.position.number() - i64::from(args.limit),
    };
    let after = Position::new(after.max(0));
    if args.follow {
        return follow::run(operator, after).await;
    }
    let events = read(core, after, None, u64::from(args.limit)).await?;
    let rows = records(&events)?;
    Ok(operator.output.list(&rows, "no events")?)
}

async fn show(
    operator: &mut Operator<'_>,
    stream: Stream,
    id: Option<&str>,
) -> Result<(), Failure> {
    let core = &operator.core;
    let id = id.unwrap_or_default();
    let no_id = || Failure::usage(format!("ids are decimal numbers: `{id}`"));
    let aggregate = match stream {
        Stream::Session => Aggregate::Session(SessionId::parse(id).ok_or_else(no_id)?),
        Stream::User => Aggregate::User(find::user_id(core, id).await?),
        Stream::Org => Aggregate::Org(OrgId::parse(id).ok_or_else(no_id)?),
        Stream::Instance if id.is_empty() => Aggregate::Instance(core.instance),
        Stream::Instance => Aggregate::Instance(InstanceId::parse(id).ok_or_else(no_id)?),
        Stream::Intent => Aggregate::Intent(IntentId::parse(id).ok_or_else(no_id)?),
    };
    let events = read(core, Position::START, Some(aggregate), u64::MAX).await?;
    let rows = records(&events)?
        .into_iter()
        .map(HistoryRecord)
        .collect::<Vec<_>>();
    Ok(operator
        .output
        .list(&rows, &format!("no events of {aggregate}"))?)
}

/// Reads page by page; `limit` events at most.
async fn read(
    core: &Core,
    mut after: Position,
    aggregate: Option<Aggregate>,
    limit: u64,
) -> Result<Vec<RecordedEvent>, Failure> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    loop {
        let rest = limit - events.len() as u64;
        let limit = u32::try_from(rest).unwrap_or(PAGE).min(PAGE);
        if limit == 0 {
            return Ok(events);
        }
        let query = EventQuery {
            after,
            aggregate,
            kind: None,
            limit,
        };
        let page = core.store.events(query).await?;
        let full = page.len() as u64 == u64::from(limit);
        after = page.last().map_or(after, |event| event.position);
        events.extend(page);
        if !full {
            return Ok(events);
        }
    }
}

fn records(events: &[RecordedEvent]) -> Result<Vec<EventRecord>, Failure> {
    events
        .iter()
        .map(|event| EventRecord::new(event).map_err(Failure::new))
        .collect()
}
