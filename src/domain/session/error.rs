//! What a session refuses.

use crate::domain::error::{Kind, Refusal};

/// Why a command on a session was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// No session under this id.
    #[error("Session does not exist")]
    NotFound,
    /// It has ended.
    #[error("Session already terminated")]
    Terminated,
    /// Its lifetime is over.
    #[error("Session has expired")]
    Expired,
    /// The token that was to prove the right to end it is not its current one.
    #[error("Session Token is invalid")]
    TokenInvalid,
    /// The token that was to prove the right to read it is not its current one.
    #[error("Errors.PermissionDenied")]
    TokenNotCurrent,
    /// It is tied to another user already.
    #[error("user change not possible")]
    UserChange,
    /// A factor was to be checked, but the session is tied to no user.
    #[error("User ID missing")]
    PasswordUserMissing,
    /// A code of an authenticator app was to be checked, but the session is tied to no user.
    #[error("User ID missing")]
    TotpUserMissing,
    /// A passkey or security key was to be asked, but the session is tied to no user.
    #[error("User ID missing")]
    WebAuthnUserMissing,
    /// A passkey or security key has answered, but was not asked.
    #[error("Session without WebAuthN challenge")]
    WebAuthnNoChallenge,
    /// A code by SMS was asked for, but the session is tied to no user.
    #[error("User ID missing")]
    OtpSmsUserMissing,
    /// A code by e-mail was asked for, but the session is tied to no user.
    #[error("User ID missing")]
    OtpEmailUserMissing,
    /// A code by SMS or e-mail was to be checked, but the session is tied to no user.
    #[error("User ID missing")]
    OtpUserMissing,
    /// A code by SMS or e-mail was presented, but none was asked for.
    #[error("Code not found")]
    OtpNoChallenge,
    /// A recovery code was to be checked, but the session is tied to no user.
    #[error("User ID missing")]
    RecoveryUserMissing,
    /// The user is neither active nor initial.
    #[error("Errors.User.NotActive")]
    UserNotActive,
    /// No user under this id or login name.
    #[error("User could not be found")]
    UserNotFound,
}

impl Refusal for SessionError {
    fn id(&self) -> &'static str {
        match self {
            Self::NotFound => "QUERY-SFeaa",
            Self::Terminated => "COMMAND-Hewfq",
            Self::Expired => "COMMAND-Hkl3d",
            Self::TokenInvalid => "COMMAND-sGr42",
            Self::TokenNotCurrent => "QUERY-dsfr3",
            Self::UserChange => "",
            Self::PasswordUserMissing => "COMMAND-Sfw3f",
            Self::TotpUserMissing => "COMMAND-8N9ds",
            Self::WebAuthnUserMissing => "COMMAND-eeR2e",
            Self::WebAuthnNoChallenge => "COMMAND-Ioqu5",
            Self::OtpSmsUserMissing => "COMMAND-JKL3g",
            Self::OtpEmailUserMissing => "COMMAND-JK3gp",
            Self::OtpUserMissing => "COMMAND-S453v",
            Self::OtpNoChallenge => "COMMAND-S34gh",
            Self::RecoveryUserMissing => "COMMAND-4m9s2",
            Self::UserNotActive => "SESSION-Gj4ko",
            Self::UserNotFound => "QUERY-Dfbg2",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::NotFound | Self::UserNotFound => Kind::NotFound,
            Self::Terminated
            | Self::Expired
            | Self::PasswordUserMissing
            | Self::WebAuthnUserMissing
            | Self::WebAuthnNoChallenge
            | Self::OtpSmsUserMissing
            | Self::OtpEmailUserMissing
            | Self::OtpNoChallenge
            | Self::UserNotActive => Kind::FailedPrecondition,
            Self::TokenInvalid | Self::TokenNotCurrent => Kind::PermissionDenied,
            Self::UserChange
            | Self::TotpUserMissing
            | Self::OtpUserMissing
            | Self::RecoveryUserMissing => Kind::InvalidArgument,
        }
    }
}
