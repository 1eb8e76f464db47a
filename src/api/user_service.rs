//! `zitadel.user.v2.UserService`: each operation once, whatever the protocol.

use bartizan_proto::zitadel::user::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command::{self, UserChange};
use crate::core::Core;
use crate::domain::ids::{PatId, given_user_key};
use crate::domain::permission::Caller;
use crate::domain::secret::Secret;
use crate::domain::user::UserError;
use crate::error::Error;
use crate::query;

/// `AddHumanUser`.
pub(crate) async fn add_human_user(
    core: &Core,
    caller: &Caller,
    request: wire::AddHumanUserRequest,
) -> Result<wire::AddHumanUserResponse, Error> {
    request.validate()?;
    let added = command::add_human(core, caller, convert::add_human(request)?).await?;
    Ok(wire::AddHumanUserResponse {
        user_id: added.user.public_id(),
        details: convert::details(command::Details::of(&added.user)).into(),
        email_code: shown(added.email_code),
        phone_code: shown(added.phone_code),
        ..wire::AddHumanUserResponse::default()
    })
}

/// `CreateUser`.
pub(crate) async fn create_user(
    core: &Core,
    caller: &Caller,
    request: wire::CreateUserRequest,
) -> Result<wire::CreateUserResponse, Error> {
    request.validate()?;
    let (organization, new) = convert::create_user(request)?;
    let added = command::create_user(core, caller, organization, new).await?;
    Ok(wire::CreateUserResponse {
        id: added.user.public_id(),
        creation_date: convert::timestamp(added.user.created_at).into(),
        email_code: shown(added.email_code),
        phone_code: shown(added.phone_code),
        ..wire::CreateUserResponse::default()
    })
}

/// `UpdateUser`.
pub(crate) async fn update_user(
    core: &Core,
    caller: &Caller,
    request: wire::UpdateUserRequest,
) -> Result<wire::UpdateUserResponse, Error> {
    request.validate()?;
    let updated = command::update_user(core, caller, convert::update_user(request)?).await?;
    Ok(wire::UpdateUserResponse {
        change_date: convert::timestamp(updated.details.changed_at).into(),
        email_code: shown(updated.email_code),
        phone_code: shown(updated.phone_code),
        ..wire::UpdateUserResponse::default()
    })
}

/// `UpdateHumanUser`.
pub(crate) async fn update_human_user(
    core: &Core,
    caller: &Caller,
    request: wire::UpdateHumanUserRequest,
) -> Result<wire::UpdateHumanUserResponse, Error> {
    request.validate()?;
    let updated = command::update_user(core, caller, convert::update_human_user(request)?).await?;
    Ok(wire::UpdateHumanUserResponse {
        details: convert::details(updated.details).into(),
        email_code: shown(updated.email_code),
        phone_code: shown(updated.phone_code),
        ..wire::UpdateHumanUserResponse::default()
    })
}

/// A code that goes into the answer.
fn shown(code: Option<Secret>) -> Option<String> {
    code.map(|code| code.expose().to_owned())
}

/// `GetUserByID`.
pub(crate) async fn get_user_by_id(
    core: &Core,
    caller: &Caller,
    request: wire::GetUserByIDRequest,
) -> Result<wire::GetUserByIDResponse, Error> {
    request.validate()?;
    let view = query::get_user(core, caller, given_user_key(&request.user_id)).await?;
    Ok(wire::GetUserByIDResponse {
        details: convert::user_details(&view.user).into(),
        user: convert::user(view, core.policies.login_name_includes_domain).into(),
        ..wire::GetUserByIDResponse::default()
    })
}

/// `ListUsers`.
pub(crate) async fn list_users(
    core: &Core,
    caller: &Caller,
    request: wire::ListUsersRequest,
) -> Result<wire::ListUsersResponse, Error> {
    request.validate()?;
    let column = request.sorting_column;
    let list = query::list_users(core, caller, convert::list_users(request)).await?;
    Ok(convert::users_page(
        list,
        column,
        core.policies.login_name_includes_domain,
    ))
}

/// `SetPassword`.
pub(crate) async fn set_password(
    core: &Core,
    caller: &Caller,
    request: wire::SetPasswordRequest,
) -> Result<wire::SetPasswordResponse, Error> {
    request.validate()?;
    let details = command::set_password(core, caller, convert::set_password(request)?).await?;
    Ok(wire::SetPasswordResponse {
        details: convert::details(details).into(),
        ..wire::SetPasswordResponse::default()
    })
}

/// `RegisterTOTP`.
pub(crate) async fn register_totp(
    core: &Core,
    caller: &Caller,
    request: wire::RegisterTOTPRequest,
) -> Result<wire::RegisterTOTPResponse, Error> {
    request.validate()?;
    let registered = command::register_totp(core, caller, given_user_key(&request.user_id)).await?;
    Ok(wire::RegisterTOTPResponse {
        details: convert::details(registered.details).into(),
        uri: registered.uri.expose().to_owned(),
        secret: registered.secret.expose().to_owned(),
        ..wire::RegisterTOTPResponse::default()
    })
}

