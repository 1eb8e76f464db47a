//! Registering, verifying and removing passkeys and security keys (adjacent.md section 8, "Passkeys
//! and U2F").

use crate::core::Core;
use crate::domain::ids::{UserId, WebAuthnKeyId};
use crate::domain::permission::{Authority, Caller, Denied, Permission};
use crate::domain::user::{
    self, Credential, NewKey, User, UserError, login_name, user_handle, verifiable_key,
};
use crate::domain::webauthn::{KeyKind, relying_party};
use crate::error::Error;
use crate::ports::{ExpectedRegistration, WebAuthnFault};

use super::Details;
use super::change::{Decided, change_one};
use super::passkey_codes::{PasskeyGrant, prove_code, use_code};

/// A key to register.
#[derive(Debug, Clone)]
pub struct RegisterKey {
    /// Whose.
    pub user: UserId,
    /// What it is for.
    pub kind: KeyKind,
    /// The domain that it is to be bound to.
    pub domain: String,
    /// A code that gives the right to it.
    pub code: Option<PasskeyGrant>,
}

/// What the authenticator is asked, in the words of the standard. Binary values are base64url, but for
/// the handle, which is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreationOptions {
    /// What the key is for.
    pub kind: KeyKind,
    /// The domain.
    pub rp_id: String,
    /// The user, for the authenticator.
    pub user_handle: String,
    /// The user's login name.
    pub user_name: String,
    /// The name to show.
    pub display_name: String,
    /// What has to be signed.
    pub challenge: String,
    /// Credentials of authenticators that are to refuse.
    pub exclude: Vec<String>,
}

/// A registration that was opened.
#[derive(Debug, Clone)]
pub struct RegisteredKey {
    /// Details of the user.
    pub details: Details,
    /// The id of the key.
    pub id: WebAuthnKeyId,
    /// What the authenticator is asked.
    pub options: CreationOptions,
}

/// Opens the registration of a key.
///
/// # Errors
/// `COMMAND-M9dsd`; `WEBAU-UX9ta`; `COMMAND-Eeb2a` for a code that is not good; `BTZ-W3bmx`; what the
/// permission check says.
pub async fn register_key(
    core: &Core,
    caller: &Caller,
    command: RegisterKey,
) -> Result<RegisteredKey, Error> {
    let RegisterKey {
        user: id,
        kind,
        domain,
        code,
    } = command;
    if let Some(grant) = &code {
        prove_code(core, caller, id, grant).await?;
    }
    let missing = UserError::WebAuthnUserNotFound;
    let view = core.store.user_view(id).await?;
    let view = view.filter(|view| view.user.exists()).ok_or(missing)?;
    let rp_id = relying_party(&domain);
    let key = WebAuthnKeyId::new(core.ids.next(core.clock.now()));
    let challenge = core.web_auth_n.challenge()?;
    let user = change_one(core, id, missing, |user, _| {
        let used = code.as_ref().map(|grant| use_code(core, user, grant));
        let used = used.transpose();
        let used = used.map_err(|_| UserError::PasskeyCodeInvalid)?;
        let authority = if used.is_some() {
            caller.authority()
        } else {
            own_or_keys(caller, user)?
        };
        let new = NewKey {
            id: key,
            kind,
            rp_id: rp_id.clone().ok_or(UserError::WebAuthnDomainInvalid)?,
            challenge: challenge.clone(),
            opened_by: used.is_some().then_some(caller.user),
        };
        let mut events = user::register_key(&authority, user, new)?;
        events.extend(used);
        Ok(Decided::new(authority, events))
    })
    .await?;
    let includes_domain = core.policies.login_name_includes_domain;
    let rp_id = rp_id.ok_or(UserError::WebAuthnDomainInvalid)?;
    let exclude = known(&user, kind, Some(&rp_id));
    Ok(RegisteredKey {
        details: Details::of(&user),
        id: key,
        options: CreationOptions {
            kind,
            user_handle: user_handle(&user),
            user_name: login_name::login_name(&user.username, &view.org_domain, includes_domain),
            display_name: user.display_name().to_owned(),
            challenge,
            exclude,
            rp_id,
        },
    })
}

