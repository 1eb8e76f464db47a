//! Roles of users on the instance and on organisations (adjacent.md section 8, Members).

use crate::core::Core;
use crate::domain::event::Event;
use crate::domain::ids::UserId;
use crate::domain::org::{self, MemberChange, MemberError, clean_roles};
use crate::domain::permission::{Caller, Permission, Resource};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::error::Error;
use crate::ports::{Append, Commit, State};

use super::{Details, Rounds};

/// Gives a user roles on a resource; they replace those it has there. Returns what became of the
/// resource; where nothing changed, when the roles last did.
///
/// # Errors
/// Empty or unknown roles, unknown user or organisation; what `change` asks for; what the permission
/// check says.
pub async fn set_member(
    core: &Core,
    caller: &Caller,
    user: UserId,
    resource: Resource,
    roles: Vec<String>,
    change: MemberChange,
) -> Result<Details, Error> {
    let (permission, organization) = match resource {
        Resource::Instance => (Permission::IamMemberWrite, None),
        Resource::Org(id) => (Permission::OrgMemberWrite, Some(id)),
    };
    let authority = caller.may(permission, organization)?;
    let roles = clean_roles(roles, &core.roles, resource, change)?;
    let mut rounds = Rounds::new(core);
    loop {
        let user = core
            .store
            .user(user)
            .await?
            .filter(User::exists)
            .ok_or(MemberError::user_not_found(resource, change))?;
        let members = core.store.members(Some(user.id)).await?;
        let current = members.iter().find(|member| member.resource == resource);
        let decided = org::set_member(
            &authority,
            resource,
            &user.public_id(),
            roles.clone(),
            change,
            current,
        )?;
        let at = core
            .now_after_all(changed_at(core, resource).await?)
            .await?;
        let Some(event) = decided else {
            let changed_at = current.map_or(at, |member| member.changed_at);
            return unchanged(core, resource, changed_at).await;
        };
        let append = append_member(core, resource, event, at).await?;
        let details = Details {
            sequence: append.state.sequence(),
            changed_at: at,
            owner: append.owner,
        };
        match core
            .store
            .commit(Commit::new(at, authority.actor(), vec![append]))
            .await
        {
            Ok(_) => return Ok(details),
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// What a resource is like on which nothing had to be changed.
async fn unchanged(core: &Core, resource: Resource, at: Timestamp) -> Result<Details, Error> {
    let (sequence, owner) = match resource {
        Resource::Instance => {
            let instance = core.store.instance().await?;
            let sequence = instance.map(|instance| instance.sequence);
            (sequence, core.instance.key())
        }
        Resource::Org(id) => (core.store.org(id).await?.map(|org| org.sequence), id.key()),
    };
    Ok(Details {
        sequence: sequence.unwrap_or_default(),
        changed_at: at,
        owner,
    })
}

/// Takes a user's roles on a resource away; nothing to take is a success. Returns when that was
/// written, if it was.
///
/// # Errors
/// What the permission check says.
pub async fn remove_member(
    core: &Core,
    caller: &Caller,
    user: UserId,
    resource: Resource,
) -> Result<Option<Timestamp>, Error> {
    let (permission, organization) = match resource {
        Resource::Instance => (Permission::IamMemberDelete, None),
        Resource::Org(id) => (Permission::OrgMemberDelete, Some(id)),
    };
    let authority = caller.may(permission, organization)?;
    let mut rounds = Rounds::new(core);
    loop {
        let members = core.store.members(Some(user)).await?;
        if !members.iter().any(|member| member.resource == resource) {
            return Ok(None);
        }
        let public_id = core
            .store
            .user(user)
            .await?
            .map_or_else(|| user.to_string(), |user| user.public_id());
        let event = org::remove_member(&authority, resource, &public_id, false);
        let at = core
            .now_after_all(changed_at(core, resource).await?)
            .await?;
        let append = append_member(core, resource, event, at).await?;
        match core
            .store
            .commit(Commit::new(at, authority.actor(), vec![append]))
            .await
        {
            Ok(_) => return Ok(Some(at)),
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// When the instance or an organisation last changed.
pub(super) async fn changed_at(core: &Core, resource: Resource) -> Result<Timestamp, Error> {
    let changed_at = match resource {
        Resource::Instance => core.store.instance().await?.map(|found| found.changed_at),
        Resource::Org(id) => core.store.org(id).await?.map(|found| found.changed_at),
    };
    Ok(changed_at.unwrap_or_default())
}

/// One event on the instance or an organisation, and the row it makes.
pub(super) async fn append_member(
    core: &Core,
    resource: Resource,
    event: Event,
    at: Timestamp,
) -> Result<Append, Error> {
    let (expected, owner, state) = match (resource, &event) {
        (Resource::Instance, Event::Instance(event)) => {
            let instance = core
                .store
                .instance()
                .await?
                .ok_or_else(|| Error::internal("no instance"))?;
            let owner = instance.id.key();
            (
                instance.sequence,
                owner,
                State::Instance(org::evolve_instance(instance, at, event)),
            )
        }
        (Resource::Org(id), Event::Org(event)) => {
            let org = core.store.org(id).await?;
            let org = org.ok_or(MemberError::org_not_found(resource))?;
            (
                org.sequence,
                id.key(),
                State::Org(org::evolve_org(org, at, event)),
            )
        }
        _ => {
            return Err(Error::internal(
                "an event of another aggregate than its resource",
            ));
        }
    };
    Ok(Append {
        expected,
        owner,
        events: vec![event],
        state,
    })
}
