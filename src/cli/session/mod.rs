//! `session …`: looking at sessions and ending them.

mod record;

use super::args::{SessionCommand, SessionList};
use super::failure::Failure;
use super::find;
use super::operator::Operator;
use super::pages::{self, Wanted};
use crate::command::terminate_session;
use crate::domain::ids::SessionId;
use crate::domain::user::login_name::login_name;
use crate::ports::{SessionFilter, SessionView};
use crate::query::{ListSessions, get_session, list_sessions};

use record::{Ended, SessionRecord};

/// Does what the words say.
pub(super) async fn run(
    operator: &mut Operator<'_>,
    command: SessionCommand,
) -> Result<(), Failure> {
    match command {
        SessionCommand::List(args) => list(operator, args).await,
        SessionCommand::Show { id } => show(operator, id).await,
        SessionCommand::Terminate { ids } => terminate(operator, ids).await,
    }
}

async fn list(operator: &mut Operator<'_>, args: SessionList) -> Result<(), Failure> {
    let core = &operator.core;
    let user = match (&args.user, &args.login_name) {
        (Some(named), _) => Some(find::user(core, named).await?),
        (None, Some(name)) => Some(find::by_login_name(core, name).await?),
        (None, None) => None,
    };
    let filters = Vec::from_iter(user.map(|user| SessionFilter::User(user.id)));
    let found = pages::collect(Wanted::new(args.limit, args.all), async |page| {
        let list = ListSessions {
            filters: filters.clone(),
            ascending: false,
            offset: page.offset,
            limit: page.limit,
        };
        let list = list_sessions(core, &operator.caller, list).await?;
        Ok((list.total, list.sessions))
    })
    .await?;
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|view| record(operator, view))
        .collect();
    operator.output.list(&rows, "no sessions")?;
    found.tell_rest(
        &mut operator.output,
        "sessions",
        "bartizan session list --all",
    );
    Ok(())
}

async fn show(operator: &mut Operator<'_>, id: SessionId) -> Result<(), Failure> {
    let view = get_session(&operator.core, &operator.caller, Some(id), None).await?;
    let record = record(operator, &view);
    Ok(operator.output.show(&record)?)
}

/// Each on its own: one that cannot be ended does not keep the others alive.
async fn terminate(operator: &mut Operator<'_>, ids: Vec<SessionId>) -> Result<(), Failure> {
    let mut ended = Vec::with_capacity(ids.len());
    let count = ids.len();
    for id in ids {
        match terminate_session(&operator.core, &operator.caller, Some(id), None).await {
            Ok(Some(session)) => ended.push(Ended::of(&session)),
            Ok(None) => {
                let sentence = format!("no session has this id: `{id}`");
                operator.output.message(&sentence);
            }
            Err(error) => {
                let sentence = format!("session `{id}` is not ended: {error}");
                operator.output.message(&sentence);
            }
        }
    }
    let missed = count - ended.len();
    let sentence = match count - missed {
        1 => "1 session ended".to_owned(),
        count => format!("{count} sessions ended"),
    };
    operator.output.changed(&ended, &sentence)?;
    if missed == 0 {
        return Ok(());
    }
    Err(
        Failure::message(format!("{missed} of {count} sessions were not ended"))
            .hint("list sessions with `bartizan session list`"),
    )
}

fn record(operator: &Operator<'_>, view: &SessionView) -> SessionRecord {
    let core = &operator.core;
    let includes_domain = core.policies.login_name_includes_domain;
    let name = view
        .user
        .as_ref()
        .map(|user| login_name(&user.username, &user.org_domain, includes_domain));
    SessionRecord::new(view, name, core.clock.now())
}
