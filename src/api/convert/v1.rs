//! The first version of the API, as far as provisioning scripts use it (adjacent.md section 11).

use bartizan_proto::zitadel::management::v1 as management;
use bartizan_proto::zitadel::policy::v1 as policy;
use bartizan_proto::zitadel::v1::ObjectDetails;

use super::settings::{duration, second_factor};
use super::{moment, sequence, timestamp};
use crate::command::{AddMachine, Details};
use crate::core::Core;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::query::SettingsDetails;

/// Details of what was made.
pub(crate) fn added(details: Details) -> ObjectDetails {
    ObjectDetails {
        sequence: sequence(details.sequence),
        creation_date: timestamp(details.changed_at).into(),
        resource_owner: details.owner.to_string(),
        ..ObjectDetails::default()
    }
}

/// Details of what was changed.
pub(crate) fn changed(details: Details) -> ObjectDetails {
    ObjectDetails {
        sequence: sequence(details.sequence),
        change_date: timestamp(details.changed_at).into(),
        resource_owner: details.owner.to_string(),
        ..ObjectDetails::default()
    }
}

/// The command of an `AddMachineUserRequest`.
///
/// # Errors
/// 501 for a form of access tokens that is not made here.
pub(crate) fn add_machine(request: management::AddMachineUserRequest) -> Result<AddMachine, Error> {
    let bearer = management::AccessTokenType::ACCESS_TOKEN_TYPE_BEARER;
    if request.access_token_type != bearer {
        return Err(Error::unimplemented("field `accessTokenType`"));
    }
    Ok(AddMachine {
        id: Some(request.user_id).filter(|id| !id.is_empty()),
        organization: None,
        username: request.user_name,
        name: request.name,
        description: Some(request.description),
    })
}

/// The end of a token; one that never ends has none.
pub(crate) fn expiration(request: &management::AddPersonalAccessTokenRequest) -> Option<Timestamp> {
    request.expiration_date.as_option().map(moment)
}

/// The login policy, which is the instance's for all organisations.
pub(crate) fn login_policy(
    core: &Core,
    details: SettingsDetails,
) -> management::GetLoginPolicyResponse {
    let login = &core.policies.login;
    let passwordless = if login.allow_passkeys {
        policy::PasswordlessType::PASSWORDLESS_TYPE_ALLOWED
    } else {
        policy::PasswordlessType::PASSWORDLESS_TYPE_NOT_ALLOWED
    };
    let multi = policy::MultiFactorType::MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION;
    let shown = policy::LoginPolicy {
        details: ObjectDetails {
            sequence: 1,
            creation_date: timestamp(details.created_at).into(),
            change_date: timestamp(details.changed_at).into(),
            resource_owner: details.owner.to_string(),
            ..ObjectDetails::default()
        }
        .into(),
        allow_username_password: login.allow_username_password,
        allow_register: login.allow_register,
        allow_external_idp: login.allow_external_idp,
        force_mfa: login.force_mfa,
        passwordless_type: passwordless.into(),
        is_default: true,
        hide_password_reset: login.hide_password_reset,
        ignore_unknown_usernames: login.ignore_unknown_usernames,
        default_redirect_uri: login.default_redirect_uri.clone(),
        password_check_lifetime: duration(login.lifetimes.password).into(),
        external_login_check_lifetime: duration(login.lifetimes.external_login).into(),
        mfa_init_skip_lifetime: duration(login.lifetimes.mfa_init_skip).into(),
        second_factor_check_lifetime: duration(login.lifetimes.second_factor).into(),
        multi_factor_check_lifetime: duration(login.lifetimes.multi_factor).into(),
        // The numbers are those of the newer version.
        second_factors: login
            .second_factors
            .iter()
            .map(|factor| (second_factor(factor) as i32).into())
            .collect(),
        multi_factors: login
            .allow_multi_factor_passkey
            .then(|| multi.into())
            .into_iter()
            .collect(),
        allow_domain_discovery: login.allow_domain_discovery,
        disable_login_with_email: login.disable_login_with_email,
        disable_login_with_phone: login.disable_login_with_phone,
        force_mfa_local_only: login.force_mfa_local_only,
        ..policy::LoginPolicy::default()
    };
    management::GetLoginPolicyResponse {
        policy: shown.into(),
        is_default: true,
        ..management::GetLoginPolicyResponse::default()
    }
}
