//! Adding people and service users (adjacent.md section 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::core::Core;
use crate::domain::event::{Event, UserEvent};
use crate::domain::ids::{OrgId, Sequence, UserId, given_user_key};
use crate::domain::notification::Channel;
use crate::domain::org::Org;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::{HashText, Secret};
use crate::domain::user::{
    self, CodePurpose, IdpLink, NewHuman, NewMachine, NewPassword, User, UserError, contact,
    login_name,
};
use crate::error::Error;
use crate::ports::{Append, Commit, State, StoreError};

use super::Rounds;
use super::codes::{CodeDelivery, MadeCode, proof};
use super::idp_links::known;
use super::totp::new_totp;

/// A password as it comes in.
#[derive(Debug, Clone)]
pub enum PasswordInput {
    /// In clear.
    Plain {
        /// The password.
        password: Secret,
        /// It must be changed at the next login.
        change_required: bool,
    },
    /// Hashed elsewhere.
    Hashed {
        /// A hash of a kind that can be verified.
        hash: HashText,
        /// It must be changed at the next login.
        change_required: bool,
    },
}

/// A person to add.
#[derive(Debug, Clone, Default)]
pub struct AddHuman {
    /// The id that the client chose.
    pub id: Option<String>,
    /// The organisation; the caller's, if absent.
    pub organization: Option<OrgId>,
    /// Or its primary domain.
    pub organization_domain: Option<String>,
    /// Unique name; the e-mail address, if absent.
    pub username: Option<String>,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Nick name.
    pub nick_name: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
    /// 0 to 3.
    pub gender: u8,
    /// E-mail address.
    pub email: String,
    /// How it is proven.
    pub email_delivery: CodeDelivery,
    /// Phone number.
    pub phone: Option<String>,
    /// How it is proven.
    pub phone_delivery: CodeDelivery,
    /// The password.
    pub password: Option<PasswordInput>,
    /// The secret of an authenticator app that is in use already, in base32.
    pub totp_secret: Option<Secret>,
    /// Keys and values.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Users of identity providers that it is.
    pub idp_links: Vec<IdpLink>,
}

/// A service user to add.
#[derive(Debug, Clone, Default)]
pub struct AddMachine {
    /// The id that the client chose.
    pub id: Option<String>,
    /// The organisation; the caller's, if absent.
    pub organization: Option<OrgId>,
    /// Unique name; the id, if empty.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A user that was added.
#[derive(Debug, Clone)]
pub struct AddedUser {
    /// The user.
    pub user: User,
    /// The code for the e-mail address, if it was to be returned.
    pub email_code: Option<Secret>,
    /// The code for the phone number, if it was to be returned.
    pub phone_code: Option<Secret>,
}

/// Adds a person.
///
/// # Errors
/// The ids of adjacent.md section 7, `AddHumanUser`; what the permission check says.
pub async fn add_human(
    core: &Core,
    caller: &Caller,
    command: AddHuman,
) -> Result<AddedUser, Error> {
    let org = owner(
        core,
        caller,
        command.organization,
        command.organization_domain.as_deref(),
    )
    .await?;
    let authority = caller.may(Permission::UserWrite, Some(org.id))?;
    for link in &command.idp_links {
        known(core, link)?;
    }
    let email = contact::email(&command.email)?;
    let phone = command.phone.as_deref().map(contact::phone).transpose()?;
    let email_delivery = command
        .email_delivery
        .or_sent_if_possible(core, Channel::Email);
    let phone_delivery = match phone {
        Some(_) => command
            .phone_delivery
            .or_sent_if_possible(core, Channel::Sms),
        None => CodeDelivery::Unspecified,
    };
    let (email_proof, email_made) =
        proof(core, CodePurpose::Email, Channel::Email, &email_delivery)?;
    let (phone_proof, phone_made) = proof(core, CodePurpose::Phone, Channel::Sms, &phone_delivery)?;
    let (id, given_id) = chosen_id(command.id);
    let mut password = None;
    if let Some(input) = command.password {
        password = Some(new_password(core, input).await?);
    }
    let events = user::add_human(
        &authority,
        NewHuman {
            given_id,
            username: command.username.unwrap_or_else(|| email.clone()),
            given_name: command.given_name,
            family_name: command.family_name,
            nick_name: command.nick_name,
            display_name: command.display_name,
            preferred_language: command.preferred_language,
            gender: command.gender,
            email: email.clone(),
            email_proof,
            phone: phone.clone(),
            phone_proof,
            password,
            metadata: command
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), STANDARD.encode(value)))
                .collect(),
        },
    )?;
    let new = Unsaved {
        id,
        id_taken: UserError::IdTaken,
        events: |id| {
            let mut events = events.clone();
            if let Some(secret) = &command.totp_secret {
                let sealed = core.totps.import(id, secret)?;
                events.extend(user::import_totp(&authority, new_totp(core, sealed)));
            }
            events.extend(command.idp_links.iter().cloned().map(IdpLink::added));
            Ok(events)
        },
        codes: [
            email_made.as_ref().map(|made| (made, email.as_str())),
            phone_made
                .as_ref()
                .map(|made| (made, phone.as_deref().unwrap_or_default())),
        ],
    };
    let user = save(core, &authority, &org, new).await?;
    Ok(AddedUser {
        user,
        email_code: email_made.and_then(MadeCode::returned),
        phone_code: phone_made.and_then(MadeCode::returned),
    })
}

