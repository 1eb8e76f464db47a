//! Comparing texts as people do: capital and small letters of every script are the same.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// The lower case of a text. SQLite's own `lower` knows ASCII alone.
pub(super) fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Makes [`lower`] known to a connection as `unicode_lower`.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("unicode_lower", 1, flags, |context| {
        let text: Option<&str> = context.get_raw(0).as_str_or_null()?;
        Ok(text.map(lower))
    })
}
