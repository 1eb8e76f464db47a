//! The error that operations return: what the client is told, and what only the log is told.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::domain::error::{Kind, Refusal};
use crate::domain::intent::IntentError;
use crate::domain::notification::{NotificationError, TemplateError};
use crate::domain::org::{MemberError, ProjectMemberError};
use crate::domain::permission::Denied;
use crate::domain::session::{BearerError, SessionError};
use crate::domain::user::UserError;
use crate::ports::{Cause, FederationFault, HashingError, StoreError, TotpFault};

/// Which detail message an answer carries (spec session-service.md section 10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// None: errors without an id.
    None,
    /// `zitadel.v1.ErrorDetail`.
    Error,
    /// `zitadel.v1.CredentialsCheckError`, with the failures in a row.
    Credentials {
        /// Failures in a row, this one included; 0 where none was counted.
        failed_attempts: u32,
    },
}

/// A failed operation.
#[derive(Debug)]
#[expect(
    clippy::error_impl_error,
    reason = "the one error of all operations; modules name theirs"
)]
pub struct Error {
    /// What kind of trouble it is.
    pub kind: Kind,
    /// The stable id that clients match on; present but empty where ZITADEL's is.
    pub id: Option<&'static str>,
    /// The text without the id.
    pub message: Cow<'static, str>,
    /// Which detail the answer carries.
    pub detail: Detail,
    /// How long to wait before the same may succeed, where that is known.
    pub retry_after: Option<Duration>,
    /// What happened underneath; for the log, once, and never for the client.
    pub source: Option<Cause>,
}

/// The error of a request that failed, left in the request's extensions for the log, which alone
/// knows the request's id.
#[derive(Debug)]
pub struct Failure(pub Error);

/// What a request asked for and what came of it, left in the extensions of the answer for those who
/// count and log. An answer without it was to nothing that is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// The method of the route; empty for a procedure.
    pub method: &'static str,
    /// The pattern of the route, or the path of the procedure.
    pub operation: &'static str,
    /// Why it was refused, if it was.
    pub refused: Option<Kind>,
}

impl Error {
    /// An error with an id.
    pub fn new(kind: Kind, id: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            id: Some(id),
            message: message.into(),
            detail: Detail::Error,
            retry_after: None,
            source: None,
        }
    }

    /// An error without an id: routing, parsing, validation, a missing header.
    pub fn plain(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            id: None,
            message: message.into(),
            detail: Detail::None,
            retry_after: None,
            source: None,
        }
    }

    /// Something that this version does not do, said instead of ignoring it.
    pub fn unimplemented(what: &str) -> Self {
        Self::plain(Kind::Unimplemented, format!("{what} is not implemented"))
    }

    /// Our own fault: the client gets a fixed text, the log gets the cause.
    pub fn internal(source: impl Into<Cause>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(Kind::Internal, "BTZ-Int3r", "An internal error occurred")
        }
    }

    /// With a credentials detail instead of the plain one.
    #[must_use]
    pub fn with_failed_attempts(self, failed_attempts: u32) -> Self {
        Self {
            detail: Detail::Credentials { failed_attempts },
            ..self
        }
    }

    /// With how long to wait before the same may succeed.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// With a cause for the log.
    #[must_use]
    pub fn caused_by(self, source: impl Into<Cause>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// The text that the client sees: the message and, in parentheses, the id.
    pub fn text(&self) -> Cow<'_, str> {
        self.id.map_or(Cow::Borrowed(&*self.message), |id| {
            Cow::Owned(format!("{} ({id})", self.message))
        })
    }

    fn refused(refusal: &(impl Refusal + ?Sized)) -> Self {
        Self::new(refusal.kind(), refusal.id(), refusal.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|cause| -> &(dyn std::error::Error + 'static) { cause })
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        Self::refused(&error)
    }
}

impl From<IntentError> for Error {
    fn from(error: IntentError) -> Self {
        Self::refused(&error)
    }
}

impl From<FederationFault> for Error {
    /// What the provider has said is for the log.
    fn from(fault: FederationFault) -> Self {
        let refusal = match fault {
            FederationFault::Unknown => IntentError::ProviderUnknown,
            FederationFault::Unreachable(_) => IntentError::ProviderUnreachable,
            FederationFault::Refused(_) => IntentError::ProviderRefused,
            FederationFault::Untrusted(_) => IntentError::ProviderUntrusted,
        };
        Self::refused(&refusal).caused_by(fault)
    }
}

impl From<NotificationError> for Error {
    fn from(error: NotificationError) -> Self {
        Self::refused(&error)
    }
}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Self {
        Self::refused(&error)
    }
}

