//! Which operation a method and a path ask for.
//!
//! The rules are those of the gateway in front of ZITADEL (spec session-service.md section 1.2): a
//! path is decoded *before* it is split, a variable takes exactly one segment and that may be
//! empty, and nothing is cleaned up, so that `/v2/sessions/` is a session with an empty id and
//! `/v2/sessions/1/` is nothing at all.

mod decode;
pub(crate) mod query;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use self::decode::{Undecodable, decode};
pub use self::query::session_token;
use self::table::{GROUPS, Method, Route};
use crate::domain::error::Kind;
use crate::error::Error;

/// Which package of the session service is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `zitadel.session.v2`.
    V2,
    /// `zitadel.session.v2beta`.
    V2Beta,
}

/// An operation of the session service; the paths are those of `v2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionOperation {
    /// `POST /v2/sessions`
    Create,
    /// `GET /v2/sessions/{session_id}`
    Get,
    /// `POST /v2/sessions/search`
    List,
    /// `PATCH /v2/sessions/{session_id}`
    Set,
    /// `DELETE /v2/sessions/{session_id}`
    Delete,
}

/// An operation of the user service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOperation {
    /// `POST /v2/users/human`
    AddHumanUser,
    /// `PUT /v2/users/human/{user_id}`
    UpdateHumanUser,
    /// `GET /v2/users/{user_id}`
    GetUserById,
    /// `POST /v2/users`
    ListUsers,
    /// `DELETE /v2/users/{user_id}`
    DeleteUser,
    /// `POST /v2/users/{user_id}/password`
    SetPassword,
    /// Of what a user can log in with.
    Authentication(AuthenticationOperation),
    /// Of addresses and the codes that are sent there.
    Code(CodeOperation),
    /// On passkeys and security keys.
    WebAuthn(WebAuthnOperation),
    /// On one-time codes.
    Otp(OtpOperation),
    /// `POST /v2/users/{user_id}/lock`
    LockUser,
    /// `POST /v2/users/{user_id}/unlock`
    UnlockUser,
    /// `POST /v2/users/{user_id}/deactivate`
    DeactivateUser,
    /// `POST /v2/users/{user_id}/reactivate`
    ReactivateUser,
}

/// An operation of the user service that is about what a user can log in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationOperation {
    /// `POST /v2/users/{user_id}/totp`
    RegisterTotp,
    /// `POST /v2/users/{user_id}/totp/verify`
    VerifyTotpRegistration,
    /// `DELETE /v2/users/{user_id}/totp`
    RemoveTotp,
    /// `GET /v2/users/{user_id}/authentication_methods`
    ListAuthenticationMethodTypes,
    /// `POST /v2/users/{user_id}/authentication_factors/_search`
    ListAuthenticationFactors,
}

/// An operation of the user service that is about addresses and the codes that are sent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOperation {
    /// `POST /v2/users/{user_id}/email`
    SetEmail,
    /// `POST /v2/users/{user_id}/email/send`
    SendEmailCode,
    /// `POST /v2/users/{user_id}/email/resend`
    ResendEmailCode,
    /// `POST /v2/users/{user_id}/email/verify`
    VerifyEmail,
    /// `POST /v2/users/{user_id}/phone`
    SetPhone,
    /// `DELETE /v2/users/{user_id}/phone`
    RemovePhone,
    /// `POST /v2/users/{user_id}/phone/resend`
    ResendPhoneCode,
    /// `POST /v2/users/{user_id}/phone/verify`
    VerifyPhone,
    /// `POST /v2/users/{user_id}/password_reset`
    PasswordReset,
    /// `POST /v2/users/{user_id}/invite_code`
    CreateInviteCode,
    /// `POST /v2/users/{user_id}/invite_code/resend`
    ResendInviteCode,
    /// `POST /v2/users/{user_id}/invite_code/verify`
    VerifyInviteCode,
    /// `POST /v2/users/{user_id}/mfa_init_skipped`
    HumanMfaInitSkipped,
}

