//! Personal access tokens (adjacent.md section 7).

use bartizan_proto::buffa::EnumValue;
use bartizan_proto::buffa_types::google::protobuf::Timestamp as WireTimestamp;
use bartizan_proto::zitadel::filter::v2 as filter;
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::personal_access_tokens_search_filter::Filter;

use super::{YEAR_ONE, comparison, moment, moment_or_epoch, timestamp};
use crate::domain::ids::{OrgId, PatId, given_user_key};
use crate::domain::time::Timestamp;
use crate::ports::{PatFilter, PatOrder, PatView};
use crate::query::{ListPats, PatList};

/// When a new token ends; `None` for never. The zero time of Go, year 1, is what its clients send for
/// "not set".
pub(crate) fn expiration(wire: Option<&WireTimestamp>) -> Option<Timestamp> {
    wire.map(moment).filter(|moment| *moment != YEAR_ONE)
}

/// The search of a `ListPersonalAccessTokensRequest`.
pub(crate) fn list_pats(request: wire::ListPersonalAccessTokensRequest) -> ListPats {
    let page = request.pagination.into_option().unwrap_or_default();
    let filters = request.filters.into_iter();
    ListPats {
        filters: filters
            .filter_map(|filter| filter.filter)
            .map(condition)
            .collect(),
        order: request.sorting_column.map(order).unwrap_or_default(),
        ascending: page.asc,
        offset: page.offset,
        limit: page.limit,
    }
}

/// What is no id matches nothing, like an id that nobody has.
fn condition(filter: Filter) -> PatFilter {
    match filter {
        Filter::TokenIdFilter(id) => PatId::parse(&id.id).map_or(PatFilter::Never, PatFilter::Id),
        Filter::UserIdFilter(id) => PatFilter::User(given_user_key(&id.id)),
        Filter::OrganizationIdFilter(id) => {
            OrgId::parse(&id.id).map_or(PatFilter::Never, PatFilter::Organization)
        }
        Filter::CreatedDateFilter(date) => {
            let at = moment_or_epoch(date.timestamp.as_option());
            PatFilter::CreatedAt(comparison(date.method.to_i32()), at)
        }
        Filter::ExpirationDateFilter(date) => {
            let at = moment_or_epoch(date.timestamp.as_option());
            PatFilter::ExpiresAt(comparison(date.method.to_i32()), at)
        }
    }
}

fn order(column: EnumValue<wire::PersonalAccessTokenFieldName>) -> PatOrder {
    match column.to_i32() {
        2 => PatOrder::Id,
        3 => PatOrder::User,
        4 => PatOrder::Organization,
        5 => PatOrder::ExpirationDate,
        _ => PatOrder::CreationDate,
    }
}

/// The answer to a search.
pub(crate) fn pats_page(list: PatList) -> wire::ListPersonalAccessTokensResponse {
    wire::ListPersonalAccessTokensResponse {
        pagination: filter::PaginationResponse {
            total_result: list.total,
            applied_limit: u64::from(list.applied_limit),
            ..filter::PaginationResponse::default()
        }
        .into(),
        result: list.pats.into_iter().map(pat).collect(),
        ..wire::ListPersonalAccessTokensResponse::default()
    }
}

/// A token never changes: both dates are that of its making.
fn pat(view: PatView) -> wire::PersonalAccessToken {
    wire::PersonalAccessToken {
        creation_date: timestamp(view.created_at).into(),
        change_date: timestamp(view.created_at).into(),
        id: view.id.to_string(),
        user_id: view.user,
        organization_id: view.organization.to_string(),
        expiration_date: timestamp(view.expires_at).into(),
        ..wire::PersonalAccessToken::default()
    }
}
