//! Rows of memberships: who has which roles on what.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::rows;
use crate::domain::event::{MemberRemoved, MemberRoles};
use crate::domain::ids::{OrgId, UserId, given_user_key};
use crate::domain::org::Member;
use crate::domain::permission::Resource;
use crate::domain::time::Timestamp;
use crate::ports::StoreError;

pub(super) const TABLE: &str = "members";

const SET: &str = "
    INSERT INTO members (user_id, organization, roles, created_at, changed_at)
    VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (user_id, organization)
        DO UPDATE SET roles = excluded.roles, changed_at = excluded.changed_at";

const REMOVE: &str = "DELETE FROM members WHERE user_id = ?1 AND organization = ?2";

const ALL: &str = "
    SELECT user_id, organization, roles, created_at, changed_at
    FROM members
    ORDER BY user_id, organization";

const OF_USER: &str = "
    SELECT user_id, organization, roles, created_at, changed_at
    FROM members
    WHERE user_id = ?1
    ORDER BY organization";

/// The key that stands for the instance where organisations have theirs.
const INSTANCE: i64 = 0;

/// Gives a user exactly these roles.
pub(super) fn set(
    connection: &Connection,
    resource: Resource,
    at: Timestamp,
    set: &MemberRoles,
) -> Result<(), StoreError> {
    let roles =
        serde_json::to_string(&set.roles).map_err(|error| StoreError::Failed(Box::new(error)))?;
    let user = given_user_key(&set.user_id);
    let params = params![user.key(), key(resource), roles, at.micros()];
    rows::change_one(connection, SET, params, TABLE)
}

/// Takes all roles from a user.
pub(super) fn remove(
    connection: &Connection,
    resource: Resource,
    removed: &MemberRemoved,
) -> Result<(), StoreError> {
    let user = given_user_key(&removed.user_id);
    rows::change(connection, REMOVE, [user.key(), key(resource)])
}

/// Roles of one user, or of everybody.
pub(super) fn load(
    connection: &Connection,
    user: Option<UserId>,
) -> Result<Vec<Member>, StoreError> {
    match user {
        Some(user) => rows::all(connection, OF_USER, [user.key()], TABLE, read),
        None => rows::all(connection, ALL, [], TABLE, read),
    }
}

/// Reads the five columns of a membership.
pub(super) fn read(cells: &mut Cells<'_, '_>) -> Result<Member, StoreError> {
    Ok(Member {
        user: UserId::new(cells.key("user_id")?),
        resource: resource(cells.int("organization")?),
        roles: read_roles(cells)?,
        created_at: cells.time("created_at")?,
        changed_at: cells.time("changed_at")?,
    })
}

/// The key under which a membership on something is kept.
pub(super) const fn key(resource: Resource) -> i64 {
    match resource {
        Resource::Instance => INSTANCE,
        Resource::Org(org) => org.key(),
    }
}

/// What a membership under a key is on.
pub(super) const fn resource(key: i64) -> Resource {
    if key == INSTANCE {
        Resource::Instance
    } else {
        Resource::Org(OrgId::new(key))
    }
}

/// Reads the list of role names.
pub(super) fn read_roles(cells: &mut Cells<'_, '_>) -> Result<Vec<String>, StoreError> {
    let text = cells.str("roles")?;
    serde_json::from_str(text).map_err(|_| cells.corrupt("roles"))
}
