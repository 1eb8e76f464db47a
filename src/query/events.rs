//! Following the log of events.

use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::event::AggregateType;
use crate::domain::permission::{Caller, Permission};
use crate::error::Error;
use crate::ports::{Stretch, TailQuery};

/// Reads the events behind a position, for a caller with `events.read` on the instance.
///
/// Where `gaps` are not allowed, events that were archived are an error instead of missing in silence,
/// at the beginning and not only where they are missing.
/// Only sessions are archived, so that whoever asks for others does not miss any.
///
/// # Errors
/// What the permission check says; 400 `BTZ-Ev4rc` where events are missing, 400 `BTZ-Ev4fu` for a
/// position that the log has not reached, as after a restore.
pub async fn follow_events(
    core: &Core,
    caller: &Caller,
    query: TailQuery,
    gaps: bool,
) -> Result<Stretch, Error> {
    caller.may(Permission::EventsRead, None)?;
    let after = query.after;
    let sessions = query.kinds.is_empty() || query.kinds.contains(&AggregateType::Session);
    let stretch = core.store.tail(query).await?;
    if after > stretch.end {
        let text = format!(
            "The log ends at position {} and does not reach {after}",
            stretch.end
        );
        return Err(Error::new(Kind::FailedPrecondition, "BTZ-Ev4fu", text));
    }
    if let Some(last) = stretch.archived.filter(|_| sessions && !gaps) {
        let text = format!(
            "Events of sessions between the positions {after} and {last} were archived: begin at {last}, or allow gaps"
        );
        return Err(Error::new(Kind::FailedPrecondition, "BTZ-Ev4rc", text));
    }
    Ok(stretch)
}