/// An answer to a registration.
#[derive(Debug, Clone)]
pub struct VerifyKey {
    /// Whose.
    pub user: UserId,
    /// What it is for.
    pub kind: KeyKind,
    /// The key; absent when the id cannot be one.
    pub key: Option<WebAuthnKeyId>,
    /// The name that the user gives it.
    pub name: String,
    /// What the authenticator has answered: JSON.
    pub answer: String,
}

/// Makes a key usable, given the answer of its authenticator.
///
/// # Errors
/// `WEBAU-5M9so` without an open registration; `WEBAU-sEr8c` for what is no answer; `WEBAU-3Vb9s` for
/// one that does not fit; what the permission check says.
pub async fn verify_key(
    core: &Core,
    caller: &Caller,
    command: VerifyKey,
) -> Result<Details, Error> {
    let VerifyKey {
        user: id,
        kind,
        key,
        name,
        answer,
    } = command;
    let missing = UserError::WebAuthnUserNotFound;
    let user = core.store.user(id).await?.filter(User::exists);
    let user = user.ok_or(missing)?;
    may_verify(caller, &user, kind, key)?;
    let key = key.ok_or(UserError::WebAuthnNotRegistering)?;
    let (registration, rp_id) = verifiable_key(&user, kind, key)?;
    let expected = ExpectedRegistration {
        kind,
        rp_id: rp_id.to_owned(),
        challenge: registration.challenge.clone(),
        known: known(&user, kind, None),
    };
    let made = core.web_auth_n.register(expected, answer).await;
    let made = made.map_err(refused)?;
    let credential = Credential {
        name,
        key_id: made.key_id,
        public_key: made.public_key,
        sign_count: made.sign_count,
    };
    // An id belongs to one registration, and a registration has one challenge for ever: what was
    // verified stays verified as long as it is open.
    let user = change_one(core, id, missing, |user, _| {
        let authority = may_verify(caller, user, kind, Some(key))?;
        if known(user, kind, None).contains(&credential.key_id) {
            return Err(UserError::WebAuthnRefused.into());
        }
        let event = user::verify_key(&authority, user, kind, key, credential.clone())?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}

/// Removes a key, or a registration that is open.
///
/// # Errors
/// `COMMAND-DAfb2`; what the permission check says.
pub async fn remove_key(
    core: &Core,
    caller: &Caller,
    id: UserId,
    kind: KeyKind,
    key: Option<WebAuthnKeyId>,
) -> Result<Details, Error> {
    let user = change_one(core, id, UserError::WebAuthnNotFound, |user, _| {
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        let key = key.ok_or(UserError::WebAuthnNotFound)?;
        let event = user::remove_key(&authority, user, kind, key)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}

/// Login pages register keys in the name of their users: either permission will do.
fn own_or_keys(caller: &Caller, user: &User) -> Result<Authority, Denied> {
    caller
        .may(Permission::UserPasskeyWrite, Some(user.organization))
        .or_else(|_| caller.may_or_is(user.id, Permission::UserCredentialWrite, user.organization))
}

/// Who has opened a registration with a code may go on with it.
fn may_verify(
    caller: &Caller,
    user: &User,
    kind: KeyKind,
    key: Option<WebAuthnKeyId>,
) -> Result<Authority, Denied> {
    let open = key.and_then(|key| verifiable_key(user, kind, key).ok());
    let opened_by = open.and_then(|(registration, _)| registration.opened_by);
    if opened_by == Some(caller.user) {
        Ok(caller.authority())
    } else {
        own_or_keys(caller, user)
    }
}

/// The credentials of a user that can be used.
fn known(user: &User, kind: KeyKind, rp_id: Option<&str>) -> Vec<String> {
    let keys = user.human().into_iter();
    keys.flat_map(|human| human.web_auth_n.ready(kind))
        .filter(|(key, _)| rp_id.is_none_or(|rp_id| key.rp_id == rp_id))
        .map(|(_, credential)| credential.key_id.clone())
        .collect()
}

/// The client learns that it did not work, the log learns why.
fn refused(fault: WebAuthnFault) -> Error {
    let told = match &fault {
        WebAuthnFault::Unparsable => UserError::WebAuthnUnparsable,
        // No key of the user's is expected, so none can be unknown.
        WebAuthnFault::UnknownKey | WebAuthnFault::Refused(_) => UserError::WebAuthnRefused,
        WebAuthnFault::Hashing(error) => return (*error).into(),
    };
    Error::from(told).caused_by(fault)
}
