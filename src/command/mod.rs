//! Writes: load, decide, commit; and again from the start when someone else was faster.

mod ask_otp;
mod ask_webauthn;
mod bootstrap;
mod challenges;
mod change;
mod check_code;
mod check_intent;
mod check_otp;
mod check_totp;
mod check_webauthn;
mod checks;
mod codes;
mod contact;
mod create_session;
mod create_user;
mod idp_links;
mod intents;
mod invites;
mod logout;
mod members;
mod mfa_init;
mod notify;
mod otp;
mod passkey_codes;
mod pats;
mod places;
mod proofs;
mod reset_password;
mod set_password;
mod set_session;
mod terminate_session;
mod totp;
mod update_user;
mod user_state;
mod users;
mod webauthn;

pub use ask_otp::{AskOtp, ReturnedOtp};
pub use ask_webauthn::AskKey;
pub use bootstrap::{Bootstrap, FirstHuman, FirstMachine, FirstTokens, bootstrap};
pub use challenges::{Challenges, Shown};
pub use check_code::verify_code;
pub use check_intent::IntentCheck;
pub use checks::UserSelector;
pub use codes::{CodeDelivery, WithCode};
pub use contact::{remove_phone, resend_phone_code, send_email_code, set_email, set_phone};
pub use create_session::{CreateSession, create_session};
pub use create_user::{NewUser, create_user};
pub use idp_links::{add_idp_link, remove_idp_link};
pub use intents::{
    Callback, Onward, Returned, StartIntent, StartedIntent, return_from_idp, start_intent,
};
pub use invites::{Invitation, invite, invite_again};
pub use logout::{LoggedOut, log_out_others, log_out_user, log_out_user_agent};
pub use members::{remove_member, set_member};
pub use mfa_init::skip_mfa_init;
pub use notify::Delivery;
pub use otp::{
    MadeRecoveryCodes, add_otp, generate_recovery_codes, remove_otp, remove_recovery_codes,
};
pub use passkey_codes::{PasskeyGrant, PasskeyLink, create_passkey_link};
pub use pats::{NewPat, add_pat, remove_pat};
pub use proofs::Checks;
pub use reset_password::{ResetDelivery, reset_password};
pub use set_password::{PasswordGrant, SetPassword, set_password};
pub use set_session::{SetSession, set_session};
pub use terminate_session::terminate_session;
pub use totp::{RegisteredTotp, register_totp, remove_totp, verify_totp};
pub use update_user::{
    NewContact, PasswordUpdate, UpdateHuman, UpdateKind, UpdateUser, UpdatedUser, update_user,
};
pub use user_state::{UserChange, change_user};
pub use users::{AddHuman, AddMachine, AddedUser, PasswordInput, add_human, add_machine};
pub use webauthn::{
    CreationOptions, RegisterKey, RegisteredKey, VerifyKey, register_key, remove_key, verify_key,
};

use crate::core::Core;
use crate::domain::event::{Event, SessionEvent, UserEvent};
use crate::domain::ids::{InstanceId, Sequence};
use crate::domain::secret::Secret;
use crate::domain::session::{self, Session, TokenMade};
use crate::domain::time::Timestamp;
use crate::domain::user::{self, User};
use crate::error::Error;
use crate::ports::{Append, InLine, State, StoreError};

/// How often a command decides anew when others change the same aggregate meanwhile. Each round
/// waits for a commit, so this many writers on one aggregate are served before one is turned away.
const ATTEMPTS: u32 = 64;

/// A session after a command.
#[derive(Debug, Clone)]
pub struct SavedSession {
    /// The session.
    pub session: Session,
    /// Its new token; absent when nothing changed.
    pub token: Option<Secret>,
    /// What the caller is told of the challenges of this call.
    pub challenges: Shown,
}

/// What an aggregate looks like from outside after a command (`object.v2.Details`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Details {
    /// The sequence of its last event.
    pub sequence: Sequence,
    /// When that was written.
    pub changed_at: Timestamp,
    /// The organisation or instance that owns it.
    pub owner: i64,
}

impl Details {
    /// Those of a user.
    pub fn of(user: &User) -> Self {
        let shown = user.shown();
        Self {
            sequence: shown.sequence,
            changed_at: shown.changed_at,
            owner: user.organization.key(),
        }
    }
}

/// The rounds of a command that decides anew when others change the same aggregate meanwhile.
///
/// Whoever has lost once waits in line with the others who have, so that each is beaten only by those
/// who come new.
#[derive(Debug)]
pub(super) struct Rounds<'a> {
    /// Where the lines are; nothing where there is no waiting in line.
    core: Option<&'a Core>,
    lost: u32,
    line: Option<InLine>,
}

impl<'a> Rounds<'a> {
    pub(super) const fn new(core: &'a Core) -> Self {
        Self {
            core: Some(core),
            lost: 0,
            line: None,
        }
    }

    /// Those of a part of a command that may be in line itself, for the same aggregate or for one that
    /// shares its line: it would wait for itself.
    pub(super) const fn nested() -> Self {
        Self {
            core: None,
            lost: 0,
            line: None,
        }
    }

    /// Takes note of a decision that did not come to a commit.
    ///
    /// # Errors
    /// 429 after [`ATTEMPTS`] rounds.
    pub(super) fn again(&mut self) -> Result<(), Error> {
        self.lost += 1;
        if self.lost < ATTEMPTS {
            Ok(())
        } else {
            Err(StoreError::Overloaded.into())
        }
    }

    /// Takes note of a commit that failed, and waits for the turn to decide anew.
    ///
    /// # Errors
    /// What the store said, if deciding anew does not help, or not after [`ATTEMPTS`] rounds.
    pub(super) async fn lost(&mut self, error: StoreError) -> Result<(), Error> {
        // For another id nobody else waits: it is another aggregate.
        let other_id = matches!(error, StoreError::Exists(_));
        let StoreError::Conflict(aggregate) = error else {
            return if other_id {
                self.again()
            } else {
                Err(error.into())
            };
        };
        self.lost += 1;
        if self.lost >= ATTEMPTS {
            return Err(error.into());
        }
        if let (Some(core), None) = (self.core, &self.line) {
            self.line = Some(core.store.line(aggregate).await);
        }
        Ok(())
    }
}

/// A user after events.
fn after(user: &User, events: &[UserEvent], at: Timestamp) -> User {
    events
        .iter()
        .fold(user.clone(), |user, event| user::evolve(user, at, event))
}

/// Events of an existing user and the row they make.
fn append_user(user: &User, at: Timestamp, events: Vec<UserEvent>) -> Append {
    let state = after(user, &events, at);
    Append {
        expected: user.sequence,
        owner: user.organization.key(),
        events: events.into_iter().map(Event::User).collect(),
        state: State::User(Box::new(state)),
    }
}

/// Gives the session a token as the last event of a call.
///
/// `before` is the sequence at which the call found the session, `events` what it adds.
fn append_session(
    core: &Core,
    instance: InstanceId,
    before: Sequence,
    session: Session,
    mut events: Vec<SessionEvent>,
    at: Timestamp,
) -> Result<(Append, Session, Secret), Error> {
    let issued = core
        .tokens
        .issue_session(session.id, session.sequence.next())?;
    let event = TokenMade {
        fingerprint: issued.fingerprint,
        hash: issued.hash,
    }
    .into_event();
    let session = session::evolve(session, at, &event);
    events.push(event);
    let append = Append {
        expected: before,
        owner: instance.key(),
        events: events.into_iter().map(Event::Session).collect(),
        state: State::Session(Box::new(session.clone())),
    };
    Ok((append, session, issued.token))
}
