//! Rows of users, human and machine.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::error::Malformed;
use super::{otp, rows, text, webauthn};
use crate::domain::ids::{Sequence, UserId};
use crate::domain::secret::{HashText, SealedSecret};
use crate::domain::session::Proof;
use crate::domain::time::Timestamp;
use crate::domain::user::{
    Contact, Failures, Human, Invite, Machine, Password, StoredSecret, Totp, User, UserKind,
    UserState,
};
use crate::ports::StoreError;

const TABLE: &str = "users";

/// The columns in the order in which [`read`] takes them.
macro_rules! columns {
    () => {
        "u.id, u.given_id, u.organization, u.state, u.sequence, u.created_at, u.changed_at, \
         u.username, u.kind, u.machine_name, u.description, u.given_name, u.family_name, \
         u.nick_name, u.display_name, u.preferred_language, u.gender, u.email, u.email_verified, \
         u.email_code_digest, u.email_code_expires_at, u.phone, u.phone_verified, \
         u.phone_code_digest, u.phone_code_expires_at, u.password_hash, u.password_changed_at, \
         u.password_change_required, u.failures, u.failed_at, u.totp_secret, u.totp_ready, \
         u.totp_step, u.otp_failures, u.otp_failed_at, u.password_code_digest, \
         u.password_code_expires_at, u.invite_code_digest, u.invite_code_expires_at, \
         u.invite_returned, u.invite_url_template, u.invite_application, u.code_failures, \
         u.code_failed_at, u.mfa_init_skipped_at, u.web_auth_n, u.u2f_ready, u.otp_sms, \
         u.otp_email, u.recovery_codes, u.shown_sequence, u.shown_changed_at"
    };
}
pub(super) use columns;

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM users AS u WHERE u.id = ?1");

const BY_LOGIN_NAME: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM login_names AS n JOIN users AS u ON u.id = n.user_id WHERE n.name = ?1"
);

const SEQUENCE: &str = "SELECT sequence FROM users WHERE id = ?1";

const STATE: &str = "SELECT state FROM users WHERE id = ?1";

const INSERT: &str = "
    INSERT INTO users (
        id, sequence, given_id, organization, state, created_at, changed_at, username, kind,
        machine_name, description, given_name, family_name, nick_name, display_name,
        preferred_language, gender, email, email_key, email_verified, email_code_digest,
        email_code_expires_at, phone, phone_verified, phone_code_digest, phone_code_expires_at,
        password_hash, password_changed_at, password_change_required, failures, failed_at,
        totp_secret, totp_ready, totp_step, otp_failures, otp_failed_at, password_code_digest,
        password_code_expires_at, invite_code_digest, invite_code_expires_at, invite_returned,
        invite_url_template, invite_application, code_failures, code_failed_at,
        mfa_init_skipped_at, web_auth_n, u2f_ready, otp_sms, otp_email, recovery_codes,
        shown_sequence, shown_changed_at
    )
    VALUES (
        ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
        ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37,
        ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48, ?49, ?50, ?51, ?52, ?53, ?54
    )";

const UPDATE: &str = "
    UPDATE users
    SET sequence = ?3, given_id = ?4, organization = ?5, state = ?6, created_at = ?7,
        changed_at = ?8, username = ?9, kind = ?10, machine_name = ?11, description = ?12,
        given_name = ?13, family_name = ?14, nick_name = ?15, display_name = ?16,
        preferred_language = ?17, gender = ?18, email = ?19, email_key = ?20,
        email_verified = ?21, email_code_digest = ?22, email_code_expires_at = ?23, phone = ?24,
        phone_verified = ?25, phone_code_digest = ?26, phone_code_expires_at = ?27,
        password_hash = ?28, password_changed_at = ?29, password_change_required = ?30,
        failures = ?31, failed_at = ?32, totp_secret = ?33, totp_ready = ?34, totp_step = ?35,
        otp_failures = ?36, otp_failed_at = ?37, password_code_digest = ?38,
        password_code_expires_at = ?39, invite_code_digest = ?40, invite_code_expires_at = ?41,
        invite_returned = ?42, invite_url_template = ?43, invite_application = ?44,
        code_failures = ?45, code_failed_at = ?46, mfa_init_skipped_at = ?47, web_auth_n = ?48,
        u2f_ready = ?49, otp_sms = ?50, otp_email = ?51, recovery_codes = ?52,
        shown_sequence = ?53, shown_changed_at = ?54
    WHERE id = ?1 AND sequence = ?2";

