//! `UpdateUser` and `UpdateHumanUser` (adjacent.md section 8, "Profile changes").

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::{
    self, ContactChange, ContactProof, HumanChanges, KindChanges, MachineChanges, PhoneChange,
    ProfileChanges, User, UserChanges, UserError, contact, login_name,
};
use crate::error::Error;
use crate::ports::{Commit, StoreError};

use super::set_password::{PasswordGrant, Right, earn};
use super::users::{CodeDelivery, PasswordInput, code, new_password, not_reserved};
use super::{ATTEMPTS, Details, append_user, contended};

/// What is to change of a user; what is absent stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateUser {
    /// Whose.
    pub user: UserId,
    /// Unique name.
    pub username: Option<String>,
    /// What only one kind of user has.
    pub of_kind: UpdateKind,
}

/// What is to change of what only one kind of user has; a user of the other kind is not found.
#[derive(Debug, Clone)]
pub enum UpdateKind {
    /// Nothing, whatever kind the user is of.
    Neither,
    /// Of a person. Boxed, because it is several times the size of the others.
    Human(Box<UpdateHuman>),
    /// Of a service user.
    Machine(MachineChanges),
}

/// What is to change of a person.
#[derive(Debug, Clone, Default)]
pub struct UpdateHuman {
    /// Names, language, gender.
    pub profile: ProfileChanges,
    /// E-mail address.
    pub email: Option<NewContact>,
    /// Phone number; an empty one takes the old one away.
    pub phone: Option<NewContact>,
    /// The password.
    pub password: Option<PasswordUpdate>,
}

/// An address or number as it comes in.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// The address or number.
    pub address: String,
    /// How it is proven.
    pub delivery: CodeDelivery,
}

/// A password to set with other changes.
#[derive(Debug, Clone)]
pub struct PasswordUpdate {
    /// The new one.
    pub password: PasswordInput,
    /// What gives the right, beside the right to change the user at all.
    pub grant: PasswordGrant,
}

/// A user after an update.
#[derive(Debug, Clone)]
pub struct UpdatedUser {
    /// Details; those from before where nothing changed.
    pub details: Details,
    /// The code for a new e-mail address, if it was to be returned.
    pub email_code: Option<Secret>,
    /// The code for a new phone number, if it was to be returned.
    pub phone_code: Option<Secret>,
}

