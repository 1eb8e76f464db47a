//! The user aggregate: people and service users.

mod code;
pub mod contact;
mod contact_change;
mod decide;
mod error;
mod evolve;
mod idp_link;
mod invite;
mod judgement;
pub mod login_name;
mod mfa_init;
mod otp;
mod recovery;
mod state;
mod totp;
mod update;
mod webauthn;

use super::event::CodeAdded;
use super::ids::{OrgId, PatId, Sequence, UserId};
use super::session::Proof;
use super::shown::Shown;
use super::time::Timestamp;
use super::webauthn::KeyKind;

pub use code::{CodePurpose, NewCode, judge_code, pending_code, request_password_reset};
pub use contact_change::{
    ContactChange, ContactProof, PhoneChange, remove_phone, renew_email_proof, renew_phone_proof,
    set_email, set_phone,
};
pub use decide::{
    NewHuman, NewMachine, NewPassword, PasswordJudgement, add_human, add_machine, change_password,
    judge_password, password_ready,
};
pub use error::UserError;
pub use evolve::{evolve, first, fold};
pub use idp_link::{IdpLink, add_idp_link, remove_idp_link};
pub use invite::{Invite, NewInvite, invite, invite_again, sent_invite};
pub use judgement::Judgement;
pub use mfa_init::skip_mfa_init;
pub use otp::{
    OtpAnswer, add_otp, challengeable_otp, judge_otp, no_otp, not_verified, otp_ready, remove_otp,
};
pub use recovery::{
    MAX_RECOVERY_CODES, add_recovery_codes, judge_recovery_code, recovery_ready,
    remove_recovery_codes,
};
pub use state::{add_pat, deactivate, lock, reactivate, remove, remove_pat, unlock};
pub use totp::{
    NewTotp, StoredSecret, Totp, import_totp, judge_totp, register_totp, remove_totp, totp_ready,
    verifiable_totp, verify_totp,
};
pub use update::{HumanChanges, KindChanges, MachineChanges, ProfileChanges, UserChanges, update};
pub use webauthn::{
    Credential, KeyState, NewKey, NewPasskeyCode, PasskeyCode, Registration, Signed, WebAuthnKey,
    WebAuthnKeys, add_passkey_code, judge_passkey_code, judge_signature, register_key, remove_key,
    signing_keys, user_handle, verifiable_key, verify_key,
};

/// What a user can do just now; the numbers are those of the API (`UserState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserState {
    /// Everything.
    Active,
    /// Nothing: switched off.
    Inactive,
    /// Nothing ever again.
    Removed,
    /// Nothing until unlocked.
    Locked,
}

impl UserState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Inactive, Self::Removed, Self::Locked];

    /// The number that table and API have for it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Inactive => 2,
            Self::Removed => 3,
            Self::Locked => 4,
        }
    }

    /// The state behind a number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A one-time code that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCode {
    /// Base64url of the keyed digest.
    pub digest: String,
    /// The moment from which it is refused.
    pub expires_at: Timestamp,
}

impl PendingCode {
    fn of(at: Timestamp, added: &CodeAdded) -> Self {
        Self {
            digest: added.digest.clone(),
            expires_at: at.plus(added.expiry),
        }
    }
}

/// An e-mail address or phone number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The address or number.
    pub address: String,
    /// Whether the user has proven to own it.
    pub verified: bool,
    /// The code that would prove it.
    pub code: Option<PendingCode>,
}

/// The password of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// Its hash.
    pub proof: Proof,
    /// When it was set.
    pub changed_at: Timestamp,
    /// It must be changed at the next login.
    pub change_required: bool,
}

/// Failed checks since the last one that succeeded or since unlocking; those of passwords also since
/// the last change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// When the last one was.
    pub last_at: Option<Timestamp>,
}

