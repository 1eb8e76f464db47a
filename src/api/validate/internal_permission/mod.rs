//! Requests of the internal permission service.

use bartizan_proto::zitadel::internal_permission::v2;
use v2::__buffa::oneof::administrator_search_filter::Filter;

use super::rule::{At, between, defined, distinct, each, embedded, missing, only_true, optional};
use super::{Invalid, Validate};

/// How many `or`, `and` and `not` may stand around a filter; as around the queries of users.
const LEVELS: usize = 20;

/// Implements the rules of the two requests that give roles.
macro_rules! gives_roles {
    ($( $message:ident )+) => { $(
        impl Validate for v2::$message {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.user_id, 1, 200).at(concat!(stringify!($message), ".UserId"))?;
                optional(self.resource.as_option(), embedded)
                    .at(concat!(stringify!($message), ".Resource"))?;
                for (index, role) in self.roles.iter().enumerate() {
                    let field = format!("{}.Roles[{index}]", stringify!($message));
                    distinct(&self.roles, index).at(&field)?;
                    between(role, 1, 200).at(&field)?;
                }
                Ok(())
            }
        }
    )+ };
}

gives_roles! {
    CreateAdministratorRequest
    UpdateAdministratorRequest
}

impl Validate for v2::DeleteAdministratorRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("DeleteAdministratorRequest.UserId")?;
        optional(self.resource.as_option(), embedded).at("DeleteAdministratorRequest.Resource")
    }
}

impl Validate for v2::ResourceType {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::resource_type::Resource;
        match &self.resource {
            None => missing().at("ResourceType.Resource"),
            Some(Resource::Instance(instance)) => only_true(*instance).at("ResourceType.Instance"),
            Some(
                Resource::OrganizationId(_) | Resource::ProjectId(_) | Resource::ProjectGrant(_),
            ) => Ok(()),
        }
    }
}

impl Validate for v2::ListAdministratorsRequest {
    fn validate(&self) -> Result<(), Invalid> {
        // First of all, because the rules below follow the filters into any depth.
        if self
            .filters
            .iter()
            .any(|filter| deeper_than(filter, LEVELS))
        {
            return Err(Invalid::TooDeep);
        }
        each(&self.filters).at("ListAdministratorsRequest.Filters")
    }
}

/// Whether filters lie in more than so many levels of other filters.
fn deeper_than(filter: &v2::AdministratorSearchFilter, levels: usize) -> bool {
    let inner = match &filter.filter {
        Some(Filter::Or(or)) => &or.queries[..],
        Some(Filter::And(and)) => &and.queries[..],
        Some(Filter::Not(not)) => not.query.as_option().map_or(&[][..], std::slice::from_ref),
        _ => &[],
    };
    match levels.checked_sub(1) {
        None => !inner.is_empty(),
        Some(levels) => inner.iter().any(|filter| deeper_than(filter, levels)),
    }
}

impl Validate for v2::AdministratorSearchFilter {
    fn validate(&self) -> Result<(), Invalid> {
        let Some(filter) = &self.filter else {
            return missing().at("AdministratorSearchFilter.Filter");
        };
        match filter {
            Filter::CreationDate(filter) => {
                embedded(&**filter).at("AdministratorSearchFilter.CreationDate")
            }
            Filter::ChangeDate(filter) => {
                embedded(&**filter).at("AdministratorSearchFilter.ChangeDate")
            }
            Filter::UserOrganizationId(filter) => {
                embedded(&**filter).at("AdministratorSearchFilter.UserOrganizationId")
            }
            Filter::UserPreferredLoginName(filter) => {
                embedded(&**filter).at("AdministratorSearchFilter.UserPreferredLoginName")
            }
            Filter::UserDisplayName(filter) => {
                embedded(&**filter).at("AdministratorSearchFilter.UserDisplayName")
            }
            Filter::Role(filter) => embedded(&**filter).at("AdministratorSearchFilter.Role"),
            Filter::And(filter) => embedded(&**filter).at("AdministratorSearchFilter.And"),
            Filter::Or(filter) => embedded(&**filter).at("AdministratorSearchFilter.Or"),
            Filter::Not(filter) => embedded(&**filter).at("AdministratorSearchFilter.Not"),
            Filter::InUserIdsFilter(_) | Filter::Resource(_) => Ok(()),
        }
    }
}

impl Validate for v2::UserPreferredLoginNameFilter {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.preferred_login_name, 1, 200)
            .at("UserPreferredLoginNameFilter.PreferredLoginName")?;
        defined(self.method).at("UserPreferredLoginNameFilter.Method")
    }
}

impl Validate for v2::UserDisplayNameFilter {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.display_name, 1, 200).at("UserDisplayNameFilter.DisplayName")?;
        defined(self.method).at("UserDisplayNameFilter.Method")
    }
}

impl Validate for v2::RoleFilter {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.role_key, 1, 200).at("RoleFilter.RoleKey")
    }
}

impl Validate for v2::AndFilter {
    fn validate(&self) -> Result<(), Invalid> {
        each(&self.queries).at("AndFilter.Queries")
    }
}

impl Validate for v2::OrFilter {
    fn validate(&self) -> Result<(), Invalid> {
        each(&self.queries).at("OrFilter.Queries")
    }
}

impl Validate for v2::NotFilter {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.query.as_option(), embedded).at("NotFilter.Query")
    }
}

#[cfg(test)]
mod tests;