/// The user under a key.
pub(super) fn load(connection: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    rows::one(connection, BY_ID, [id.key()], TABLE, read)
}

/// The user under a normalised login name.
pub(super) fn load_by_login_name(
    connection: &Connection,
    name: &str,
) -> Result<Option<User>, StoreError> {
    rows::one(connection, BY_LOGIN_NAME, [name], TABLE, read)
}

/// The sequence of the row, if there is one.
pub(super) fn sequence(
    connection: &Connection,
    id: UserId,
) -> Result<Option<Sequence>, StoreError> {
    rows::sequence(connection, SEQUENCE, id.key(), TABLE)
}

/// The state of the row, if there is one.
pub(super) fn state(connection: &Connection, id: UserId) -> Result<Option<UserState>, StoreError> {
    rows::one(connection, STATE, [id.key()], TABLE, |cells| {
        cells.set_key(id.key());
        read_state(cells)
    })
}

/// Writes the row of a new user.
pub(super) fn insert(connection: &Connection, user: &User) -> Result<(), StoreError> {
    write(connection, INSERT, user, Sequence::NONE)
}

/// Writes the row of a user who was at `expected`.
pub(super) fn update(
    connection: &Connection,
    user: &User,
    expected: Sequence,
) -> Result<(), StoreError> {
    write(connection, UPDATE, user, expected)
}

/// What proves a password and an authenticator app: the log has only fingerprints of it.
fn secrets<'a>(
    password: Option<&'a Password>,
    totp: Option<&'a Totp>,
) -> Result<(Option<&'a HashText>, Option<&'a SealedSecret>), Malformed> {
    let hash = password.map(|password| password.proof.hash().ok_or(Malformed::HashMissing));
    let sealed = totp.map(|totp| totp.secret.sealed().ok_or(Malformed::SecretMissing));
    Ok((hash.transpose()?, sealed.transpose()?))
}

/// Keys and recovery codes as their columns have them.
fn texts(human: &Human) -> Result<(Option<String>, Option<String>), StoreError> {
    Ok((
        webauthn::text(&human.web_auth_n)?,
        otp::recovery_text(&human.recovery_codes)?,
    ))
}