impl Failures {
    /// One more.
    const fn with_one(self, at: Timestamp) -> Self {
        Self {
            count: self.count.saturating_add(1),
            last_at: Some(at),
        }
    }
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Human {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Nick name.
    pub nick_name: Option<String>,
    /// The name to show.
    pub display_name: String,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
    /// 0 unspecified, 1 female, 2 male, 3 diverse.
    pub gender: u8,
    /// E-mail address.
    pub email: Contact,
    /// Phone number in E.164 form.
    pub phone: Option<Contact>,
    /// The password, if one is set.
    pub password: Option<Password>,
    /// Failed password checks.
    pub failures: Failures,
    /// The authenticator app, if one was registered.
    pub totp: Option<Totp>,
    /// Failed checks of one-time codes. They outlive the authenticator app, so that registering
    /// another one is no way around the limits.
    pub otp_failures: Failures,
    /// The code with which a new password can be set.
    pub password_code: Option<PendingCode>,
    /// The invitation that waits.
    pub invite: Option<Invite>,
    /// Wrong codes of those that are sent to an address: all kinds together.
    pub code_failures: Failures,
    /// When the person did not want a second factor.
    pub mfa_init_skipped_at: Option<Timestamp>,
    /// Passkeys and security keys.
    pub web_auth_n: WebAuthnKeys,
    /// Codes by SMS are a factor, as soon as the phone number is proven.
    pub otp_sms: bool,
    /// Codes by e-mail are a factor, as soon as the address is proven.
    pub otp_email: bool,
    /// Base64url of the keyed digests of the recovery codes that are left.
    pub recovery_codes: Vec<String>,
    /// What is shown, where it is not the last event.
    pub shown: Option<Shown>,
}

impl Human {
    /// Whether the person has something to log in with as a first factor.
    pub fn can_log_in(&self) -> bool {
        self.password.is_some() || self.web_auth_n.ready(KeyKind::Passkey).next().is_some()
    }
}

/// A service user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// The name to show.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A person or a service user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKind {
    /// A person. Boxed, because it is several times the size of the other.
    Human(Box<Human>),
    /// A service user.
    Machine(Machine),
}

/// The write model of a user: the row, and the fold of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its key.
    pub id: UserId,
    /// The id that the client chose, where it is not a decimal number.
    pub given_id: Option<String>,
    /// The organisation that owns it.
    pub organization: OrgId,
    /// What it can do.
    pub state: UserState,
    /// The sequence of its last event.
    pub sequence: Sequence,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its last event was written.
    pub changed_at: Timestamp,
    /// Unique name.
    pub username: String,
    /// What it is.
    pub kind: UserKind,
}

impl User {
    /// Sequence and date as they are shown.
    pub fn shown(&self) -> Shown {
        self.human().and_then(|human| human.shown).unwrap_or(Shown {
            sequence: self.sequence,
            changed_at: self.changed_at,
        })
    }

    /// The id as the client knows it.
    pub fn public_id(&self) -> String {
        self.given_id.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// The person, if it is one.
    pub fn human(&self) -> Option<&Human> {
        match &self.kind {
            UserKind::Human(human) => Some(human),
            UserKind::Machine(_) => None,
        }
    }

    /// The name to show.
    pub fn display_name(&self) -> &str {
        match &self.kind {
            UserKind::Human(human) => &human.display_name,
            UserKind::Machine(machine) => &machine.name,
        }
    }

    /// The user's language.
    pub fn preferred_language(&self) -> Option<&str> {
        self.human()
            .and_then(|human| human.preferred_language.as_deref())
    }

    /// Whether it was not removed.
    pub fn exists(&self) -> bool {
        self.state != UserState::Removed
    }
}

/// A personal access token of a service user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pat {
    /// Its id.
    pub id: PatId,
    /// Whose it is.
    pub user: UserId,
    /// What proves it.
    pub proof: Proof,
    /// When it was made.
    pub created_at: Timestamp,
    /// The moment from which it is refused.
    pub expires_at: Timestamp,
}
