//! Rows of intents.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::error::Malformed;
use super::rows;
use crate::domain::ids::{IntentId, Sequence, UserId};
use crate::domain::intent::{Intent, Outcome, Phase};
use crate::domain::secret::SealedSecret;
use crate::domain::user::StoredSecret;
use crate::ports::StoreError;

const TABLE: &str = "intents";

const BY_ID: &str = "
    SELECT id, sequence, created_at, changed_at, phase, idp_id, success_url, failure_url, handshake,
        external_id, external_name, user_id, expires_at, identity
    FROM intents
    WHERE id = ?1";

const SEQUENCE: &str = "SELECT sequence FROM intents WHERE id = ?1";

const INSERT: &str = "
    INSERT INTO intents (
        id, sequence, phase, created_at, changed_at, idp_id, success_url, failure_url, handshake,
        external_id, external_name, user_id, expires_at, identity
    )
    VALUES (?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

const UPDATE: &str = "
    UPDATE intents
    SET sequence = ?3, phase = ?4, created_at = ?5, changed_at = ?6, idp_id = ?7, success_url = ?8,
        failure_url = ?9, handshake = ?10, external_id = ?11, external_name = ?12, user_id = ?13,
        expires_at = ?14, identity = ?15
    WHERE id = ?1 AND sequence = ?2";

/// The intent under a key.
pub(super) fn load(connection: &Connection, id: IntentId) -> Result<Option<Intent>, StoreError> {
    rows::one(connection, BY_ID, [id.key()], TABLE, read)
}

/// The sequence of the row, if there is one.
pub(super) fn sequence(
    connection: &Connection,
    id: IntentId,
) -> Result<Option<Sequence>, StoreError> {
    rows::sequence(connection, SEQUENCE, id.key(), TABLE)
}

/// Writes the row of an intent that was at `expected`, or of a new one.
pub(super) fn write(
    connection: &Connection,
    intent: &Intent,
    expected: Sequence,
) -> Result<(), StoreError> {
    let sql = if expected == Sequence::NONE {
        INSERT
    } else {
        UPDATE
    };
    let (handshake, outcome) = match &intent.phase {
        Phase::Started { handshake } => (Some(handshake), None),
        Phase::Succeeded(outcome) => (None, Some(outcome)),
        Phase::Failed | Phase::Consumed => (None, None),
    };
    let params = params![
        intent.id.key(),
        expected.number(),
        intent.sequence.number(),
        intent.phase.code(),
        intent.created_at.micros(),
        intent.changed_at.micros(),
        intent.idp_id,
        intent.success_url,
        intent.failure_url,
        handshake.map(text).transpose()?,
        outcome.map(|outcome| &outcome.external_id),
        outcome.map(|outcome| &outcome.external_name),
        outcome.and_then(|outcome| outcome.user).map(UserId::key),
        outcome.map(|outcome| outcome.expires_at.micros()),
        outcome.map(|outcome| text(&outcome.identity)).transpose()?,
    ];
    rows::change_one(connection, sql, params, TABLE)
}

fn text(secret: &StoredSecret) -> Result<&str, Malformed> {
    let sealed = secret.sealed().map(SealedSecret::as_str);
    sealed.ok_or(Malformed::SecretMissing)
}

fn read(cells: &mut Cells<'_, '_>) -> Result<Intent, StoreError> {
    let id = IntentId::new(cells.key("id")?);
    let sequence = cells.sequence("sequence")?;
    let created_at = cells.time("created_at")?;
    let changed_at = cells.time("changed_at")?;
    let phase: u8 = cells.small("phase")?;
    let idp_id = cells.text("idp_id")?;
    let success_url = cells.text("success_url")?;
    let failure_url = cells.text("failure_url")?;
    let handshake = cells.maybe_text("handshake")?;
    let outcome = read_outcome(cells)?;
    let phase = match (phase, handshake, outcome) {
        (1, Some(sealed), None) => Phase::Started {
            handshake: StoredSecret::Sealed(SealedSecret::new(sealed)),
        },
        (2, None, Some(outcome)) => Phase::Succeeded(outcome),
        (3, None, None) => Phase::Failed,
        (4, None, None) => Phase::Consumed,
        _ => return Err(cells.corrupt("phase")),
    };
    Ok(Intent {
        id,
        sequence,
        created_at,
        changed_at,
        idp_id,
        success_url,
        failure_url,
        phase,
    })
}

/// What came of it; none of its columns has a value while nothing has.
fn read_outcome(cells: &mut Cells<'_, '_>) -> Result<Option<Outcome>, StoreError> {
    let Some(external_id) = cells.maybe_text("external_id")? else {
        for column in ["external_name", "user_id", "expires_at", "identity"] {
            if !cells.is_null(column)? {
                return Err(cells.corrupt(column));
            }
        }
        return Ok(None);
    };
    Ok(Some(Outcome {
        external_id,
        external_name: cells.text("external_name")?,
        user: cells.maybe_int("user_id")?.map(UserId::new),
        expires_at: cells.time("expires_at")?,
        identity: StoredSecret::Sealed(SealedSecret::new(cells.str("identity")?)),
    }))
}