/// An operation of the user service on passkeys and security keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebAuthnOperation {
    /// `POST /v2/users/{user_id}/passkeys/registration_link`
    CreatePasskeyRegistrationLink,
    /// `POST /v2/users/{user_id}/passkeys`
    RegisterPasskey,
    /// `POST /v2/users/{user_id}/passkeys/{passkey_id}`
    VerifyPasskeyRegistration,
    /// `POST /v2/users/{user_id}/passkeys/_search`
    ListPasskeys,
    /// `DELETE /v2/users/{user_id}/passkeys/{passkey_id}`
    RemovePasskey,
    /// `POST /v2/users/{user_id}/u2f`
    RegisterU2f,
    /// `POST /v2/users/{user_id}/u2f/{u2f_id}`
    VerifyU2fRegistration,
    /// `DELETE /v2/users/{user_id}/u2f/{u2f_id}`
    RemoveU2f,
}

/// An operation of the user service on one-time codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpOperation {
    /// `POST /v2/users/{user_id}/otp_sms`
    AddOtpSms,
    /// `DELETE /v2/users/{user_id}/otp_sms`
    RemoveOtpSms,
    /// `POST /v2/users/{user_id}/otp_email`
    AddOtpEmail,
    /// `DELETE /v2/users/{user_id}/otp_email`
    RemoveOtpEmail,
    /// `POST /v2/users/{user_id}/recovery_codes`
    GenerateRecoveryCodes,
    /// `DELETE /v2/users/{user_id}/recovery_codes`
    RemoveRecoveryCodes,
}

/// An operation of the settings service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsOperation {
    /// `GET /v2/settings`
    General,
    /// `GET /v2/settings/login`
    Login,
    /// `GET /v2/settings/login/idps`
    IdentityProviders,
    /// `GET /v2/settings/password/complexity`
    Complexity,
    /// `GET /v2/settings/password/expiry`
    Expiry,
    /// `GET /v2/settings/branding`
    Branding,
    /// `GET /v2/settings/domain`
    Domain,
    /// `GET /v2/settings/legal_support`
    Legal,
    /// `GET /v2/settings/lockout`
    Lockout,
    /// `GET /v2/settings/security`
    Security,
    /// `GET /v2/settings/hosted_login_translation`
    Translation,
}

/// An operation that is about identity providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdpOperation {
    /// `GET /v2/idps/{id}`
    Get,
    /// `POST /v2/idp_intents`
    StartIntent,
    /// `POST /v2/idp_intents/{idp_intent_id}`
    RetrieveIntent,
    /// `POST /v2/users/{user_id}/links`
    AddLink,
    /// `POST /v2/users/{user_id}/links/_search`
    ListLinks,
    /// `DELETE /v2/users/{user_id}/links/{idp_id}/{linked_user_id}`
    RemoveLink,
}

/// An operation of the first version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum V1Operation {
    /// `POST /management/v1/users/machine`
    AddMachineUser,
    /// `POST /management/v1/users/{user_id}/pats`
    AddPersonalAccessToken,
    /// `GET /management/v1/policies/login`
    GetLoginPolicy,
    /// `POST /admin/v1/members`
    AddIamMember,
    /// `PUT /admin/v1/members/{user_id}`
    UpdateIamMember,
}

/// An operation of the logout service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutOperation {
    /// `POST /bartizan/v1/users/{user_id}/logout`
    User,
    /// `POST /bartizan/v1/sessions/logout_others`
    Others,
    /// `POST /bartizan/v1/user_agents/{fingerprint_id}/logout`
    UserAgent,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Of the session service.
    Session(Version, SessionOperation),
    /// Of the user service.
    User(UserOperation),
    /// Of the settings service.
    Settings(SettingsOperation),
    /// About identity providers.
    Idp(IdpOperation),
    /// `POST /v2/organizations/_search`
    ListOrganizations,
    /// Of the first version of the API.
    V1(V1Operation),
    /// Of the logout service.
    Logout(LogoutOperation),
    /// A documented route whose operation, named here, this version lacks: to
    /// be answered with `Unimplemented` after authentication, so that nobody takes it for a typo.
    NotYet(&'static str),
}

/// How many variables a pattern has at most.
const VARIABLES: usize = 3;

/// Where in a path a variable stands.
type Span = (usize, usize);

