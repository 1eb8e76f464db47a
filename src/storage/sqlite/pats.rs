//! Rows of personal access tokens, and the bearer that a request presents.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::error::Malformed;
use super::{members, rows};
use crate::domain::event::PatAdded;
use crate::domain::ids::{PatId, UserId};
use crate::domain::permission::Resource;
use crate::domain::secret::HashText;
use crate::domain::session::Proof;
use crate::domain::time::Timestamp;
use crate::domain::user::{Pat, UserState};
use crate::ports::{PatBearer, StoreError};

const TABLE: &str = "pats";

const ADD: &str = "
    INSERT INTO pats (id, user_id, hash, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5)";

const REMOVE: &str = "DELETE FROM pats WHERE id = ?1 AND user_id = ?2";

const OF_USER: &str = "
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

/// Columns of [`BEARER`] before the membership.
const BEFORE_MEMBERSHIP: usize = 7;

/// Writes the row of a new token.
pub(super) fn add(
    connection: &Connection,
    user: UserId,
    at: Timestamp,
    added: &PatAdded,
) -> Result<(), StoreError> {
    let hash = added.hash.as_ref().ok_or(Malformed::HashMissing)?;
    let params = params![
        added.token_id.key(),
        user.key(),
        hash.as_str(),
        at.micros(),
        added.expiration.micros(),
    ];
    rows::change_one(connection, ADD, params, TABLE)
}

/// Drops the row of a token that was revoked.
pub(super) fn remove(connection: &Connection, user: UserId, id: PatId) -> Result<(), StoreError> {
    rows::change(connection, REMOVE, [id.key(), user.key()])
}

/// The tokens of a user, oldest first.
pub(super) fn of_user(connection: &Connection, user: UserId) -> Result<Vec<Pat>, StoreError> {
    rows::all(connection, OF_USER, [user.key()], TABLE, read)
}

/// A token, its owner and the owner's roles.
pub(super) fn bearer(connection: &Connection, id: PatId) -> Result<Option<PatBearer>, StoreError> {
    let mut statement = connection.prepare_cached(BEARER)?;
    let mut rows = statement.query([id.key()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut cells = Cells::of(row, TABLE);
    let pat = read(&mut cells)?;
    let user = pat.user;
    cells.turn_to("users", user.key());
    let user_active = cells.int("state")? == i64::from(UserState::Active.code());
    let organization = cells.org("organization")?;
    let mut memberships = Vec::new();
    memberships.extend(read_membership(&mut cells, user)?);
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row, TABLE);
        cells.skip(BEFORE_MEMBERSHIP);
        memberships.extend(read_membership(&mut cells, user)?);
    }
    Ok(Some(PatBearer {
        pat,
        user_active,
        organization,
        memberships,
    }))
}

fn read(cells: &mut Cells<'_, '_>) -> Result<Pat, StoreError> {
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
    cells.turn_to(members::TABLE, user.key());
    let Some(key) = cells.maybe_int("organization")? else {
        return Ok(None);
    };
    let roles = members::read_roles(cells)?;
    Ok(Some((members::resource(key), roles)))
}
