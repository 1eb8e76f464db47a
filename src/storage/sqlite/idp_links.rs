//! Rows of links: who somebody is at identity providers.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::rows;
use crate::domain::event::{IdpLinkAdded, IdpLinkRemoved};
use crate::domain::ids::UserId;
use crate::domain::user::IdpLink;
use crate::ports::StoreError;

pub(super) const TABLE: &str = "idp_links";

const ADD: &str = "
    INSERT INTO idp_links (idp_id, external_id, user_id, name)
    VALUES (?1, ?2, ?3, ?4)";

const REMOVE: &str = "
    DELETE FROM idp_links
    WHERE idp_id = ?1 AND external_id = ?2 AND user_id = ?3";

const OF_USER: &str = "
    SELECT user_id, idp_id, external_id, name
    FROM idp_links
    WHERE user_id = ?1
    ORDER BY idp_id, external_id";

const OWNER: &str = "
    SELECT user_id
    FROM idp_links
    WHERE idp_id = ?1 AND external_id = ?2";

/// Writes the row of a new link.
pub(super) fn add(
    connection: &Connection,
    user: UserId,
    added: &IdpLinkAdded,
) -> Result<(), StoreError> {
    let params = params![
        added.idp_config_id,
        added.user_id,
        user.key(),
        added.display_name
    ];
    rows::change_one(connection, ADD, params, TABLE)
}

/// Drops the row of a link.
pub(super) fn remove(
    connection: &Connection,
    user: UserId,
    removed: &IdpLinkRemoved,
) -> Result<(), StoreError> {
    let params = params![removed.idp_config_id, removed.user_id, user.key()];
    rows::change(connection, REMOVE, params)
}

/// The links of a user.
pub(super) fn of_user(connection: &Connection, user: UserId) -> Result<Vec<IdpLink>, StoreError> {
    rows::all(connection, OF_USER, [user.key()], TABLE, read)
}

/// Whose link it is.
pub(super) fn owner(
    connection: &Connection,
    idp_id: &str,
    external_id: &str,
) -> Result<Option<UserId>, StoreError> {
    rows::one(connection, OWNER, [idp_id, external_id], TABLE, |cells| {
        cells.user("user_id")
    })
}

fn read(cells: &mut Cells<'_, '_>) -> Result<IdpLink, StoreError> {
    cells.key("user_id")?;
    Ok(IdpLink {
        idp_id: cells.text("idp_id")?,
        external_id: cells.text("external_id")?,
        name: cells.text("name")?,
    })
}