/// An operation and what the path says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'p> {
    route: &'static Route,
    path: Cow<'p, str>,
    variables: [Span; VARIABLES],
}

impl Match<'_> {
    /// What is asked for.
    pub fn operation(&self) -> Operation {
        self.route.operation
    }

    /// The method and the pattern of its route.
    pub fn route(&self) -> (&'static str, &'static str) {
        (self.route.method.name(), self.route.pattern)
    }

    /// A variable of the path, counted from 0; empty if the pattern has fewer.
    pub fn variable(&self, index: usize) -> &str {
        let (from, to) = self.variables.get(index).copied().unwrap_or_default();
        self.path.get(from..to).unwrap_or_default()
    }
}

/// The methods that a path takes; `Display` writes them as the header `Allow` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed([bool; Method::ALL.len()]);

impl fmt::Display for Allowed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = Method::ALL.into_iter().zip(self.0).filter(|pair| pair.1);
        for (place, (method, _)) in allowed.enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(out, "{comma}{}", method.name())?;
        }
        Ok(())
    }
}

/// Why no operation takes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrouted {
    /// No route has this path.
    NotFound,
    /// Routes have this path, but with other methods.
    MethodNotAllowed(Allowed),
    /// The path has a percent sign without two hexadecimal digits after it; here it is.
    MalformedEscape(String),
    /// The path is not UTF-8 once it is decoded.
    InvalidUtf8,
}

impl From<&Unrouted> for Error {
    fn from(unrouted: &Unrouted) -> Self {
        match unrouted {
            Unrouted::NotFound => Self::plain(Kind::NotFound, "Not Found"),
            Unrouted::MethodNotAllowed(_) => Self::plain(Kind::Unimplemented, "Method Not Allowed"),
            Unrouted::MalformedEscape(escape) => Self::plain(
                Kind::InvalidArgument,
                format!("malformed path escape {escape:?}"),
            ),
            Unrouted::InvalidUtf8 => {
                Self::plain(Kind::InvalidArgument, "path contains invalid UTF-8")
            }
        }
    }
}

impl From<Undecodable> for Unrouted {
    fn from(undecodable: Undecodable) -> Self {
        match undecodable {
            Undecodable::Escape(escape) => Self::MalformedEscape(escape),
            Undecodable::Utf8 => Self::InvalidUtf8,
        }
    }
}

/// The operation that takes a method and a path as they stand in the request line.
///
/// The method comes as text because the server and its protocols each have a type of their own for
/// it. HEAD is a method like any other and no route has it; OPTIONS never comes here if the
/// server answers it for CORS.
///
/// # Errors
/// If the path cannot be decoded, if no route has it, or if none has it with this method.
pub fn route<'p>(method: &str, raw_path: &'p str) -> Result<Match<'p>, Unrouted> {
    let path = decode(raw_path)?;
    let mut allowed = Allowed::default();
    let group = GROUPS
        .iter()
        .find(|group| path.starts_with(group.prefix))
        .ok_or(Unrouted::NotFound)?;
    for route in group.routes {
        let Some(variables) = captures(route.pattern, &path, group.prefix.len()) else {
            continue;
        };
        if route.method.name() == method {
            return Ok(Match {
                route,
                path,
                variables,
            });
        }
        for (slot, other) in allowed.0.iter_mut().zip(Method::ALL) {
            *slot |= other == route.method;
        }
    }
    Err(if allowed == Allowed::default() {
        Unrouted::NotFound
    } else {
        Unrouted::MethodNotAllowed(allowed)
    })
}

/// Where the variables of a pattern stand in a path, if the path fits; both are known to start
/// with the same so many bytes.
fn captures(pattern: &str, path: &str, same: usize) -> Option<[Span; VARIABLES]> {
    let mut variables = [Span::default(); VARIABLES];
    let mut free = variables.iter_mut();
    let mut segments = path.get(same..)?.split('/');
    let mut from = same;
    for part in pattern.get(same..)?.split('/') {
        let segment = segments.next()?;
        let to = from + segment.len();
        if part.starts_with('{') {
            *free.next()? = (from, to);
        } else if part != segment {
            return None;
        }
        from = to + 1;
    }
    segments.next().is_none().then_some(variables)
}
