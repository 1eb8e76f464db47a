//! `UpdateUser` and `UpdateHumanUser` (adjacent.md section 8, "Profile changes").

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::notification::Channel;
use crate::domain::org::Org;
use crate::domain::permission::{Authority, Caller};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::{
    self, CodePurpose, Contact, ContactChange, ContactProof, HumanChanges, KindChanges,
    MachineChanges, PhoneChange, ProfileChanges, User, UserChanges, UserError, contact, login_name,
};
use crate::error::Error;
use crate::ports::{Commit, Queued};

use super::codes::{CodeDelivery, MadeCode, own_unless, proof, test_link};
use super::set_password::{PasswordGrant, Right, earn};
use super::users::{PasswordInput, new_password, not_reserved};
use super::{Details, Rounds, after, append_user};

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
/// would prove it, nor have a link to elsewhere sent: that takes `user.write` (decisions 0017, 0028).
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
    let authority = authorize(core, caller, &user, &of_kind)?;
    let mut prepared = prepare(core, caller, &user, of_kind).await?;
    let changes = UserChanges {
        username,
        of_kind: prepared.changes,
    };
    let mut rounds = Rounds::new(core);
    loop {
        let user = load(core, id).await?;
        if let Some(password) = &mut prepared.password
            && !password.right.still_holds(&user)
        {
            password.right = password.update.earn(core, caller, &user).await?;
            rounds.again()?;
            continue;
        }
        let events = user::update(&authority, &user, &changes)?;
        let codes = Codes {
            email: prepared
                .email_code
                .as_ref()
                .filter(|_| makes_email_code(&events)),
            phone: prepared
                .phone_code
                .as_ref()
                .filter(|_| makes_phone_code(&events)),
        };
        let (email_code, phone_code) = codes.returned();
        let details = if events.is_empty() {
            Details::of(&user)
        } else {
            let now = core.now_after(user.changed_at);
            let (commit, details) = written(core, &authority, &user, now, (events, codes)).await?;
            match core.commit(commit).await {
                Ok(_) => details,
                Err(error) => {
                    rounds.lost(error).await?;
                    continue;
                }
            }
        };
        return Ok(UpdatedUser {
            details,
            email_code,
            phone_code,
        });
    }
}

fn makes_email_code(events: &[UserEvent]) -> bool {
    let is = |event: &UserEvent| matches!(event, UserEvent::EmailCodeAdded(_));
    events.iter().any(is)
}

fn makes_phone_code(events: &[UserEvent]) -> bool {
    let is = |event: &UserEvent| matches!(event, UserEvent::PhoneCodeAdded(_));
    events.iter().any(is)
}

/// The codes that an update comes to.
#[derive(Debug, Clone, Copy)]
struct Codes<'a> {
    email: Option<&'a MadeCode>,
    phone: Option<&'a MadeCode>,
}

impl Codes<'_> {
    /// Those that the caller gets.
    fn returned(self) -> (Option<Secret>, Option<Secret>) {
        let returned = |made: Option<&MadeCode>| made.cloned().and_then(MadeCode::returned);
        (returned(self.email), returned(self.phone))
    }

    /// The messages to a user as it is after the update.
    fn queued(
        self,
        core: &Core,
        after: &User,
        org: &Org,
        at: Timestamp,
    ) -> Result<Vec<Queued>, Error> {
        let mut queued = Vec::new();
        let Some(human) = after.human() else {
            return Ok(queued);
        };
        let phone = human.phone.as_ref();
        for (made, address) in [
            (self.email, Some(&human.email.address)),
            (self.phone, phone.map(|phone| &phone.address)),
        ] {
            if let (Some(made), Some(address)) = (made, address) {
                queued.extend(made.queued(core, after, &org.primary_domain, address, at)?);
            }
        }
        Ok(queued)
    }
}

async fn load(core: &Core, id: UserId) -> Result<User, Error> {
    let user = core.store.user(id).await?;
    Ok(user.filter(User::exists).ok_or(UserError::UpdateNotFound)?)
}

