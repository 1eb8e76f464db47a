//! Rows of sessions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, ToSql, params};
use serde::Serialize;

use super::cells::Cells;
use super::error::Malformed;
use super::session_statements::{ALL, Change, END, INSERT, INSERT_PLAIN, PLAIN, REST};
use super::{otp, rows};
use crate::domain::ids::{Sequence, SessionId, UserId};
use crate::domain::secret::HashText;
use crate::domain::session::{
    CheckedUser, Factors, Metadata, OtpChallenges, Proof, Session, SessionState, TokenState,
    UserAgent, WebAuthnFactor,
};
use crate::domain::time::Timestamp;
use crate::domain::webauthn::WebAuthnChallenge;
use crate::ports::{EndSessions, StoreError, Whose};

const TABLE: &str = "sessions";

/// The columns in the order in which [`read`] takes them.
macro_rules! columns {
    () => {
        "s.id, s.state, s.sequence, s.created_at, s.changed_at, s.creator, s.user_id, \
         s.user_organization, s.user_checked_at, s.password_checked_at, s.totp_checked_at, \
         s.metadata, s.fingerprint_id, s.user_agent, s.expires_at, s.token_hash, \
         s.token_sequence, s.web_auth_n_checked_at, s.web_auth_n_user_verified, \
         s.web_auth_n_challenge, s.otp_sms_checked_at, s.otp_email_checked_at, \
         s.recovery_code_checked_at, s.otp_sms_digest, s.otp_sms_expires_at, \
         s.otp_email_digest, s.otp_email_expires_at, s.intent_checked_at, s.shown_sequence, \
         s.shown_changed_at"
    };
}
pub(super) use columns;

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM sessions AS s WHERE s.id = ?1");

const LIVE_OF_USER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sessions AS s WHERE s.user_id = ?1 AND s.state = 1 AND s.id IS NOT ?2",
    " ORDER BY s.created_at, s.id LIMIT ?3"
);

const LIVE_OF_DEVICE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM sessions AS s WHERE s.fingerprint_id = ?1 AND s.state = 1 AND s.id IS NOT ?2",
    " AND (?4 IS NULL OR s.user_id = ?4) ORDER BY s.created_at, s.id LIMIT ?3"
);

const STATE: &str = "SELECT state FROM sessions WHERE id = ?1";

const SEQUENCE: &str = "SELECT sequence FROM sessions WHERE id = ?1";

/// The session under a key.
pub(super) fn load(connection: &Connection, id: SessionId) -> Result<Option<Session>, StoreError> {
    rows::one(connection, BY_ID, [id.key()], TABLE, read)
}

/// The oldest of the sessions that are to end and have not, at most so many.
pub(super) fn live_of(
    connection: &Connection,
    end: &EndSessions,
    most: usize,
) -> Result<Vec<Session>, StoreError> {
    let keep = end.keep.map(|(id, _)| id.key());
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    match &end.whose {
        Whose::User(user) => {
            let params = params![user.key(), keep, most];
            rows::all(connection, LIVE_OF_USER, params, TABLE, read)
        }
        Whose::UserAgent {
            fingerprint_id,
            user,
        } => {
            let params = params![fingerprint_id, keep, most, user.map(UserId::key)];
            rows::all(connection, LIVE_OF_DEVICE, params, TABLE, read)
        }
    }
}

/// The state of the session, if it is there.
pub(super) fn state(
    connection: &Connection,
    id: SessionId,
) -> Result<Option<SessionState>, StoreError> {
    rows::one(connection, STATE, [id.key()], TABLE, |cells| {
        cells.set_key(id.key());
        read_state(cells)
    })
}

/// The sequence of the row, if there is one.
pub(super) fn sequence(
    connection: &Connection,
    id: SessionId,
) -> Result<Option<Sequence>, StoreError> {
    rows::sequence(connection, SEQUENCE, id.key(), TABLE)
}

