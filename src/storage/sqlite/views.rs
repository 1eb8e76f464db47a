//! Sessions and users with what is shown beside them.

use rusqlite::Connection;

use super::cells::Cells;
use super::{rows, sessions, users};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::user::UserState;
use crate::ports::{SessionUser, SessionView, StoreError, UserView};

/// The columns in the order in which [`read_session`] takes them.
macro_rules! session_columns {
    () => {
        concat!(
            sessions::columns!(),
            ", u.given_id, u.state, u.username, u.display_name, u.password_changed_at, \
             u.totp_ready, u.u2f_ready, \
              u.otp_sms AND u.phone_verified AS otp_sms_ready, \
             u.otp_email AND u.email_verified AS otp_email_ready, o.primary_domain"
        )
    };
}
pub(super) use session_columns;

/// Where the columns come from.
macro_rules! session_tables {
    () => {
        " FROM sessions AS s
          LEFT JOIN users AS u ON u.id = s.user_id
          LEFT JOIN orgs AS o ON o.id = u.organization "
    };
}
pub(super) use session_tables;

/// The columns in the order in which [`read_user`] takes them.
macro_rules! user_columns {
    () => {
        concat!(users::columns!(), ", o.primary_domain")
    };
}
pub(super) use user_columns;

/// Where the columns come from.
macro_rules! user_tables {
    () => {
        " FROM users AS u LEFT JOIN orgs AS o ON o.id = u.organization "
    };
}
pub(super) use user_tables;

const SESSION: &str = concat!(
    "SELECT ",
    session_columns!(),
    session_tables!(),
    "WHERE s.id = ?1"
);

const USER: &str = concat!(
    "SELECT ",
    user_columns!(),
    user_tables!(),
    "WHERE u.id = ?1"
);

/// A session with what is shown of its user.
pub(super) fn session(
    connection: &Connection,
    id: SessionId,
) -> Result<Option<SessionView>, StoreError> {
    rows::one(connection, SESSION, [id.key()], "sessions", read_session)
}

/// A user with what is shown beside it.
pub(super) fn user(connection: &Connection, id: UserId) -> Result<Option<UserView>, StoreError> {
    rows::one(connection, USER, [id.key()], "users", read_user)
}

/// Reads the cells that `session_columns!` names.
pub(super) fn read_session(cells: &mut Cells<'_, '_>) -> Result<SessionView, StoreError> {
    let session = sessions::read(cells)?;
    let Some(checked) = &session.user else {
        return Ok(SessionView {
            session,
            user: None,
        });
    };
    cells.turn_to("users", checked.id.key());
    let given_id = cells.maybe_text("given_id")?;
    let user = SessionUser {
        public_id: given_id.unwrap_or_else(|| checked.id.to_string()),
        active: cells.int("state")? == i64::from(UserState::Active.code()),
        username: cells.text("username")?,
        display_name: cells.maybe_text("display_name")?,
        password_changed_at: cells.maybe_time("password_changed_at")?,
        totp_ready: cells.maybe_int("totp_ready")? == Some(1),
        u2f_ready: cells.maybe_int("u2f_ready")? == Some(1),
        otp_sms_ready: cells.maybe_int("otp_sms_ready")? == Some(1),
        otp_email_ready: cells.maybe_int("otp_email_ready")? == Some(1),
        org_domain: cells.maybe_text("primary_domain")?.unwrap_or_default(),
    };
    Ok(SessionView {
        session,
        user: Some(user),
    })
}

/// Reads the cells that `user_columns!` names.
pub(super) fn read_user(cells: &mut Cells<'_, '_>) -> Result<UserView, StoreError> {
    Ok(UserView {
        user: users::read(cells)?,
        org_domain: cells.maybe_text("primary_domain")?.unwrap_or_default(),
    })
}
