//! Secrets that stand in files of their own.

use std::io;
use std::path::Path;

use crate::domain::secret::Secret;

/// The secret in a file, without the line break that editors add.
///
/// # Errors
/// What the system says.
pub(super) fn read(path: &Path) -> io::Result<Secret> {
    let text = std::fs::read_to_string(path)?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