/// Writes the row of a new session.
pub(super) fn insert(connection: &Connection, session: &Session) -> Result<(), StoreError> {
    let user = session.user.as_ref();
    let agent = session.user_agent.as_ref();
    let (token_hash, token_sequence) = token(session)?;
    let web_auth_n = session.factors.web_auth_n;
    let OtpChallenges { sms, email } = &session.otp_challenges;
    let (sms, email) = (sms.as_ref(), email.as_ref());
    let params: &[&dyn ToSql] = params![
        session.id.key(),
        state_code(session.state),
        session.sequence.number(),
        session.created_at.micros(),
        session.changed_at.micros(),
        session.creator.key(),
        user.map(|user| user.id.key()),
        user.map(|user| user.organization.key()),
        user.map(|user| user.checked_at.micros()),
        session.factors.password.map(Timestamp::micros),
        metadata_text(&session.metadata)?,
        agent.and_then(|agent| agent.fingerprint_id.as_deref()),
        agent.map(agent_text).transpose()?,
        session.expires_at.map(Timestamp::micros),
        token_hash,
        token_sequence,
        session.factors.totp.map(Timestamp::micros),
        web_auth_n.map(|factor| factor.checked_at.micros()),
        web_auth_n.map(|factor| factor.user_verified),
        challenge_text(session)?,
        session.factors.otp_sms.map(Timestamp::micros),
        session.factors.otp_email.map(Timestamp::micros),
        session.factors.recovery_code.map(Timestamp::micros),
        sms.map(|code| &code.digest),
        sms.map(|code| code.expires_at.micros()),
        email.map(|code| &code.digest),
        email.map(|code| code.expires_at.micros()),
        session.factors.intent.map(Timestamp::micros),
        session.shown.map(|shown| shown.sequence.number()),
        session.shown.map(|shown| shown.changed_at.micros()),
    ];
    match params.get(..PLAIN) {
        Some(params) if is_plain(session) => {
            rows::change_one(connection, INSERT_PLAIN, params, TABLE)
        }
        _ => rows::change_one(connection, INSERT, params, TABLE),
    }
}

/// Whether none of the columns behind the first [`PLAIN`] has anything.
fn is_plain(session: &Session) -> bool {
    let plain = Factors {
        password: session.factors.password,
        ..Factors::default()
    };
    session.factors == plain
        && session.otp_challenges == OtpChallenges::default()
        && session.web_auth_n_challenge.is_none()
        && session.shown.is_none()
}

/// Writes the row of a session that was at `expected`.
pub(super) fn update(
    connection: &Connection,
    session: &Session,
    expected: Sequence,
    change: Change,
) -> Result<(), StoreError> {
    let sql = match change {
        Change::End => return end(connection, session, expected),
        Change::Rest => REST,
        Change::All => ALL,
    };
    let user = session.user.as_ref();
    let (token_hash, token_sequence) = token(session)?;
    let web_auth_n = session.factors.web_auth_n;
    let OtpChallenges { sms, email } = &session.otp_challenges;
    let (sms, email) = (sms.as_ref(), email.as_ref());
    let params = params![
        session.id.key(),
        expected.number(),
        state_code(session.state),
        session.sequence.number(),
        session.changed_at.micros(),
        user.map(|user| user.id.key()),
        user.map(|user| user.organization.key()),
        user.map(|user| user.checked_at.micros()),
        session.factors.password.map(Timestamp::micros),
        session.expires_at.map(Timestamp::micros),
        metadata_text(&session.metadata)?,
        token_hash,
        token_sequence,
        session.factors.totp.map(Timestamp::micros),
        web_auth_n.map(|factor| factor.checked_at.micros()),
        web_auth_n.map(|factor| factor.user_verified),
        challenge_text(session)?,
        session.factors.otp_sms.map(Timestamp::micros),
        session.factors.otp_email.map(Timestamp::micros),
        session.factors.recovery_code.map(Timestamp::micros),
        sms.map(|code| &code.digest),
        sms.map(|code| code.expires_at.micros()),
        email.map(|code| &code.digest),
        email.map(|code| code.expires_at.micros()),
        session.factors.intent.map(Timestamp::micros),
        session.shown.map(|shown| shown.sequence.number()),
        session.shown.map(|shown| shown.changed_at.micros()),
    ];
    rows::change_one(connection, sql, params, TABLE)
}

