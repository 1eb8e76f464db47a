//! The five calls of ZITADEL's first API that provisioning scripts make (adjacent.md section 11), so
//! that they need not be written anew. Each does what its successor does.
//!
//! Permission comes before the look at the request, as ZITADEL does where the method itself names one.

use bartizan_proto::zitadel::admin::v1 as admin;
use bartizan_proto::zitadel::management::v1 as management;

use super::convert::v1 as convert;
use super::validate::Validate as _;
use crate::command::{self, Details};
use crate::core::Core;
use crate::domain::ids::given_user_key;
use crate::domain::org::MemberChange;
use crate::domain::permission::{Caller, Permission, Resource};
use crate::error::Error;
use crate::query;

/// `AddMachineUser`, in the organisation that `x-zitadel-orgid` names or else the caller's.
pub(crate) async fn add_machine_user(
    core: &Core,
    caller: &Caller,
    request: management::AddMachineUserRequest,
) -> Result<management::AddMachineUserResponse, Error> {
    caller.may(Permission::UserWrite, Some(caller.organization))?;
    request.validate()?;
    let added = command::add_machine(core, caller, convert::add_machine(request)?).await?;
    Ok(management::AddMachineUserResponse {
        user_id: added.user.public_id(),
        details: convert::added(Details::of(&added.user)).into(),
        ..Default::default()
    })
}

/// `AddPersonalAccessToken`.
pub(crate) async fn add_personal_access_token(
    core: &Core,
    caller: &Caller,
    request: management::AddPersonalAccessTokenRequest,
) -> Result<management::AddPersonalAccessTokenResponse, Error> {
    caller.may(Permission::UserWrite, Some(caller.organization))?;
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let pat = command::add_pat(core, caller, user, convert::expiration(&request)).await?;
    Ok(management::AddPersonalAccessTokenResponse {
        token_id: pat.id.to_string(),
        token: pat.token.expose().to_owned(),
        details: convert::added(pat.details).into(),
        ..Default::default()
    })
}

/// `GetLoginPolicy`.
pub(crate) fn get_login_policy(
    core: &Core,
    caller: &Caller,
) -> Result<management::GetLoginPolicyResponse, Error> {
    let details = query::read_settings(core, caller)?;
    Ok(convert::login_policy(core, details))
}

/// `AddIAMMember`.
pub(crate) async fn add_iam_member(
    core: &Core,
    caller: &Caller,
    request: admin::AddIAMMemberRequest,
) -> Result<admin::AddIAMMemberResponse, Error> {
    caller.may(Permission::IamMemberWrite, Some(caller.organization))?;
    request.validate()?;
    let (user, change) = (given_user_key(&request.user_id), MemberChange::Add);
    let resource = Resource::Instance;
    let added = command::set_member(core, caller, user, resource, request.roles, change).await?;
    Ok(admin::AddIAMMemberResponse {
        details: convert::changed(added).into(),
        ..Default::default()
    })
}

/// `UpdateIAMMember`.
pub(crate) async fn update_iam_member(
    core: &Core,
    caller: &Caller,
    request: admin::UpdateIAMMemberRequest,
) -> Result<admin::UpdateIAMMemberResponse, Error> {
    caller.may(Permission::IamMemberWrite, Some(caller.organization))?;
    request.validate()?;
    let (user, change) = (given_user_key(&request.user_id), MemberChange::Update);
    let resource = Resource::Instance;
    let changed = command::set_member(core, caller, user, resource, request.roles, change).await?;
    Ok(admin::UpdateIAMMemberResponse {
        details: convert::changed(changed).into(),
        ..Default::default()
    })
}
