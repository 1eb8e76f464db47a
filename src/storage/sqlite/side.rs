//! What events of users, organisations and the instance add up to beside the rows: login names,
//! metadata, personal access tokens, memberships. Written in the transaction of their events.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::error::Malformed;
use crate::domain::event::{
    Aggregate, Event, InstanceEvent, MemberRemoved, MemberRoles, OrgEvent, PatAdded, UserEvent,
};
use crate::domain::ids::{OrgId, PatId, UserId, given_user_key};
use crate::domain::org::Member;
use crate::domain::permission::Resource;
use crate::domain::secret::HashText;
use crate::domain::session::Proof;
use crate::domain::time::Timestamp;
use crate::domain::user::{Pat, UserState};
use crate::ports::{PatBearer, StoreError};

const NAME_OWNER: &str = "SELECT user_id FROM login_names WHERE name = ?1";

const GIVE_NAME: &str = "
    INSERT INTO login_names (name, user_id)
    VALUES (?1, ?2)
    ON CONFLICT (name) DO NOTHING";

const SET_METADATA: &str = "
    INSERT INTO user_metadata (user_id, key, value)
    VALUES (?1, ?2, ?3)
    ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value";

const ADD_PAT: &str = "
    INSERT INTO pats (id, user_id, hash, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5)";

const REMOVE_PAT: &str = "DELETE FROM pats WHERE id = ?1 AND user_id = ?2";

const FORGET_USER: [&str; 3] = [
    "DELETE FROM login_names WHERE user_id = ?1",
    "DELETE FROM user_metadata WHERE user_id = ?1",
    "DELETE FROM pats WHERE user_id = ?1",
];

const SET_MEMBER: &str = "
    INSERT INTO members (user_id, organization, roles, created_at, changed_at)
    VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (user_id, organization)
        DO UPDATE SET roles = excluded.roles, changed_at = excluded.changed_at";

const REMOVE_MEMBER: &str = "DELETE FROM members WHERE user_id = ?1 AND organization = ?2";

const PATS_OF_USER: &str = "
    SELECT id, user_id, hash, created_at, expires_at
    FROM pats
    WHERE user_id = ?1
    ORDER BY created_at, id";

/// One statement, so that token, owner and roles are of the same moment. The token's columns repeat
/// in every row; a service user rarely has more than one membership.
const BEARER: &str = "
    SELECT p.id, p.user_id, p.hash, p.created_at, p.expires_at, u.state, u.organization,
        m.organization, m.roles
    FROM pats AS p
    JOIN users AS u ON u.id = p.user_id
    LEFT JOIN members AS m ON m.user_id = p.user_id
    WHERE p.id = ?1";

const MEMBERS: &str = "
    SELECT user_id, organization, roles, created_at, changed_at
    FROM members
    ORDER BY user_id, organization";

const MEMBERS_OF_USER: &str = "
    SELECT user_id, organization, roles, created_at, changed_at
    FROM members
    WHERE user_id = ?1
    ORDER BY organization";

/// The key that stands for the instance where organisations have theirs.
const INSTANCE: i64 = 0;

/// Whose login name it is.
pub(super) fn name_owner(
    connection: &Connection,
    name: &str,
) -> Result<Option<UserId>, StoreError> {
    let mut statement = connection.prepare_cached(NAME_OWNER)?;
    let mut rows = statement.query([name])?;
    rows.next()?
        .map(|row| Cells::of(row, "login_names").user("user_id"))
        .transpose()
}

/// Gives a user a login name that is free or its own.
pub(super) fn give_name(
    connection: &Connection,
    user: UserId,
    name: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(GIVE_NAME)?
        .execute(params![name, user.key()])?;
    Ok(())
}

/// Does beside the row what an event asks for.
pub(super) fn apply(
    connection: &Connection,
    aggregate: Aggregate,
    at: Timestamp,
    event: &Event,
) -> Result<(), StoreError> {
    match event {
        Event::Session(_) => Ok(()),
        Event::User(event) => apply_user(connection, UserId::new(aggregate.key()), at, event),
        Event::Org(event) => apply_org(connection, aggregate.key(), at, event),
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
        connection.prepare_cached(SET_METADATA)?.execute(params![
            user.key(),
            set.key,
            set.value
        ])?;
    } else if let UserEvent::PatAdded(added) = event {
        add_pat(connection, user, at, added)?;
    } else if let UserEvent::PatRemoved(removed) = event {
        connection
            .prepare_cached(REMOVE_PAT)?
            .execute([removed.token_id.key(), user.key()])?;
    } else if let UserEvent::Removed(_) = event {
        for sql in FORGET_USER {
            connection.prepare_cached(sql)?.execute([user.key()])?;
        }
    }
    Ok(())
}

fn add_pat(
    connection: &Connection,
    user: UserId,
    at: Timestamp,
    added: &PatAdded,
) -> Result<(), StoreError> {
    let hash = added.hash.as_ref().ok_or(Malformed::HashMissing)?;
    connection.prepare_cached(ADD_PAT)?.execute(params![
        added.token_id.key(),
        user.key(),
        hash.as_str(),
        at.micros(),
        added.expiration.micros(),
    ])?;
    Ok(())
}

