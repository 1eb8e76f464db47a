//! `zitadel.internal_permission.v2.InternalPermissionService`: who has which roles. There are no
//! projects, so that roles on one are answered as ZITADEL answers for one that does not exist.

use bartizan_proto::zitadel::internal_permission::v2 as wire;

use super::convert::{self, Target};
use super::validate::Validate as _;
use crate::command;
use crate::core::Core;
use crate::domain::ids::given_user_key;
use crate::domain::org::{MemberChange, ProjectMemberError};
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::query;

/// `CreateAdministrator`.
///
/// # Errors
/// A request that breaks a rule or names no resource; roles that are empty or do not fit; a user,
/// organisation or project that does not exist; a user that has roles there already; what the
/// permission check says.
pub(crate) async fn create_administrator(
    core: &Core,
    caller: &Caller,
    request: wire::CreateAdministratorRequest,
) -> Result<wire::CreateAdministratorResponse, Error> {
    request.validate()?;
    let target = convert::target(request.resource.as_option(), "ADMIN-IbPp47HDP5")?;
    let Target::Resource(resource) = target else {
        return Err(ProjectMemberError::ProjectNotFound.into());
    };
    let user = given_user_key(&request.user_id);
    let change = MemberChange::Add;
    let created = command::set_member(core, caller, user, resource, request.roles, change).await?;
    Ok(wire::CreateAdministratorResponse {
        creation_date: convert::timestamp(created.changed_at).into(),
        ..Default::default()
    })
}

/// `UpdateAdministrator`. Roles that the user has already are a success.
///
/// # Errors
/// As [`create_administrator`], but for a user that has no roles there.
pub(crate) async fn update_administrator(
    core: &Core,
    caller: &Caller,
    request: wire::UpdateAdministratorRequest,
) -> Result<wire::UpdateAdministratorResponse, Error> {
    request.validate()?;
    let target = convert::target(request.resource.as_option(), "ADMIN-i0V2IbdloZ")?;
    let Target::Resource(resource) = target else {
        return Err(ProjectMemberError::NotFound.into());
    };
    let user = given_user_key(&request.user_id);
    let change = MemberChange::Update;
    let changed = command::set_member(core, caller, user, resource, request.roles, change).await?;
    Ok(wire::UpdateAdministratorResponse {
        change_date: convert::timestamp(changed.changed_at).into(),
        ..Default::default()
    })
}

/// `DeleteAdministrator`. Nothing to delete is a success without a date.
///
/// # Errors
/// A request that breaks a rule or names no resource; what the permission check says.
pub(crate) async fn delete_administrator(
    core: &Core,
    caller: &Caller,
    request: wire::DeleteAdministratorRequest,
) -> Result<wire::DeleteAdministratorResponse, Error> {
    request.validate()?;
    let removed = match convert::target(request.resource.as_option(), "ADMIN-3UOjLtuohh")? {
        Target::Resource(resource) => {
            let user = given_user_key(&request.user_id);
            command::remove_member(core, caller, user, resource).await?
        }
        Target::Project => None,
    };
    Ok(wire::DeleteAdministratorResponse {
        deletion_date: removed.map(convert::timestamp).into(),
        ..Default::default()
    })
}

/// `ListAdministrators`: those that the caller may read.
///
/// # Errors
/// A request that breaks a rule; `QUERY-4M0fs` for a limit beyond the maximum.
pub(crate) async fn list_administrators(
    core: &Core,
    caller: &Caller,
    request: wire::ListAdministratorsRequest,
) -> Result<wire::ListAdministratorsResponse, Error> {
    request.validate()?;
    let list = query::list_members(core, caller, convert::list_members(request)?).await?;
    Ok(convert::administrators_page(
        list,
        core.policies.login_name_includes_domain,
    ))
}