impl From<BearerError> for Error {
    fn from(error: BearerError) -> Self {
        Self::refused(&error)
    }
}

impl From<UserError> for Error {
    fn from(error: UserError) -> Self {
        let refused = Self::refused(&error);
        // ZITADEL's login reads the attempts out of these (spec section 10.1).
        if matches!(error, UserError::Locked | UserError::LockedMeanwhile) {
            refused.with_failed_attempts(0)
        } else {
            refused
        }
    }
}

impl From<MemberError> for Error {
    fn from(error: MemberError) -> Self {
        Self::refused(&error)
    }
}

impl From<ProjectMemberError> for Error {
    fn from(error: ProjectMemberError) -> Self {
        Self::refused(&error)
    }
}

impl From<Denied> for Error {
    /// The client learns what ZITADEL tells it; which permission was missing is for the log, because
    /// that is what its users look for in vain.
    fn from(denied: Denied) -> Self {
        Self::refused(&denied).caused_by(format!("missing permission: `{}`", denied.permission()))
    }
}

impl From<TotpFault> for Error {
    fn from(error: TotpFault) -> Self {
        match error {
            TotpFault::Malformed => UserError::TotpSecretInvalid.into(),
            TotpFault::Unreadable | TotpFault::Failed => Self::internal(error),
        }
    }
}

impl From<HashingError> for Error {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => Self::new(
                Kind::ResourceExhausted,
                "BTZ-H4shq",
                "Too many password checks are waiting, try again later",
            ),
            HashingError::Failed => Self::internal(error),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict(_) | StoreError::Exists(_) => Self::new(
                Kind::Aborted,
                "BTZ-C0nfl",
                "Others changed the same thing at the same time, try again",
            )
            .caused_by(error),
            StoreError::NameTaken => UserError::NameTaken.into(),
            StoreError::IdpLinkTaken => UserError::IdpLinkTaken.into(),
            StoreError::UserNotActive(_) => SessionError::UserNotActive.into(),
            StoreError::TooManyConditions => Self::new(
                Kind::InvalidArgument,
                "BTZ-C0nds",
                "Too many conditions in one search",
            ),
            StoreError::Overloaded => Self::new(
                Kind::ResourceExhausted,
                "BTZ-Wr1tq",
                "Too many writes are waiting, try again later",
            ),
            StoreError::Busy | StoreError::Io(_) | StoreError::Closed => Self::new(
                Kind::Unavailable,
                "BTZ-St0re",
                "The store is not available, try again later",
            )
            .caused_by(error),
            StoreError::Corrupt { .. } | StoreError::Failed(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Permission;

    #[test]
    fn the_text_ends_in_the_id() {
        assert_eq!(
            Error::from(SessionError::Terminated).text(),
            "Session already terminated (COMMAND-Hewfq)"
        );
        assert_eq!(
            Error::from(SessionError::UserChange).text(),
            "user change not possible ()"
        );
        assert_eq!(
            Error::plain(Kind::NotFound, "Not Found").text(),
            "Not Found"
        );
    }

    #[test]
    fn causes_never_reach_the_text() {
        let error = Error::from(StoreError::Failed("near \"SELEKT\": syntax error".into()));
        assert_eq!(error.text(), "An internal error occurred (BTZ-Int3r)");
        assert_eq!(error.kind, Kind::Internal);
        let denied = Error::from(Denied::NoPermission(Permission::SessionWrite));
        assert_eq!(denied.text(), "No matching permissions found (AUTH-AWfge)");
        assert!(denied.source.unwrap().to_string().contains("session.write"));
    }

    #[test]
    fn locked_users_are_told_in_the_credentials_form() {
        assert_eq!(
            Error::from(UserError::Locked).detail,
            Detail::Credentials { failed_attempts: 0 }
        );
        assert_eq!(Error::from(UserError::NotFound).detail, Detail::Error);
    }
}
