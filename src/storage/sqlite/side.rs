//! What events add up to beside the rows: login names, metadata, personal access tokens, memberships.
//! Written in the transaction of their events.

use rusqlite::{Connection, params};

use super::{idp_links, members, pats, rows};
use crate::domain::event::{Aggregate, Event, InstanceEvent, OrgEvent, UserEvent};
use crate::domain::ids::{OrgId, UserId};
use crate::domain::permission::Resource;
use crate::domain::time::Timestamp;
use crate::ports::StoreError;

const NAME_OWNER: &str = "SELECT user_id FROM login_names WHERE name = ?1";

const GIVE_NAME: &str = "
    INSERT INTO login_names (name, user_id)
    VALUES (?1, ?2)
    ON CONFLICT (name) DO NOTHING";

const SET_METADATA: &str = "
    INSERT INTO user_metadata (user_id, key, value)
    VALUES (?1, ?2, ?3)
    ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value";

const FREE_NAMES: &str = "DELETE FROM login_names WHERE user_id = ?1";

/// What goes with a user; memberships have events of their own.
const FORGET_USER: [&str; 4] = [
    FREE_NAMES,
    "DELETE FROM user_metadata WHERE user_id = ?1",
    "DELETE FROM pats WHERE user_id = ?1",
    "DELETE FROM idp_links WHERE user_id = ?1",
];

/// Whose login name it is.
pub(super) fn name_owner(
    connection: &Connection,
    name: &str,
) -> Result<Option<UserId>, StoreError> {
    rows::one(connection, NAME_OWNER, [name], "login_names", |cells| {
        cells.user("user_id")
    })
}

/// Gives a user a login name that is free or its own.
pub(super) fn give_name(
    connection: &Connection,
    user: UserId,
    name: &str,
) -> Result<(), StoreError> {
    rows::change(connection, GIVE_NAME, params![name, user.key()])
}

/// Does beside the row what an event asks for.
pub(super) fn apply(
    connection: &Connection,
    aggregate: Aggregate,
    at: Timestamp,
    event: &Event,
) -> Result<(), StoreError> {
    match event {
        Event::Session(_) | Event::Intent(_) => Ok(()),
        Event::User(event) => apply_user(connection, UserId::new(aggregate.key()), at, event),
        Event::Org(event) => {
            let org = Resource::Org(OrgId::new(aggregate.key()));
            apply_org(connection, org, at, event)
        }
        Event::Instance(event) => apply_instance(connection, at, event),
    }
}

fn apply_user(
    connection: &Connection,
    user: UserId,
    at: Timestamp,
    event: &UserEvent,
) -> Result<(), StoreError> {
    if let UserEvent::MetadataSet(set) = event {
        let params = params![user.key(), set.key, set.value];
        rows::change(connection, SET_METADATA, params)?;
    } else if let UserEvent::PatAdded(added) = event {
        pats::add(connection, user, at, added)?;
    } else if let UserEvent::PatRemoved(removed) = event {
        pats::remove(connection, user, removed.token_id)?;
    } else if let UserEvent::IdpLinkAdded(added) = event {
        idp_links::add(connection, user, added)?;
    } else if let UserEvent::IdpLinkRemoved(removed) = event {
        idp_links::remove(connection, user, removed)?;
    } else if let UserEvent::UsernameChanged(_) = event {
        rows::change(connection, FREE_NAMES, [user.key()])?;
    } else if let UserEvent::Removed(_) = event {
        for sql in FORGET_USER {
            rows::change(connection, sql, [user.key()])?;
        }
    }
    Ok(())
}

fn apply_org(
    connection: &Connection,
    org: Resource,
    at: Timestamp,
    event: &OrgEvent,
) -> Result<(), StoreError> {
    match event {
        OrgEvent::MemberAdded(roles) | OrgEvent::MemberChanged(roles) => {
            members::set(connection, org, at, roles)
        }
        OrgEvent::MemberRemoved(removed) | OrgEvent::MemberCascadeRemoved(removed) => {
            members::remove(connection, org, removed)
        }
        OrgEvent::Added(_) | OrgEvent::PrimaryDomainSet(_) => Ok(()),
    }
}

fn apply_instance(
    connection: &Connection,
    at: Timestamp,
    event: &InstanceEvent,
) -> Result<(), StoreError> {
    match event {
        InstanceEvent::MemberAdded(roles) | InstanceEvent::MemberChanged(roles) => {
            members::set(connection, Resource::Instance, at, roles)
        }
        InstanceEvent::MemberRemoved(removed) | InstanceEvent::MemberCascadeRemoved(removed) => {
            members::remove(connection, Resource::Instance, removed)
        }
        InstanceEvent::Added(_) | InstanceEvent::DefaultOrgSet(_) => Ok(()),
    }
}