fn write(
    connection: &Connection,
    sql: &str,
    user: &User,
    expected: Sequence,
) -> Result<(), StoreError> {
    let (human, machine) = match &user.kind {
        UserKind::Human(human) => (Some(human), None),
        UserKind::Machine(machine) => (None, Some(machine)),
    };
    let phone = human.and_then(|human| human.phone.as_ref());
    let password = human.and_then(|human| human.password.as_ref());
    let email_code = human.and_then(|human| human.email.code.as_ref());
    let phone_code = phone.and_then(|phone| phone.code.as_ref());
    let shown = human.and_then(|human| human.shown);
    let password_code = human.and_then(|human| human.password_code.as_ref());
    let invite = human.and_then(|human| human.invite.as_ref());
    let totp = human.and_then(|human| human.totp.as_ref());
    let (hash, sealed) = secrets(password, totp)?;
    let step = totp.and_then(|totp| totp.last_step).map(i64::try_from);
    let step = step.transpose().map_err(|_| Malformed::Step)?;
    let (web_auth_n, recovery) = human
        .map(|human| texts(human))
        .transpose()?
        .unwrap_or_default();
    let params = params![
        user.id.key(),
        expected.number(),
        user.sequence.number(),
        user.given_id,
        user.organization.key(),
        user.state.code(),
        user.created_at.micros(),
        user.changed_at.micros(),
        user.username,
        if human.is_some() { 1 } else { 2 },
        machine.map(|machine| &machine.name),
        machine.and_then(|machine| machine.description.as_ref()),
        human.map(|human| &human.given_name),
        human.map(|human| &human.family_name),
        human.and_then(|human| human.nick_name.as_ref()),
        human.map(|human| &human.display_name),
        human.and_then(|human| human.preferred_language.as_ref()),
        human.map(|human| human.gender),
        human.map(|human| &human.email.address),
        human
            .map(|human| human.email.address.as_str())
            .map(text::lower),
        human.map(|human| human.email.verified),
        email_code.map(|code| &code.digest),
        email_code.map(|code| code.expires_at.micros()),
        phone.map(|phone| &phone.address),
        phone.map(|phone| phone.verified),
        phone_code.map(|code| &code.digest),
        phone_code.map(|code| code.expires_at.micros()),
        hash.map(HashText::as_str),
        password.map(|password| password.changed_at.micros()),
        password.map(|password| password.change_required),
        human.map(|human| human.failures.count),
        human.and_then(|human| human.failures.last_at.map(Timestamp::micros)),
        sealed.map(SealedSecret::as_str),
        totp.map(|totp| totp.ready),
        step,
        human.map(|human| human.otp_failures.count),
        human.and_then(|human| human.otp_failures.last_at.map(Timestamp::micros)),
        password_code.map(|code| &code.digest),
        password_code.map(|code| code.expires_at.micros()),
        invite.map(|invite| &invite.code.digest),
        invite.map(|invite| invite.code.expires_at.micros()),
        invite.map(|invite| invite.returned),
        invite.and_then(|invite| invite.url_template.as_ref()),
        invite.and_then(|invite| invite.application_name.as_ref()),
        human.map(|human| human.code_failures.count),
        human.and_then(|human| human.code_failures.last_at.map(Timestamp::micros)),
        human.and_then(|human| human.mfa_init_skipped_at.map(Timestamp::micros)),
        web_auth_n,
        human.map(|human| human.web_auth_n.u2f_ready()),
        human.map(|human| human.otp_sms),
        human.map(|human| human.otp_email),
        recovery,
        shown.map(|shown| shown.sequence.number()),
        shown.map(|shown| shown.changed_at.micros()),
    ];
    rows::change_one(connection, sql, params, TABLE)
}

/// Reads the cells that `columns!` names.
pub(super) fn read(cells: &mut Cells<'_, '_>) -> Result<User, StoreError> {
    let id = UserId::new(cells.key("id")?);
    Ok(User {
        id,
        given_id: cells.maybe_text("given_id")?,
        organization: cells.org("organization")?,
        state: read_state(cells)?,
        sequence: cells.sequence("sequence")?,
        created_at: cells.time("created_at")?,
        changed_at: cells.time("changed_at")?,
        username: cells.text("username")?,
        kind: match cells.int("kind")? {
            1 => {
                nothing(cells, &["machine_name", "description"])?;
                UserKind::Human(Box::new(read_human(cells)?))
            }
            2 => UserKind::Machine(read_machine(cells)?),
            _ => return Err(cells.corrupt("kind")),
        },
    })
}

fn read_state(cells: &mut Cells<'_, '_>) -> Result<UserState, StoreError> {
    let code = cells.small("state")?;
    UserState::from_code(code).ok_or_else(|| cells.corrupt("state"))
}

fn read_machine(cells: &mut Cells<'_, '_>) -> Result<Machine, StoreError> {
    let machine = Machine {
        name: cells.text("machine_name")?,
        description: cells.maybe_text("description")?,
    };
    nothing(
        cells,
        &[
            "given_name",
            "family_name",
            "nick_name",
            "display_name",
            "preferred_language",
            "gender",
            "email",
            "email_verified",
            "email_code_digest",
            "email_code_expires_at",
            "phone",
            "phone_verified",
            "phone_code_digest",
            "phone_code_expires_at",
            "password_hash",
            "password_changed_at",
            "password_change_required",
            "failures",
            "failed_at",
            "totp_secret",
            "totp_ready",
            "totp_step",
            "otp_failures",
            "otp_failed_at",
            "password_code_digest",
            "password_code_expires_at",
            "invite_code_digest",
            "invite_code_expires_at",
            "invite_returned",
            "invite_url_template",
            "invite_application",
            "code_failures",
            "code_failed_at",
            "mfa_init_skipped_at",
            "web_auth_n",
            "u2f_ready",
            "otp_sms",
            "otp_email",
            "recovery_codes",
            "shown_sequence",
            "shown_changed_at",
        ],
    )?;
    Ok(machine)
}