/// `VerifyTOTPRegistration`.
pub(crate) async fn verify_totp_registration(
    core: &Core,
    caller: &Caller,
    request: wire::VerifyTOTPRegistrationRequest,
) -> Result<wire::VerifyTOTPRegistrationResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let digits = Secret::new(request.code);
    let details = command::verify_totp(core, caller, user, &digits).await?;
    Ok(wire::VerifyTOTPRegistrationResponse {
        details: convert::details(details).into(),
        ..wire::VerifyTOTPRegistrationResponse::default()
    })
}

/// `RemoveTOTP`.
pub(crate) async fn remove_totp(
    core: &Core,
    caller: &Caller,
    request: wire::RemoveTOTPRequest,
) -> Result<wire::RemoveTOTPResponse, Error> {
    request.validate()?;
    let details = command::remove_totp(core, caller, given_user_key(&request.user_id)).await?;
    Ok(wire::RemoveTOTPResponse {
        details: convert::details(details).into(),
        ..wire::RemoveTOTPResponse::default()
    })
}

/// `ListAuthenticationMethodTypes`.
///
/// The domain of the query narrows passkeys and security keys alone, and all of them have one.
pub(crate) async fn list_authentication_method_types(
    core: &Core,
    caller: &Caller,
    request: wire::ListAuthenticationMethodTypesRequest,
) -> Result<wire::ListAuthenticationMethodTypesResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let domain = request.domain_query.as_option();
    let domain = domain.map(|query| query.domain.as_str());
    let found = query::list_authentication_methods(core, caller, user, domain).await?;
    Ok(convert::authentication_methods(found))
}

/// `ListAuthenticationFactors`.
pub(crate) async fn list_authentication_factors(
    core: &Core,
    caller: &Caller,
    request: wire::ListAuthenticationFactorsRequest,
) -> Result<wire::ListAuthenticationFactorsResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let found = query::list_authentication_factors(core, caller, user).await?;
    Ok(convert::authentication_factors(found, &request))
}

/// `AddPersonalAccessToken`.
pub(crate) async fn add_personal_access_token(
    core: &Core,
    caller: &Caller,
    request: wire::AddPersonalAccessTokenRequest,
) -> Result<wire::AddPersonalAccessTokenResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let expires_at = convert::expiration(request.expiration_date.as_option());
    let made = command::add_pat(core, caller, user, expires_at).await?;
    Ok(wire::AddPersonalAccessTokenResponse {
        creation_date: convert::timestamp(made.created_at).into(),
        token_id: made.id.to_string(),
        token: made.token.expose().to_owned(),
        ..wire::AddPersonalAccessTokenResponse::default()
    })
}

/// `RemovePersonalAccessToken`.
pub(crate) async fn remove_personal_access_token(
    core: &Core,
    caller: &Caller,
    request: wire::RemovePersonalAccessTokenRequest,
) -> Result<wire::RemovePersonalAccessTokenResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    // What is no id is a token that nobody has.
    let pat = PatId::parse(&request.token_id).ok_or(UserError::PatNotFound)?;
    let removed_at = command::remove_pat(core, caller, user, pat).await?;
    Ok(wire::RemovePersonalAccessTokenResponse {
        deletion_date: convert::timestamp(removed_at).into(),
        ..wire::RemovePersonalAccessTokenResponse::default()
    })
}

/// `ListPersonalAccessTokens`.
pub(crate) async fn list_personal_access_tokens(
    core: &Core,
    caller: &Caller,
    request: wire::ListPersonalAccessTokensRequest,
) -> Result<wire::ListPersonalAccessTokensResponse, Error> {
    request.validate()?;
    let list = query::list_pats(core, caller, convert::list_pats(request)).await?;
    Ok(convert::pats_page(list))
}

/// Declares the operations that differ in their messages alone.
macro_rules! state_change {
    ($( $(#[$doc:meta])* $name:ident($request:ident) -> $response:ident = $change:ident; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            core: &Core,
            caller: &Caller,
            request: wire::$request,
        ) -> Result<wire::$response, Error> {
            request.validate()?;
            let user = given_user_key(&request.user_id);
            let details = command::change_user(core, caller, user, UserChange::$change).await?;
            Ok(wire::$response { details: convert::details(details).into(), ..wire::$response::default() })
        }
    )+ };
}

state_change! {
    /// `LockUser`.
    lock_user(LockUserRequest) -> LockUserResponse = Lock;
    /// `UnlockUser`.
    unlock_user(UnlockUserRequest) -> UnlockUserResponse = Unlock;
    /// `DeactivateUser`.
    deactivate_user(DeactivateUserRequest) -> DeactivateUserResponse = Deactivate;
    /// `ReactivateUser`.
    reactivate_user(ReactivateUserRequest) -> ReactivateUserResponse = Reactivate;
    /// `DeleteUser`.
    delete_user(DeleteUserRequest) -> DeleteUserResponse = Remove;
}