fn end(connection: &Connection, session: &Session, expected: Sequence) -> Result<(), StoreError> {
    let params = params![
        session.id.key(),
        expected.number(),
        state_code(session.state),
        session.sequence.number(),
        session.changed_at.micros(),
        session.shown.map(|shown| shown.sequence.number()),
        session.shown.map(|shown| shown.changed_at.micros()),
    ];
    rows::change_one(connection, END, params, TABLE)
}

fn read_state(cells: &mut Cells<'_, '_>) -> Result<SessionState, StoreError> {
    match cells.int("state")? {
        1 => Ok(SessionState::Active),
        2 => Ok(SessionState::Terminated),
        _ => Err(cells.corrupt("state")),
    }
}

/// Reads the cells that `columns!` names.
pub(super) fn read(cells: &mut Cells<'_, '_>) -> Result<Session, StoreError> {
    let id = SessionId::new(cells.key("id")?);
    let state = read_state(cells)?;
    let mut session = Session {
        id,
        state,
        sequence: cells.sequence("sequence")?,
        created_at: cells.time("created_at")?,
        changed_at: cells.time("changed_at")?,
        creator: cells.user("creator")?,
        user: read_user(cells)?,
        factors: Factors {
            password: cells.maybe_time("password_checked_at")?,
            totp: cells.maybe_time("totp_checked_at")?,
            ..Factors::default()
        },
        otp_challenges: OtpChallenges::default(),
        web_auth_n_challenge: None,
        metadata: read_metadata(cells)?,
        user_agent: read_agent(cells)?,
        expires_at: cells.maybe_time("expires_at")?,
        token: read_token(cells)?,
        shown: None,
    };
    session.factors.web_auth_n = read_web_auth_n(cells)?;
    session.web_auth_n_challenge = read_challenge(cells)?;
    session.factors.otp_sms = cells.maybe_time("otp_sms_checked_at")?;
    session.factors.otp_email = cells.maybe_time("otp_email_checked_at")?;
    session.factors.recovery_code = cells.maybe_time("recovery_code_checked_at")?;
    session.otp_challenges = otp::read_challenges(cells)?;
    session.factors.intent = cells.maybe_time("intent_checked_at")?;
    session.shown = cells.shown()?;
    Ok(session)
}

fn read_web_auth_n(cells: &mut Cells<'_, '_>) -> Result<Option<WebAuthnFactor>, StoreError> {
    let Some(checked_at) = cells.maybe_time("web_auth_n_checked_at")? else {
        return if cells.is_null("web_auth_n_user_verified")? {
            Ok(None)
        } else {
            Err(cells.corrupt("web_auth_n_user_verified"))
        };
    };
    Ok(Some(WebAuthnFactor {
        checked_at,
        user_verified: cells.flag("web_auth_n_user_verified")?,
    }))
}

fn read_challenge(cells: &mut Cells<'_, '_>) -> Result<Option<WebAuthnChallenge>, StoreError> {
    let text = cells.maybe_str("web_auth_n_challenge")?;
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|_| cells.corrupt("web_auth_n_challenge"))
}

fn read_user(cells: &mut Cells<'_, '_>) -> Result<Option<CheckedUser>, StoreError> {
    let id = cells.maybe_int("user_id")?.map(UserId::new);
    if let Some(id) = id {
        Ok(Some(CheckedUser {
            id,
            organization: cells.org("user_organization")?,
            checked_at: cells.time("user_checked_at")?,
        }))
    } else {
        for column in ["user_organization", "user_checked_at"] {
            if cells.maybe_int(column)?.is_some() {
                return Err(cells.corrupt(column));
            }
        }
        Ok(None)
    }
}

