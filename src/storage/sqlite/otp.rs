//! One-time codes in the rows of users and sessions.

use super::cells::Cells;
use crate::domain::session::OtpChallenges;
use crate::domain::user::PendingCode;
use crate::ports::StoreError;

/// The digests of recovery codes as the row has them: JSON, NULL where there is none.
pub(super) fn recovery_text(codes: &[String]) -> Result<Option<String>, StoreError> {
    if codes.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(codes)
        .map(Some)
        .map_err(|error| StoreError::Failed(Box::new(error)))
}

/// The digests of recovery codes.
pub(super) fn read_recovery(cells: &mut Cells<'_, '_>) -> Result<Vec<String>, StoreError> {
    const COLUMN: &str = "recovery_codes";
    let Some(text) = cells.maybe_str(COLUMN)? else {
        return Ok(Vec::new());
    };
    let codes: Vec<String> = serde_json::from_str(text).map_err(|_| cells.corrupt(COLUMN))?;
    // No row is written so: it would not be what its events make.
    if codes.is_empty() {
        return Err(cells.corrupt(COLUMN));
    }
    Ok(codes)
}

/// The codes that a session waits for.
pub(super) fn read_challenges(cells: &mut Cells<'_, '_>) -> Result<OtpChallenges, StoreError> {
    Ok(OtpChallenges {
        sms: read_code(cells, "otp_sms_digest", "otp_sms_expires_at")?,
        email: read_code(cells, "otp_email_digest", "otp_email_expires_at")?,
    })
}

/// A code in two columns.
pub(super) fn read_code(
    cells: &mut Cells<'_, '_>,
    digest: &'static str,
    expires_at: &'static str,
) -> Result<Option<PendingCode>, StoreError> {
    let Some(digest) = cells.maybe_text(digest)? else {
        return if cells.is_null(expires_at)? {
            Ok(None)
        } else {
            Err(cells.corrupt(expires_at))
        };
    };
    let expires_at = cells.time(expires_at)?;
    Ok(Some(PendingCode { digest, expires_at }))
}
