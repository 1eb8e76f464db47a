//! The first start: instance, default organisation, first users and their tokens, in one transaction
//! (design section 2, adjacent.md section 5).

use crate::core::Core;
use crate::domain::event::{
    DefaultOrgSet, Event, InstanceAdded, InstanceEvent, MemberRoles, OrgAdded, OrgDomain, OrgEvent,
    PatAdded, UserEvent,
};
use crate::domain::ids::{InstanceId, OrgId, PatId, Sequence, UserId};
use crate::domain::org;
use crate::domain::permission::Authority;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::{self, ContactProof, NewHuman, NewMachine, UserError, login_name};
use crate::error::Error;
use crate::ports::{Append, Commit, State};

use super::pats::FAR_FUTURE;
use super::users::{PasswordInput, new_password};

/// What the first start makes.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// Name of the instance.
    pub instance_name: String,
    /// Name of the default organisation.
    pub org_name: String,
    /// Its primary domain.
    pub org_domain: String,
    /// Service users with a role and, if they get one, a token.
    pub machines: Vec<FirstMachine>,
    /// A person who administers the instance.
    pub human: Option<FirstHuman>,
}

/// A service user of the first start.
#[derive(Debug, Clone)]
pub struct FirstMachine {
    /// Unique name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// Its role on the instance.
    pub role: String,
    /// Whether it gets a personal access token.
    pub with_pat: bool,
    /// When the token expires; never, if absent.
    pub pat_expires_at: Option<Timestamp>,
}

/// The person of the first start; role `IAM_OWNER`.
#[derive(Debug, Clone)]
pub struct FirstHuman {
    /// Unique name.
    pub username: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// E-mail address.
    pub email: String,
    /// It needs no proof.
    pub email_verified: bool,
    /// The password.
    pub password: Secret,
    /// It must be changed at the next login.
    pub change_required: bool,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
}

/// What the first start made. The tokens are shown this once.
#[derive(Debug, Clone)]
pub struct FirstTokens {
    /// The instance.
    pub instance: InstanceId,
    /// The default organisation.
    pub org: OrgId,
    /// When they were set up.
    pub at: Timestamp,
    /// The token of each machine of the [`Bootstrap`], in its order.
    pub tokens: Vec<Option<Secret>>,
}

/// Sets up an empty store. `core.instance` and `core.default_org` are not looked at.
///
/// The tokens are handed to `keep` before anything is written, so that no acknowledged first start
/// can be without them: a crash between the two leaves files that the next start replaces.
///
/// # Errors
/// What `keep` and the store say; a password that does not fit the policy.
pub async fn bootstrap(
    core: &Core,
    setup: Bootstrap,
    keep: impl FnOnce(&FirstTokens) -> Result<(), Error>,
) -> Result<FirstTokens, Error> {
    let authority = Authority::system();
    let now = core.clock.now();
    let instance = InstanceId::new(core.ids.next(now));
    let org = OrgId::new(core.ids.next(now));
    let mut writer = Writer {
        core,
        now,
        org,
        domain: setup.org_domain.clone(),
        appends: Vec::new(),
        login_names: Vec::new(),
        members: Vec::new(),
    };

    let mut tokens = Vec::with_capacity(setup.machines.len());
    for machine in setup.machines {
        tokens.push(writer.machine(&authority, machine)?);
    }
    if let Some(human) = setup.human {
        writer.human(&authority, human).await?;
    }
    let org_events = vec![
        OrgEvent::Added(OrgAdded {
            name: setup.org_name,
        }),
        OrgEvent::PrimaryDomainSet(OrgDomain {
            domain: setup.org_domain,
        }),
    ];
    let mut instance_events = vec![
        InstanceEvent::Added(InstanceAdded {
            name: setup.instance_name,
        }),
        InstanceEvent::DefaultOrgSet(DefaultOrgSet { org_id: org }),
    ];
    instance_events.extend(writer.members.drain(..).map(InstanceEvent::MemberAdded));

    let made = FirstTokens {
        instance,
        org,
        at: now,
        tokens,
    };
    let commit = writer.commit(&authority, instance, instance_events, org_events)?;
    keep(&made)?;
    core.store.commit(commit).await?;
    Ok(made)
}

/// Collects what the one commit of the first start holds.
struct Writer<'a> {
    core: &'a Core,
    now: Timestamp,
    org: OrgId,
    domain: String,
    appends: Vec<Append>,
    login_names: Vec<(UserId, String)>,
    members: Vec<MemberRoles>,
}

