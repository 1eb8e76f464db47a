//! Codes with which passkeys are registered (adjacent.md section 8, "Passkeys and U2F").

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::core::Core;
use crate::domain::event::{PasskeyCodeChecked, UserEvent};
use crate::domain::ids::{PasskeyCodeId, UserId};
use crate::domain::notification::{Channel, Message};
use crate::domain::permission::{Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::time::Span;
use crate::domain::user::{self, NewPasskeyCode, User, UserError, judge_passkey_code};
use crate::error::Error;
use crate::ports::CodeAlphabet;

use super::change::{Decided, change_one};
use super::checks::{Counted, count_failure};
use super::notify::{Delivery, Draft, Outgoing};
use super::{Details, Rounds};

/// Characters of a code (adjacent.md section 6.4).
const LENGTH: usize = 12;
const LIFETIME: Span = Span::from_seconds(3600);
const PURPOSE: &str = "passkey registration";

/// A link that was made.
#[derive(Debug, Clone)]
pub struct PasskeyLink {
    /// Details of the user.
    pub details: Details,
    /// Id and code, unless they were sent.
    pub code: Option<(PasskeyCodeId, Secret)>,
}

/// Makes a code with which somebody can register a passkey, and sends or returns it.
///
/// # Errors
/// `COMMAND-M9dsd`; what the permission check says; for a code to send: `DOMAIN-oGh5e`,
/// `DOMAIN-ieYa7`, `BTZ-Sm7p0`, and `BTZ-Pk3ml` for an address that was not proven.
pub async fn create_passkey_link(
    core: &Core,
    caller: &Caller,
    id: UserId,
    delivery: &Delivery,
) -> Result<PasskeyLink, Error> {
    let view = core.store.user_view(id).await?;
    let view = view.filter(|view| view.user.exists());
    let view = view.ok_or(UserError::WebAuthnUserNotFound)?;
    caller.may(Permission::UserPasskeyWrite, Some(view.user.organization))?;
    let draft = match delivery {
        Delivery::Return => None,
        Delivery::Send(template) => Some(Draft::new(
            core,
            Message::PasskeyRegistration,
            Channel::Email,
            template.as_deref(),
        )?),
    };
    let secret = core.codes.fresh(CodeAlphabet::Mixed, LENGTH)?;
    let code_id = PasskeyCodeId::new(core.ids.next(core.clock.now()));
    let new = NewPasskeyCode {
        id: code_id,
        digest: digest(core, &secret),
        expiry: LIFETIME,
        returned: draft.is_none(),
    };
    let missing = UserError::WebAuthnUserNotFound;
    let user = change_one(core, id, missing, |user, now| {
        let authority = caller.may(Permission::UserPasskeyWrite, Some(user.organization))?;
        let event = user::add_passkey_code(&authority, user, new.clone())?;
        let mut decided = Decided::new(authority, vec![event]);
        if let Some(draft) = &draft {
            let email = user.human().map(|human| &human.email);
            let email = email.filter(|email| email.verified);
            let email = email.ok_or(UserError::PasskeyEmailNotVerified)?;
            let text_id = code_id.to_string();
            let outgoing = Outgoing {
                code_id: &text_id,
                ..Outgoing::new(&email.address, &secret, LIFETIME)
            };
            let queued = draft.seal(core, user, &view.org_domain, &outgoing, now)?;
            decided.queued.push(queued);
        }
        Ok(decided)
    })
    .await?;
    Ok(PasskeyLink {
        details: Details::of(&user),
        code: draft.is_none().then_some((code_id, secret)),
    })
}

/// What a client presents to register a passkey for somebody.
#[derive(Debug, Clone)]
pub struct PasskeyGrant {
    /// The id of the code; absent when it cannot be one.
    pub id: Option<PasskeyCodeId>,
    /// The code.
    pub code: Secret,
}

/// The event that uses a code up, as the user is now.
///
/// # Errors
/// `COMMAND-Eeb2a`.
pub(super) fn use_code(
    core: &Core,
    user: &User,
    grant: &PasskeyGrant,
) -> Result<UserEvent, Option<PasskeyCodeChecked>> {
    let id = grant.id.ok_or(None)?;
    let now = core.now_after(user.changed_at);
    judge_passkey_code(user, id, &digest(core, &grant.code), now)
}

/// Tests a code. A wrong one is counted, and that is durable, before it is told.
///
/// # Errors
/// `COMMAND-Eeb2a`.
pub(super) async fn prove_code(
    core: &Core,
    caller: &Caller,
    id: UserId,
    grant: &PasskeyGrant,
) -> Result<(), Error> {
    let mut rounds = Rounds::nested();
    loop {
        let user = core.store.user(id).await?.filter(User::exists);
        let user = user.ok_or(UserError::PasskeyCodeInvalid)?;
        let failed = match use_code(core, &user, grant) {
            Ok(_) => return Ok(()),
            Err(None) => return Err(UserError::PasskeyCodeInvalid.into()),
            Err(Some(checked)) => UserEvent::PasskeyCodeCheckFailed(checked),
        };
        let at = core.now_after(user.changed_at);
        match count_failure(core, &caller.authority(), &user, at, vec![failed]).await? {
            Counted::Written => return Err(UserError::PasskeyCodeInvalid.into()),
            Counted::Raced(conflict) => rounds.lost(conflict).await?,
        }
    }
}

fn digest(core: &Core, secret: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(core.codes.digest(PURPOSE, secret.expose()))
}
