//! Searches for organisations (adjacent.md section 10.2, `ListOrganizations`).

use bartizan_proto::zitadel::object::v2::Details as WireDetails;
use bartizan_proto::zitadel::org::v2 as wire;
use bartizan_proto::zitadel::org::v2::__buffa::oneof::search_query::Query;

use super::user_search::text_match;
use super::{list_details, sequence, timestamp};
use crate::core::Core;
use crate::domain::ids::OrgId;
use crate::domain::org::Org;
use crate::ports::{OrgFilter, OrgOrder};
use crate::query::{ListOrgs, OrgList};

/// Organisations are neither deactivated nor removed here.
const ACTIVE: wire::OrganizationState = wire::OrganizationState::ORGANIZATION_STATE_ACTIVE;

/// The search of a `ListOrganizationsRequest`.
pub(crate) fn list_orgs(core: &Core, request: wire::ListOrganizationsRequest) -> ListOrgs {
    let page = request.query.into_option().unwrap_or_default();
    let by_name =
        request.sorting_column == wire::OrganizationFieldName::ORGANIZATION_FIELD_NAME_NAME;
    ListOrgs {
        filters: request
            .queries
            .into_iter()
            .map(|query| filter(core, query))
            .collect(),
        order: if by_name {
            OrgOrder::Name
        } else {
            OrgOrder::CreationDate
        },
        // Without a sorting column the order is newest first.
        ascending: by_name && page.asc,
        offset: page.offset,
        limit: page.limit,
    }
}

fn filter(core: &Core, query: wire::SearchQuery) -> OrgFilter {
    match query.query {
        Some(Query::NameQuery(query)) => {
            OrgFilter::Name(text_match(query.name, query.method.to_i32()))
        }
        Some(Query::DomainQuery(query)) => {
            OrgFilter::Domain(text_match(query.domain, query.method.to_i32()))
        }
        Some(Query::StateQuery(query)) if query.state == ACTIVE => OrgFilter::All,
        Some(Query::StateQuery(_)) | None => OrgFilter::Never,
        Some(Query::IdQuery(query)) => {
            OrgId::parse(&query.id).map_or(OrgFilter::Never, OrgFilter::Id)
        }
        Some(Query::DefaultQuery(_)) => OrgFilter::Id(core.default_org),
    }
}

/// The answer to a search. The details are always there. As in ZITADEL, it does not repeat the
/// sorting column.
pub(crate) fn orgs_page(list: OrgList) -> wire::ListOrganizationsResponse {
    wire::ListOrganizationsResponse {
        details: list_details(list.total, list.timestamp).into(),
        result: list.orgs.into_iter().map(org).collect(),
        ..wire::ListOrganizationsResponse::default()
    }
}

fn org(org: Org) -> wire::Organization {
    wire::Organization {
        id: org.id.to_string(),
        details: WireDetails {
            sequence: sequence(org.sequence),
            change_date: timestamp(org.changed_at).into(),
            resource_owner: org.id.to_string(),
            creation_date: timestamp(org.created_at).into(),
            ..WireDetails::default()
        }
        .into(),
        state: ACTIVE.into(),
        name: org.name,
        primary_domain: org.primary_domain,
        ..wire::Organization::default()
    }
}