/// Changes a user, all or nothing. Where nothing changes, nothing is written.
///
/// A user may change itself, but may neither vouch for its own address or number nor get the code that
/// would prove it: both take `user.write` (decision 0017).
///
/// # Errors
/// 404 `COMMAND-ugjs0upun6` for nobody and for a user of the other kind; what
/// [`set_password`](super::set_password()) says of a new password; `V3-DKcYh` and `COMMAND-SFd21` for a
/// new username; what is wrong with the words; what the permission check says.
pub async fn update_user(
    core: &Core,
    caller: &Caller,
    command: UpdateUser,
) -> Result<UpdatedUser, Error> {
    let UpdateUser {
        user: id,
        username,
        of_kind,
    } = command;
    let user = load(core, id).await?;
    let authority = authorize(caller, &user, &of_kind)?;
    let mut prepared = prepare(core, caller, &user, of_kind).await?;
    let changes = UserChanges {
        username,
        of_kind: prepared.changes,
    };
    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        let user = load(core, id).await?;
        if let Some(password) = &mut prepared.password
            && !password.right.still_holds(&user)
        {
            password.right = password.update.earn(core, caller, &user).await?;
            continue;
        }
        let events = user::update(&authority, &user, &changes)?;
        let made = |code: fn(&UserEvent) -> bool| events.iter().any(code);
        let email_code_made = made(|event| matches!(event, UserEvent::EmailCodeAdded(_)));
        let phone_code_made = made(|event| matches!(event, UserEvent::PhoneCodeAdded(_)));
        let details = if events.is_empty() {
            Details::of(&user)
        } else {
            let now = core.now_after(user.changed_at);
            let (commit, details) = written(core, &authority, &user, now, events).await?;
            match core.store.commit(commit).await {
                Ok(_) => details,
                Err(conflict @ StoreError::Conflict(_)) => {
                    last = conflict;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
        };
        return Ok(UpdatedUser {
            details,
            email_code: prepared.email_code.filter(|_| email_code_made),
            phone_code: prepared.phone_code.filter(|_| phone_code_made),
        });
    }
    Err(contended(last))
}

async fn load(core: &Core, id: UserId) -> Result<User, Error> {
    let user = core.store.user(id).await?;
    Ok(user.filter(User::exists).ok_or(UserError::UpdateNotFound)?)
}

fn authorize(caller: &Caller, user: &User, of_kind: &UpdateKind) -> Result<Authority, Error> {
    let vouches = |contact: &Option<NewContact>| {
        contact.as_ref().is_some_and(|contact| {
            matches!(
                contact.delivery,
                CodeDelivery::Verified | CodeDelivery::Return
            )
        })
    };
    let authority = match of_kind {
        UpdateKind::Human(human) if vouches(&human.email) || vouches(&human.phone) => {
            caller.may(Permission::UserWrite, Some(user.organization))
        }
        UpdateKind::Human(_) | UpdateKind::Machine(_) | UpdateKind::Neither => {
            caller.may_or_is(user.id, Permission::UserWrite, user.organization)
        }
    };
    Ok(authority?)
}

/// Changes in the form that the domain decides on, and what is needed beside them.
struct Prepared {
    changes: KindChanges,
    email_code: Option<Secret>,
    phone_code: Option<Secret>,
    password: Option<PreparedPassword>,
}

/// The right to set the password, and how it can be earned again.
struct PreparedPassword {
    update: PasswordUpdate,
    right: Right,
}

impl PasswordUpdate {
    async fn earn(&self, core: &Core, caller: &Caller, user: &User) -> Result<Right, Error> {
        earn(core, caller, user, &self.password, &self.grant).await
    }
}

/// Tests and converts what is asked for; makes codes; proves and hashes passwords.
async fn prepare(
    core: &Core,
    caller: &Caller,
    user: &User,
    of_kind: UpdateKind,
) -> Result<Prepared, Error> {
    let plain = |changes| Prepared {
        changes,
        email_code: None,
        phone_code: None,
        password: None,
    };
    let human = match of_kind {
        UpdateKind::Neither => return Ok(plain(KindChanges::Neither)),
        UpdateKind::Machine(machine) => return Ok(plain(KindChanges::Machine(machine))),
        UpdateKind::Human(human) => *human,
    };
    if user.human().is_none() {
        return Err(UserError::UpdateNotFound.into());
    }
    let (email, email_code) = match human.email {
        Some(new) => {
            let address = contact::email(&new.address)?;
            let (proof, secret) = proof(core, new.delivery, "email verification")?;
            (Some(ContactChange { address, proof }), secret)
        }
        None => (None, None),
    };
    let (phone, phone_code) = match human.phone {
        Some(new) => new_phone(core, &new)?,
        None => (None, None),
    };
    let (password, hashed) = match human.password {
        Some(update) => {
            let right = update.earn(core, caller, user).await?;
            let hashed = new_password(core, update.password.clone()).await?;
            (Some(PreparedPassword { update, right }), Some(hashed))
        }
        None => (None, None),
    };
    Ok(Prepared {
        changes: KindChanges::Human(Box::new(HumanChanges {
            profile: human.profile,
            email,
            phone,
            password: hashed,
        })),
        email_code,
        phone_code,
        password,
    })
}

fn new_phone(
    core: &Core,
    new: &NewContact,
) -> Result<(Option<PhoneChange>, Option<Secret>), Error> {
    if new.address.is_empty() {
        if new.delivery == CodeDelivery::Unspecified {
            return Ok((Some(PhoneChange::Remove), None));
        }
        return Err(UserError::PhoneGoneAndProven.into());
    }
    let address = contact::phone(&new.address)?;
    let (proof, secret) = proof(core, new.delivery, "phone verification")?;
    let change = PhoneChange::Set(ContactChange { address, proof });
    Ok((Some(change), secret))
}

fn proof(
    core: &Core,
    delivery: CodeDelivery,
    purpose: &'static str,
) -> Result<(ContactProof, Option<Secret>), Error> {
    let (made, secret) = code(core, delivery, purpose)?;
    let proof = match (delivery, made) {
        (_, Some(made)) => ContactProof::Code(made),
        (CodeDelivery::Verified, None) => ContactProof::Given,
        (CodeDelivery::Send, None) => ContactProof::Sent,
        (CodeDelivery::Unspecified | CodeDelivery::Return, None) => ContactProof::None,
    };
    Ok((proof, secret))
}

/// The commit of the events, with the login name that a new username makes.
async fn written(
    core: &Core,
    authority: &Authority,
    user: &User,
    now: Timestamp,
    events: Vec<UserEvent>,
) -> Result<(Commit, Details), Error> {
    let after = events
        .iter()
        .fold(user.clone(), |user, event| user::evolve(user, now, event));
    let append = append_user(user, now, events);
    let mut commit = Commit::new(now, authority.actor(), vec![append]);
    if after.username != user.username {
        let org = core.store.org(user.organization).await?;
        let org = org.ok_or_else(|| Error::internal("a user without an organisation"))?;
        not_reserved(core, &org, &after.username).await?;
        let includes_domain = core.policies.login_name_includes_domain;
        let name = login_name::key(&after.username, &org.primary_domain, includes_domain);
        commit.login_names = vec![(user.id, name)];
    }
    Ok((commit, Details::of(&after)))
}
