//! Rows of the instance and of organisations.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::rows;
use crate::domain::ids::{InstanceId, OrgId, Sequence};
use crate::domain::org::{Instance, Org};
use crate::ports::StoreError;

pub(super) const TABLE: &str = "orgs";

const INSTANCES: &str = "instance";

/// The columns in the order in which [`read`] takes them.
macro_rules! columns {
    () => {
        "o.id, o.sequence, o.created_at, o.changed_at, o.name, o.primary_domain"
    };
}
pub(super) use columns;

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM orgs AS o WHERE o.id = ?1");

const BY_DOMAIN: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM orgs AS o WHERE o.primary_domain = ?1 ORDER BY o.id LIMIT 1"
);

const SEQUENCE: &str = "SELECT sequence FROM orgs WHERE id = ?1";

const INSERT: &str = "
    INSERT INTO orgs (id, sequence, created_at, changed_at, name, primary_domain)
    VALUES (?1, ?3, ?4, ?5, ?6, ?7)";

const UPDATE: &str = "
    UPDATE orgs
    SET sequence = ?3, created_at = ?4, changed_at = ?5, name = ?6, primary_domain = ?7
    WHERE id = ?1 AND sequence = ?2";

const INSTANCE: &str = "
    SELECT id, sequence, created_at, changed_at, name, default_org
    FROM instance
    ORDER BY id
    LIMIT 1";

const INSTANCE_SEQUENCE: &str = "SELECT sequence FROM instance WHERE id = ?1";

const INSERT_INSTANCE: &str = "
    INSERT INTO instance (id, sequence, created_at, changed_at, name, default_org)
    VALUES (?1, ?3, ?4, ?5, ?6, ?7)";

const UPDATE_INSTANCE: &str = "
    UPDATE instance
    SET sequence = ?3, created_at = ?4, changed_at = ?5, name = ?6, default_org = ?7
    WHERE id = ?1 AND sequence = ?2";

/// The organisation under a key.
pub(super) fn load(connection: &Connection, id: OrgId) -> Result<Option<Org>, StoreError> {
    rows::one(connection, BY_ID, [id.key()], TABLE, read)
}

/// The organisation with a primary domain.
pub(super) fn load_by_domain(
    connection: &Connection,
    domain: &str,
) -> Result<Option<Org>, StoreError> {
    rows::one(connection, BY_DOMAIN, [domain], TABLE, read)
}

/// Reads the cells that `columns!` names.
pub(super) fn read(cells: &mut Cells<'_, '_>) -> Result<Org, StoreError> {
    Ok(Org {
        id: OrgId::new(cells.key("id")?),
        sequence: cells.sequence("sequence")?,
        created_at: cells.time("created_at")?,
        changed_at: cells.time("changed_at")?,
        name: cells.text("name")?,
        primary_domain: cells.text("primary_domain")?,
    })
}

/// The instance, once it was set up.
pub(super) fn load_instance(connection: &Connection) -> Result<Option<Instance>, StoreError> {
    rows::one(connection, INSTANCE, [], INSTANCES, |cells| {
        Ok(Instance {
            id: InstanceId::new(cells.key("id")?),
            sequence: cells.sequence("sequence")?,
            created_at: cells.time("created_at")?,
            changed_at: cells.time("changed_at")?,
            name: cells.text("name")?,
            default_org: cells.maybe_int("default_org")?.map(OrgId::new),
        })
    })
}

/// The sequence of an organisation's row, if there is one.
pub(super) fn sequence(connection: &Connection, id: OrgId) -> Result<Option<Sequence>, StoreError> {
    rows::sequence(connection, SEQUENCE, id.key(), TABLE)
}

/// The sequence of the instance's row, if there is one.
pub(super) fn instance_sequence(
    connection: &Connection,
    id: InstanceId,
) -> Result<Option<Sequence>, StoreError> {
    rows::sequence(connection, INSTANCE_SEQUENCE, id.key(), INSTANCES)
}

/// Writes the row of an organisation that was at `expected`, or of a new one.
pub(super) fn write(
    connection: &Connection,
    org: &Org,
    expected: Sequence,
) -> Result<(), StoreError> {
    let sql = if expected == Sequence::NONE {
        INSERT
    } else {
        UPDATE
    };
    let params = params![
        org.id.key(),
        expected.number(),
        org.sequence.number(),
        org.created_at.micros(),
        org.changed_at.micros(),
        org.name,
        org.primary_domain,
    ];
    rows::change_one(connection, sql, params, TABLE)
}

/// Writes the row of the instance, which was at `expected` or is new.
pub(super) fn write_instance(
    connection: &Connection,
    instance: &Instance,
    expected: Sequence,
) -> Result<(), StoreError> {
    let sql = if expected == Sequence::NONE {
        INSERT_INSTANCE
    } else {
        UPDATE_INSTANCE
    };
    let params = params![
        instance.id.key(),
        expected.number(),
        instance.sequence.number(),
        instance.created_at.micros(),
        instance.changed_at.micros(),
        instance.name,
        instance.default_org.map(OrgId::key),
    ];
    rows::change_one(connection, sql, params, INSTANCES)
}