fn read_metadata(cells: &mut Cells<'_, '_>) -> Result<Metadata, StoreError> {
    let Some(text) = cells.maybe_str("metadata")? else {
        return Ok(Metadata::new());
    };
    let texts: BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_| cells.corrupt("metadata"))?;
    texts
        .into_iter()
        .map(|(key, value)| Ok((key, STANDARD.decode(value)?)))
        .collect::<Result<_, base64::DecodeError>>()
        .map_err(|_| cells.corrupt("metadata"))
}

fn read_agent(cells: &mut Cells<'_, '_>) -> Result<Option<UserAgent>, StoreError> {
    let fingerprint_id = cells.maybe_text("fingerprint_id")?;
    let Some(text) = cells.maybe_str("user_agent")? else {
        return if fingerprint_id.is_none() {
            Ok(None)
        } else {
            Err(cells.corrupt("fingerprint_id"))
        };
    };
    let agent: UserAgent = serde_json::from_str(text).map_err(|_| cells.corrupt("user_agent"))?;
    Ok(Some(UserAgent {
        fingerprint_id,
        ..agent
    }))
}

fn read_token(cells: &mut Cells<'_, '_>) -> Result<Option<TokenState>, StoreError> {
    let hash = cells.maybe_str("token_hash")?;
    if let Some(hash) = hash {
        Ok(Some(TokenState {
            issued_at: cells.sequence("token_sequence")?,
            proof: Proof::Hash(whole(hash)),
        }))
    } else if cells.maybe_int("token_sequence")?.is_some() {
        Err(cells.corrupt("token_sequence"))
    } else {
        Ok(None)
    }
}

const fn state_code(state: SessionState) -> i64 {
    match state {
        SessionState::Active => 1,
        SessionState::Terminated => 2,
    }
}

fn token(session: &Session) -> Result<(Option<Cow<'_, str>>, Option<u32>), StoreError> {
    let Some(token) = &session.token else {
        return Ok((None, None));
    };
    let hash = token.proof.hash().ok_or(Malformed::HashMissing)?;
    Ok((Some(short(hash)), Some(token.issued_at.number())))
}

/// How nearly every hash begins; [`SHORT`] stands for it in the table.
const USUAL: &str = "$argon2id$v=19$m=8,t=1,p=1$";

/// No PHC string begins with it.
const SHORT: char = '~';

/// A hash as the table keeps it.
fn short(hash: &HashText) -> Cow<'_, str> {
    match hash.as_str().strip_prefix(USUAL) {
        Some(rest) => Cow::Owned(format!("{SHORT}{rest}")),
        None => Cow::Borrowed(hash.as_str()),
    }
}

fn whole(kept: &str) -> HashText {
    match kept.strip_prefix(SHORT) {
        Some(rest) => HashText::new([USUAL, rest].concat()),
        None => HashText::new(kept),
    }
}

fn challenge_text(session: &Session) -> Result<Option<String>, StoreError> {
    session.web_auth_n_challenge.as_ref().map(json).transpose()
}

fn metadata_text(metadata: &Metadata) -> Result<Option<String>, StoreError> {
    if metadata.is_empty() {
        return Ok(None);
    }
    let texts: BTreeMap<&str, String> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), STANDARD.encode(value)))
        .collect();
    json(&texts).map(Some)
}

/// What of a user agent stands beside the fingerprint, in the names that [`UserAgent`] reads.
#[derive(Serialize)]
struct AgentText<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: &'a Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header: &'a BTreeMap<String, Vec<String>>,
}

fn agent_text(agent: &UserAgent) -> Result<String, StoreError> {
    json(&AgentText {
        ip: &agent.ip,
        description: &agent.description,
        header: &agent.header,
    })
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_come_back_as_they_were() {
        for (hash, kept) in [
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA", "~c2FsdA$aGFzaA"),
            (
                "$argon2id$v=19$m=16,t=1,p=1$c2FsdA$aGFzaA",
                "$argon2id$v=19$m=16,t=1,p=1$c2FsdA$aGFzaA",
            ),
            ("another", "another"),
        ] {
            let hash = HashText::new(hash);
            assert_eq!(short(&hash), kept);
            assert_eq!(whole(kept), hash);
        }
    }
}