fn authorize(
    core: &Core,
    caller: &Caller,
    user: &User,
    of_kind: &UpdateKind,
) -> Result<Authority, Error> {
    let for_others = match of_kind {
        UpdateKind::Human(human) => [&human.email, &human.phone]
            .into_iter()
            .flatten()
            .any(|contact| contact.delivery.is_for_others(core)),
        UpdateKind::Machine(_) | UpdateKind::Neither => false,
    };
    own_unless(for_others, caller, user)
}

/// Changes in the form that the domain decides on, and what is needed beside them.
struct Prepared {
    changes: KindChanges,
    email_code: Option<MadeCode>,
    phone_code: Option<MadeCode>,
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
    let current = user.human().ok_or(UserError::UpdateNotFound)?;
    let (email, email_code) = match human.email {
        Some(new) => {
            let address = contact::email(&new.address)?;
            let (change, made) = EMAIL.change(core, Some(&current.email), address, new.delivery)?;
            (Some(change), made)
        }
        None => (None, None),
    };
    let (phone, phone_code) = match human.phone {
        Some(new) => new_phone(core, current.phone.as_ref(), new)?,
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
    current: Option<&Contact>,
    new: NewContact,
) -> Result<(Option<PhoneChange>, Option<MadeCode>), Error> {
    if new.address.is_empty() {
        if new.delivery == CodeDelivery::Unspecified {
            return Ok((Some(PhoneChange::Remove), None));
        }
        return Err(UserError::PhoneGoneAndProven.into());
    }
    let address = contact::phone(&new.address)?;
    let (change, made) = PHONE.change(core, current, address, new.delivery)?;
    Ok((Some(PhoneChange::Set(change)), made))
}

/// What codes for addresses and numbers differ in.
struct Kind(CodePurpose, Channel);

const EMAIL: Kind = Kind(CodePurpose::Email, Channel::Email);
const PHONE: Kind = Kind(CodePurpose::Phone, Channel::Sms);

impl Kind {
    /// A change with its proof. To an address that stays nothing is sent, so that nothing has to be
    /// able to.
    fn change(
        &self,
        core: &Core,
        current: Option<&Contact>,
        address: String,
        delivery: CodeDelivery,
    ) -> Result<(ContactChange, Option<MadeCode>), Error> {
        let Self(purpose, channel) = *self;
        let stays = current.is_some_and(|contact| contact.address == address);
        if stays && delivery != CodeDelivery::Verified {
            test_link(purpose, &delivery)?;
            let proof = ContactProof::None;
            return Ok((ContactChange { address, proof }, None));
        }
        let delivery = delivery.or_sent_if_possible(core, channel);
        let (proof, made) = proof(core, purpose, channel, &delivery)?;
        Ok((ContactChange { address, proof }, made))
    }
}

/// The commit of the events, with the messages and the login name that they make.
async fn written(
    core: &Core,
    authority: &Authority,
    user: &User,
    now: Timestamp,
    (events, codes): (Vec<UserEvent>, Codes<'_>),
) -> Result<(Commit, Details), Error> {
    let after = after(user, &events, now);
    let append = append_user(user, now, events);
    let mut commit = Commit::new(now, authority.actor(), vec![append]);
    let renamed = after.username != user.username;
    if renamed || codes.email.is_some() || codes.phone.is_some() {
        let org = core.store.org(user.organization).await?;
        let org = org.ok_or_else(|| Error::internal("a user without an organisation"))?;
        commit.queued = codes.queued(core, &after, &org, now)?;
        if renamed {
            not_reserved(core, &org, &after.username).await?;
            let includes_domain = core.policies.login_name_includes_domain;
            let name = login_name::key(&after.username, &org.primary_domain, includes_domain);
            commit.login_names = vec![(user.id, name)];
        }
    }
    Ok((commit, Details::of(&after)))
}
