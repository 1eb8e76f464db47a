//! Searches for sessions (spec session-service.md section 9.2).

use bartizan_proto::zitadel::session::v2 as wire;
use bartizan_proto::zitadel::session::v2::__buffa::oneof::search_query::Query;

use super::{comparison, list_details, moment_or_epoch, session};
use crate::domain::error::Kind;
use crate::domain::ids::{SessionId, given_user_key};
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::ports::SessionFilter;
use crate::query::{ListSessions, SessionList};

/// The search of a `ListSessionsRequest`.
///
/// # Errors
/// `GRPC-x8n24uh` and `GRPC-x8n23uh` for an empty creator or fingerprint, and for the caller's own
/// fingerprint, which neither token can tell.
pub(crate) fn list_sessions(
    request: wire::ListSessionsRequest,
    caller: &Caller,
) -> Result<ListSessions, Error> {
    let page = request.query.into_option().unwrap_or_default();
    let by_creation =
        request.sorting_column.as_known() == Some(wire::SessionFieldName::CreationDate);
    let filters = request
        .queries
        .into_iter()
        .filter_map(|query| query.query)
        .map(|query| filter(query, caller))
        .collect::<Result<_, _>>()?;
    Ok(ListSessions {
        filters,
        // Without a sorting column `asc` has no effect; the order is newest first.
        ascending: by_creation && page.asc,
        offset: page.offset,
        limit: page.limit,
    })
}

fn filter(query: Query, caller: &Caller) -> Result<SessionFilter, Error> {
    Ok(match query {
        // What is no id matches nothing, like an id that nobody has.
        Query::IdsQuery(ids) => SessionFilter::Ids(
            ids.ids
                .iter()
                .filter_map(|id| SessionId::parse(id))
                .collect(),
        ),
        Query::UserIdQuery(user) => SessionFilter::User(given_user_key(&user.id)),
        Query::CreatorQuery(creator) => match creator.id.as_deref() {
            None => SessionFilter::Creator(caller.user),
            Some("") => return Err(invalid("GRPC-x8n24uh")),
            Some(id) => SessionFilter::Creator(given_user_key(id)),
        },
        Query::UserAgentQuery(agent) => match agent.fingerprint_id {
            Some(fingerprint) if !fingerprint.is_empty() => SessionFilter::Fingerprint(fingerprint),
            Some(_) | None => return Err(invalid("GRPC-x8n23uh")),
        },
        Query::CreationDateQuery(date) => SessionFilter::CreatedAt(
            comparison(date.method.to_i32()),
            moment_or_epoch(date.creation_date.as_option()),
        ),
        Query::ExpirationDateQuery(date) => SessionFilter::ExpiresAt(
            comparison(date.method.to_i32()),
            moment_or_epoch(date.expiration_date.as_option()),
        ),
    })
}

fn invalid(id: &'static str) -> Error {
    Error::new(Kind::InvalidArgument, id, "List.Query.Invalid")
}

/// The answer to a search.
pub(crate) fn sessions_page(
    list: SessionList,
    includes_domain: bool,
) -> wire::ListSessionsResponse {
    wire::ListSessionsResponse {
        details: list_details(list.total, list.timestamp).into(),
        sessions: list
            .sessions
            .into_iter()
            .map(|view| session(view, includes_domain))
            .collect(),
        ..wire::ListSessionsResponse::default()
    }
}
