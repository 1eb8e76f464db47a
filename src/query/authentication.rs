//! What a user can log in with (adjacent.md section 8).

use super::{get_user, list_timestamp};
use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::Caller;
use crate::domain::time::Timestamp;
use crate::error::Error;

/// A way to log in that is set up and ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// A code of an authenticator app.
    Totp,
    /// A user of an identity provider.
    Idp,
    /// A password.
    Password,
}

/// The ways in which a user can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationMethods {
    /// Those that are ready, as in ZITADEL with the password last.
    pub methods: Vec<AuthenticationMethod>,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
}

/// Reads in which ways a user can log in; none for service users.
///
/// # Errors
/// As [`get_user`].
pub async fn list_authentication_methods(
    core: &Core,
    caller: &Caller,
    id: UserId,
) -> Result<AuthenticationMethods, Error> {
    let view = get_user(core, caller, id).await?;
    let mut methods = Vec::new();
    if let Some(human) = view.user.human() {
        if human.totp.as_ref().is_some_and(|totp| totp.ready) {
            methods.push(AuthenticationMethod::Totp);
        }
        if !core.store.idp_links(view.user.id).await?.is_empty() {
            methods.push(AuthenticationMethod::Idp);
        }
        if human.password.is_some() {
            methods.push(AuthenticationMethod::Password);
        }
    }
    Ok(AuthenticationMethods {
        methods,
        timestamp: list_timestamp(core).await?,
    })
}

/// A second factor that a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// An authenticator app.
    Totp,
}

/// Whether a second factor can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorState {
    /// It has yet to be verified.
    NotReady,
    /// It counts.
    Ready,
}

/// Reads which second factors a user has, ready or not.
///
/// # Errors
/// As [`get_user`].
pub async fn list_authentication_factors(
    core: &Core,
    caller: &Caller,
    id: UserId,
) -> Result<Vec<(Factor, FactorState)>, Error> {
    let view = get_user(core, caller, id).await?;
    let totp = view.user.human().and_then(|human| human.totp.as_ref());
    let totp = totp.map(|totp| {
        let state = if totp.ready {
            FactorState::Ready
        } else {
            FactorState::NotReady
        };
        (Factor::Totp, state)
    });
    Ok(totp.into_iter().collect())
}
