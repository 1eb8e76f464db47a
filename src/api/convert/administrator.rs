//! Memberships: requests in, administrators out (adjacent.md section 8, Members).

use bartizan_proto::zitadel::filter::v2 as filters;
use bartizan_proto::zitadel::internal_permission::v2 as wire;
use wire::__buffa::oneof::{
    administrator, administrator_search_filter::Filter, resource_filter, resource_type,
};

use super::user_search::text_match;
use super::{comparison, moment_or_epoch, timestamp};
use crate::domain::error::Kind;
use crate::domain::ids::{OrgId, given_user_key};
use crate::domain::permission::Resource;
use crate::domain::user::login_name::login_name;
use crate::error::Error;
use crate::ports::{MemberFilter, MemberOrder, MemberText, MemberView};
use crate::query::{ListMembers, MemberList};

/// What roles are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Something that exists here.
    Resource(Resource),
    /// A project, or one that was granted: there are none.
    Project,
}

/// What a request names; `missing` is the id of the refusal where it names nothing.
///
/// # Errors
/// The refusal for a request that names nothing, or an organisation that cannot exist.
pub(crate) fn target(
    resource: Option<&wire::ResourceType>,
    missing: &'static str,
) -> Result<Target, Error> {
    use resource_type::Resource as Named;
    match resource.and_then(|resource| resource.resource.as_ref()) {
        Some(Named::Instance(_)) => Ok(Target::Resource(Resource::Instance)),
        Some(Named::OrganizationId(id)) => {
            // No organisation has the key 0, so that one that cannot exist is one that does not.
            let id = OrgId::parse(id).unwrap_or(OrgId::new(0));
            Ok(Target::Resource(Resource::Org(id)))
        }
        Some(Named::ProjectId(_) | Named::ProjectGrant(_)) => Ok(Target::Project),
        None => Err(Error::new(
            Kind::InvalidArgument,
            missing,
            "Errors.Invalid.Argument",
        )),
    }
}

/// The search of a `ListAdministratorsRequest`.
///
/// # Errors
/// `ORG-vR9nC` for a condition on a resource that is none.
pub(crate) fn list_members(request: wire::ListAdministratorsRequest) -> Result<ListMembers, Error> {
    let page = request.pagination.into_option().unwrap_or_default();
    Ok(ListMembers {
        filters: all(request.filters)?,
        order: match request.sorting_column.to_i32() {
            1 => MemberOrder::User,
            3 => MemberOrder::ChangeDate,
            _ => MemberOrder::CreationDate,
        },
        ascending: page.asc,
        offset: page.offset,
        limit: page.limit,
    })
}

fn all(filters: Vec<wire::AdministratorSearchFilter>) -> Result<Vec<MemberFilter>, Error> {
    filters.into_iter().map(one).collect()
}

/// The depth of nesting was bounded by the validation.
fn one(filter: wire::AdministratorSearchFilter) -> Result<MemberFilter, Error> {
    let Some(filter) = filter.filter else {
        return Ok(MemberFilter::Never);
    };
    Ok(match filter {
        Filter::CreationDate(filter) => {
            let at = moment_or_epoch(filter.timestamp.as_option());
            MemberFilter::CreatedAt(comparison(filter.method.to_i32()), at)
        }
        Filter::ChangeDate(filter) => {
            let at = moment_or_epoch(filter.timestamp.as_option());
            MemberFilter::ChangedAt(comparison(filter.method.to_i32()), at)
        }
        Filter::InUserIdsFilter(filter) => {
            MemberFilter::Users(filter.ids.iter().map(|id| given_user_key(id)).collect())
        }
        Filter::UserOrganizationId(filter) => {
            OrgId::parse(&filter.id).map_or(MemberFilter::Never, MemberFilter::UserOrganization)
        }
        Filter::UserPreferredLoginName(filter) => MemberFilter::Text(
            MemberText::LoginName,
            text_match(filter.preferred_login_name, filter.method.to_i32()),
        ),
        Filter::UserDisplayName(filter) => MemberFilter::Text(
            MemberText::DisplayName,
            text_match(filter.display_name, filter.method.to_i32()),
        ),
        Filter::Resource(filter) => resource(*filter)?,
        Filter::Role(filter) => MemberFilter::Role(filter.role_key),
        Filter::And(filter) => MemberFilter::And(all(filter.queries)?),
        Filter::Or(filter) => MemberFilter::Or(all(filter.queries)?),
        Filter::Not(filter) => {
            let negated = filter.query.into_option().unwrap_or_default();
            MemberFilter::Not(Box::new(one(negated)?))
        }
    })
}

fn resource(filter: wire::ResourceFilter) -> Result<MemberFilter, Error> {
    use resource_filter::Resource as Named;
    Ok(match filter.resource {
        Some(Named::Instance(true)) => MemberFilter::Resource(Resource::Instance),
        Some(Named::OrganizationId(id)) => OrgId::parse(&id).map_or(MemberFilter::Never, |id| {
            MemberFilter::Resource(Resource::Org(id))
        }),
        Some(Named::ProjectId(_) | Named::ProjectGrant(_)) => MemberFilter::Never,
        Some(Named::Instance(false)) | None => {
            return Err(Error::new(
                Kind::InvalidArgument,
                "ORG-vR9nC",
                "List.Query.Invalid",
            ));
        }
    })
}

/// The answer to a search.
pub(crate) fn administrators_page(
    list: MemberList,
    includes_domain: bool,
) -> wire::ListAdministratorsResponse {
    wire::ListAdministratorsResponse {
        pagination: filters::PaginationResponse {
            total_result: list.total,
            applied_limit: list.applied_limit.into(),
            ..Default::default()
        }
        .into(),
        administrators: list
            .members
            .into_iter()
            .map(|view| administrator(view, includes_domain))
            .collect(),
        ..Default::default()
    }
}

fn administrator(view: MemberView, includes_domain: bool) -> wire::Administrator {
    let resource = match view.member.resource {
        Resource::Instance => administrator::Resource::Instance(true),
        Resource::Org(id) => administrator::Resource::Organization(Box::new(wire::Organization {
            id: id.to_string(),
            name: view.resource_name,
            ..Default::default()
        })),
    };
    wire::Administrator {
        creation_date: timestamp(view.member.created_at).into(),
        change_date: timestamp(view.member.changed_at).into(),
        user: wire::User {
            id: view.public_id,
            preferred_login_name: login_name(&view.username, &view.org_domain, includes_domain),
            display_name: view.display_name,
            organization_id: view.organization.to_string(),
            ..Default::default()
        }
        .into(),
        resource: Some(resource),
        roles: view.member.roles,
        ..Default::default()
    }
}