impl Writer<'_> {
    fn machine(
        &mut self,
        authority: &Authority,
        machine: FirstMachine,
    ) -> Result<Option<Secret>, Error> {
        let id = UserId::new(self.core.ids.next(self.now));
        let new = NewMachine {
            username: machine.username,
            name: machine.name,
            ..NewMachine::default()
        };
        let mut events = user::add_machine(authority, new)?;
        let mut token = None;
        if machine.with_pat {
            let pat = PatId::new(self.core.ids.next(self.now));
            let issued = self.core.tokens.issue_pat(pat)?;
            let expiration = machine.pat_expires_at.unwrap_or(FAR_FUTURE);
            if expiration <= self.now {
                return Err(UserError::PatExpired.into());
            }
            events.push(UserEvent::PatAdded(PatAdded {
                token_id: pat,
                expiration,
                hash_id: issued.fingerprint,
                hash: Some(issued.hash),
            }));
            token = Some(issued.token);
        }
        self.add(id, events, machine.role)?;
        Ok(token)
    }

    async fn human(&mut self, authority: &Authority, human: FirstHuman) -> Result<(), Error> {
        let id = UserId::new(self.core.ids.next(self.now));
        let input = PasswordInput::Plain {
            password: human.password,
            change_required: human.change_required,
        };
        let new = NewHuman {
            username: human.username,
            given_name: human.given_name,
            family_name: human.family_name,
            email: user::contact::email(&human.email)?,
            email_proof: if human.email_verified {
                ContactProof::Given
            } else {
                ContactProof::None
            },
            preferred_language: human.preferred_language,
            password: Some(new_password(self.core, input).await?),
            ..NewHuman::default()
        };
        let events = user::add_human(authority, new)?;
        self.add(id, events, "IAM_OWNER".to_owned())
    }

    fn add(&mut self, id: UserId, events: Vec<UserEvent>, role: String) -> Result<(), Error> {
        let mut rest = events.iter();
        let first = rest
            .next()
            .and_then(|event| user::first(id, self.org, self.now, event));
        let user = first.ok_or_else(|| Error::internal("a user without a first event"))?;
        let user = rest.fold(user, |user, event| user::evolve(user, self.now, event));
        let includes_domain = self.core.policies.login_name_includes_domain;
        self.login_names.push((
            id,
            login_name::key(&user.username, &self.domain, includes_domain),
        ));
        self.members.push(MemberRoles {
            user_id: user.public_id(),
            roles: vec![role],
        });
        self.appends.push(Append {
            expected: Sequence::NONE,
            owner: self.org.key(),
            events: events.into_iter().map(Event::User).collect(),
            state: State::User(Box::new(user)),
        });
        Ok(())
    }

    fn commit(
        self,
        authority: &Authority,
        instance: InstanceId,
        instance_events: Vec<InstanceEvent>,
        org_events: Vec<OrgEvent>,
    ) -> Result<Commit, Error> {
        let mut events = instance_events.iter();
        let first = events
            .next()
            .and_then(|event| org::first_instance(instance, self.now, event));
        let first = first.ok_or_else(|| Error::internal("an instance without a first event"))?;
        let instance_row = events.fold(first, |row, event| {
            org::evolve_instance(row, self.now, event)
        });
        let mut events = org_events.iter();
        let first = events
            .next()
            .and_then(|event| org::first_org(self.org, self.now, event));
        let first =
            first.ok_or_else(|| Error::internal("an organisation without a first event"))?;
        let org_row = events.fold(first, |row, event| org::evolve_org(row, self.now, event));
        let append = |events: Vec<Event>, owner: i64, state: State| Append {
            expected: Sequence::NONE,
            owner,
            events,
            state,
        };
        // Users come before the events that name them, the instance before everything.
        let mut appends = vec![append(
            org_events.into_iter().map(Event::Org).collect(),
            self.org.key(),
            State::Org(org_row),
        )];
        appends.extend(self.appends);
        appends.push(append(
            instance_events.into_iter().map(Event::Instance).collect(),
            instance.key(),
            State::Instance(instance_row),
        ));
        let mut commit = Commit::new(self.now, authority.actor(), appends);
        commit.login_names = self.login_names;
        Ok(commit)
    }
}