fn apply_org(
    connection: &Connection,
    org: i64,
    at: Timestamp,
    event: &OrgEvent,
) -> Result<(), StoreError> {
    match event {
        OrgEvent::MemberAdded(roles) | OrgEvent::MemberChanged(roles) => {
            set_member(connection, org, at, roles)
        }
        OrgEvent::MemberRemoved(removed) | OrgEvent::MemberCascadeRemoved(removed) => {
            remove_member(connection, org, removed)
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
            set_member(connection, INSTANCE, at, roles)
        }
        InstanceEvent::MemberRemoved(removed) | InstanceEvent::MemberCascadeRemoved(removed) => {
            remove_member(connection, INSTANCE, removed)
        }
        InstanceEvent::Added(_) | InstanceEvent::DefaultOrgSet(_) => Ok(()),
    }
}

fn set_member(
    connection: &Connection,
    organization: i64,
    at: Timestamp,
    set: &MemberRoles,
) -> Result<(), StoreError> {
    let roles =
        serde_json::to_string(&set.roles).map_err(|error| StoreError::Failed(Box::new(error)))?;
    connection.prepare_cached(SET_MEMBER)?.execute(params![
        given_user_key(&set.user_id).key(),
        organization,
        roles,
        at.micros(),
    ])?;
    Ok(())
}

fn remove_member(
    connection: &Connection,
    organization: i64,
    removed: &MemberRemoved,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(REMOVE_MEMBER)?
        .execute([given_user_key(&removed.user_id).key(), organization])?;
    Ok(())
}

/// The personal access tokens of a user, oldest first.
pub(super) fn pats(connection: &Connection, user: UserId) -> Result<Vec<Pat>, StoreError> {
    let mut statement = connection.prepare_cached(PATS_OF_USER)?;
    let mut rows = statement.query([user.key()])?;
    let mut pats = Vec::new();
    while let Some(row) = rows.next()? {
        pats.push(read_pat(&mut Cells::of(row, "pats"))?);
    }
    Ok(pats)
}

/// A token, its owner and the owner's roles.
pub(super) fn bearer(connection: &Connection, id: PatId) -> Result<Option<PatBearer>, StoreError> {
    let mut statement = connection.prepare_cached(BEARER)?;
    let mut rows = statement.query([id.key()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut cells = Cells::of(row, "pats");
    let pat = read_pat(&mut cells)?;
    let user = pat.user;
    cells.turn_to("users", user.key());
    let mut bearer = PatBearer {
        pat,
        user_active: cells.int("state")? == i64::from(UserState::Active.code()),
        organization: cells.org("organization")?,
        memberships: Vec::new(),
    };
    bearer
        .memberships
        .extend(read_membership(&mut cells, user)?);
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row, "pats");
        cells.skip(7);
        bearer
            .memberships
            .extend(read_membership(&mut cells, user)?);
    }
    Ok(Some(bearer))
}

/// Roles of one user, or of everybody.
pub(super) fn members(
    connection: &Connection,
    user: Option<UserId>,
) -> Result<Vec<Member>, StoreError> {
    let sql = if user.is_some() {
        MEMBERS_OF_USER
    } else {
        MEMBERS
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = match user {
        Some(user) => statement.query([user.key()])?,
        None => statement.query([])?,
    };
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row, "members");
        members.push(Member {
            user: UserId::new(cells.key("user_id")?),
            resource: resource(cells.int("organization")?),
            roles: roles(&mut cells)?,
            created_at: cells.time("created_at")?,
            changed_at: cells.time("changed_at")?,
        });
    }
    Ok(members)
}

fn read_pat(cells: &mut Cells<'_, '_>) -> Result<Pat, StoreError> {
    Ok(Pat {
        id: PatId::new(cells.key("id")?),
        user: cells.user("user_id")?,
        proof: Proof::Hash(HashText::new(cells.str("hash")?)),
        created_at: cells.time("created_at")?,
        expires_at: cells.time("expires_at")?,
    })
}

fn read_membership(
    cells: &mut Cells<'_, '_>,
    user: UserId,
) -> Result<Option<(Resource, Vec<String>)>, StoreError> {
    cells.turn_to("members", user.key());
    let Some(organization) = cells.maybe_int("organization")? else {
        return Ok(None);
    };
    Ok(Some((resource(organization), roles(cells)?)))
}

const fn resource(organization: i64) -> Resource {
    if organization == INSTANCE {
        Resource::Instance
    } else {
        Resource::Org(OrgId::new(organization))
    }
}

fn roles(cells: &mut Cells<'_, '_>) -> Result<Vec<String>, StoreError> {
    let text = cells.str("roles")?;
    serde_json::from_str(text).map_err(|_| cells.corrupt("roles"))
}