fn read_human(cells: &mut Cells<'_, '_>) -> Result<Human, StoreError> {
    Ok(Human {
        given_name: cells.text("given_name")?,
        family_name: cells.text("family_name")?,
        nick_name: cells.maybe_text("nick_name")?,
        display_name: cells.text("display_name")?,
        preferred_language: cells.maybe_text("preferred_language")?,
        gender: cells.small("gender")?,
        email: Contact {
            address: cells.text("email")?,
            verified: cells.flag("email_verified")?,
            code: otp::read_code(cells, "email_code_digest", "email_code_expires_at")?,
        },
        phone: read_phone(cells)?,
        password: read_password(cells)?,
        failures: Failures {
            count: cells.small("failures")?,
            last_at: cells.maybe_time("failed_at")?,
        },
        totp: read_totp(cells)?,
        otp_failures: Failures {
            count: cells.small("otp_failures")?,
            last_at: cells.maybe_time("otp_failed_at")?,
        },
        password_code: otp::read_code(cells, "password_code_digest", "password_code_expires_at")?,
        invite: read_invite(cells)?,
        code_failures: Failures {
            count: cells.small("code_failures")?,
            last_at: cells.maybe_time("code_failed_at")?,
        },
        mfa_init_skipped_at: cells.maybe_time("mfa_init_skipped_at")?,
        web_auth_n: webauthn::read(cells)?,
        otp_sms: cells.flag("otp_sms")?,
        otp_email: cells.flag("otp_email")?,
        recovery_codes: otp::read_recovery(cells)?,
        shown: cells.shown()?,
    })
}

fn read_invite(cells: &mut Cells<'_, '_>) -> Result<Option<Invite>, StoreError> {
    let code = otp::read_code(cells, "invite_code_digest", "invite_code_expires_at")?;
    let Some(code) = code else {
        nothing(
            cells,
            &[
                "invite_returned",
                "invite_url_template",
                "invite_application",
            ],
        )?;
        return Ok(None);
    };
    Ok(Some(Invite {
        code,
        returned: cells.flag("invite_returned")?,
        url_template: cells.maybe_text("invite_url_template")?,
        application_name: cells.maybe_text("invite_application")?,
    }))
}

fn read_totp(cells: &mut Cells<'_, '_>) -> Result<Option<Totp>, StoreError> {
    let Some(sealed) = cells.maybe_str("totp_secret")? else {
        nothing(cells, &["totp_ready", "totp_step"])?;
        return Ok(None);
    };
    let secret = StoredSecret::Sealed(SealedSecret::new(sealed));
    Ok(Some(Totp {
        secret,
        ready: cells.flag("totp_ready")?,
        last_step: cells
            .maybe_int("totp_step")?
            .map(u64::try_from)
            .transpose()
            .map_err(|_| cells.corrupt("totp_step"))?,
    }))
}

fn read_phone(cells: &mut Cells<'_, '_>) -> Result<Option<Contact>, StoreError> {
    let Some(address) = cells.maybe_text("phone")? else {
        nothing(
            cells,
            &[
                "phone_verified",
                "phone_code_digest",
                "phone_code_expires_at",
            ],
        )?;
        return Ok(None);
    };
    Ok(Some(Contact {
        address,
        verified: cells.flag("phone_verified")?,
        code: otp::read_code(cells, "phone_code_digest", "phone_code_expires_at")?,
    }))
}

fn read_password(cells: &mut Cells<'_, '_>) -> Result<Option<Password>, StoreError> {
    let Some(hash) = cells.maybe_str("password_hash")? else {
        nothing(cells, &["password_changed_at", "password_change_required"])?;
        return Ok(None);
    };
    Ok(Some(Password {
        proof: Proof::Hash(HashText::new(hash)),
        changed_at: cells.time("password_changed_at")?,
        change_required: cells.flag("password_change_required")?,
    }))
}

/// Columns that say nothing about this kind of row: a value there would be lost on the next write.
fn nothing(cells: &mut Cells<'_, '_>, columns: &[&'static str]) -> Result<(), StoreError> {
    for column in columns {
        if !cells.is_null(column)? {
            return Err(cells.corrupt(column));
        }
    }
    Ok(())
}