/// Adds a service user.
///
/// # Errors
/// As [`add_human`].
pub async fn add_machine(
    core: &Core,
    caller: &Caller,
    command: AddMachine,
) -> Result<AddedUser, Error> {
    let org = owner(core, caller, command.organization, None).await?;
    let authority = caller.may(Permission::UserWrite, Some(org.id))?;
    let (id, given_id) = chosen_id(command.id);
    let machine = NewMachine {
        given_id,
        username: command.username,
        name: command.name,
        description: command.description.filter(|text| !text.is_empty()),
    };
    let events = |id: UserId| {
        let mut machine = machine.clone();
        if machine.username.is_empty() {
            machine.username = machine.given_id.clone().unwrap_or_else(|| id.to_string());
        }
        Ok(user::add_machine(&authority, machine)?)
    };
    let new = Unsaved {
        id,
        id_taken: UserError::MachineIdTaken,
        events,
        codes: [None, None],
    };
    let user = save(core, &authority, &org, new).await?;
    Ok(AddedUser {
        user,
        email_code: None,
        phone_code: None,
    })
}

/// The organisation that the user will belong to.
async fn owner(
    core: &Core,
    caller: &Caller,
    id: Option<OrgId>,
    domain: Option<&str>,
) -> Result<Org, Error> {
    let org = match (id, domain) {
        (Some(id), _) => core.store.org(id).await?,
        (None, Some(domain)) => core.store.org_by_domain(&domain.to_lowercase()).await?,
        (None, None) => core.store.org(caller.organization).await?,
    };
    Ok(org.ok_or(UserError::OrgNotFound)?)
}

/// The key of a new user: from the id that the client chose, or a fresh one.
fn chosen_id(id: Option<String>) -> (Option<UserId>, Option<String>) {
    let Some(text) = id else { return (None, None) };
    let key = given_user_key(&text);
    let given = (key.to_string() != text).then_some(text);
    (Some(key), given)
}

/// Tests and hashes a new password, or accepts a hash from elsewhere.
///
/// # Errors
/// The complexity ids; `USER-JDk4t` for a hash that cannot be verified.
pub(super) async fn new_password(core: &Core, input: PasswordInput) -> Result<NewPassword, Error> {
    let (hash, change_required) = match input {
        PasswordInput::Plain {
            password,
            change_required,
        } => {
            core.policies
                .complexity
                .test(password.expose())
                .map_err(UserError::from)?;
            (core.passwords.hash(password).await?, change_required)
        }
        PasswordInput::Hashed {
            hash,
            change_required,
        } => {
            if !core.passwords.accepts(hash.as_str()) {
                return Err(UserError::HashUnsupported.into());
            }
            (hash, change_required)
        }
    };
    let fingerprint = core.tokens.fingerprint(&hash);
    Ok(NewPassword {
        hash,
        fingerprint,
        change_required,
    })
}

/// A user that is not written yet.
struct Unsaved<'a, F> {
    /// The id that the client chose.
    id: Option<UserId>,
    /// The answer if another user has it.
    id_taken: UserError,
    /// Its events, given the id that it gets.
    events: F,
    /// The codes that were made, and where they go.
    codes: [Option<(&'a MadeCode, &'a str)>; 2],
}

/// Writes a new user, under a fresh id where the client chose none.
async fn save<F: Fn(UserId) -> Result<Vec<UserEvent>, Error>>(
    core: &Core,
    authority: &Authority,
    org: &Org,
    new: Unsaved<'_, F>,
) -> Result<User, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let now = core.clock.now();
        let id = new.id.unwrap_or_else(|| UserId::new(core.ids.next(now)));
        let events = (new.events)(id)?;
        let mut rest = events.iter();
        let user = rest
            .next()
            .and_then(|event| user::first(id, org.id, now, event));
        let user = user.ok_or_else(|| Error::internal("a user without a first event"))?;
        let user = rest.fold(user, |user, event| user::evolve(user, now, event));
        not_reserved(core, org, &user.username).await?;
        let name = login_name::key(
            &user.username,
            &org.primary_domain,
            core.policies.login_name_includes_domain,
        );
        let append = Append {
            expected: Sequence::NONE,
            owner: org.id.key(),
            events: events.into_iter().map(Event::User).collect(),
            state: State::User(Box::new(user.clone())),
        };
        let mut commit = Commit::new(now, authority.actor(), vec![append]);
        commit.login_names = vec![(id, name)];
        for (made, address) in new.codes.iter().flatten() {
            let queued = made.queued(core, &user, &org.primary_domain, address, now)?;
            commit.queued.extend(queued);
        }
        match core.commit(commit).await {
            Ok(_) => return Ok(user),
            Err(StoreError::Exists(_)) if new.id.is_some() => return Err(new.id_taken.into()),
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// A name that ends in another organisation's domain would look like one of its users.
pub(super) async fn not_reserved(core: &Core, org: &Org, username: &str) -> Result<(), Error> {
    if core.policies.login_name_includes_domain {
        return Ok(());
    }
    let Some((_, domain)) = username.rsplit_once('@') else {
        return Ok(());
    };
    match core.store.org_by_domain(&domain.to_lowercase()).await? {
        Some(other) if other.id != org.id => Err(UserError::DomainReserved.into()),
        Some(_) | None => Ok(()),
    }
}
