//! What an intent refuses.

use crate::domain::error::{Kind, Refusal};

/// Declares the refusals with id, kind and text side by side, so that the table can be read.
macro_rules! refusals {
    ($( $(#[$doc:meta])* $variant:ident = $kind:ident $id:literal $text:literal, )+) => {
        /// Why a command on an intent was refused (session-service.md section 6.2).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum IntentError {
            $( $(#[$doc])* #[error($text)] $variant, )+
        }

        impl Refusal for IntentError {
            fn id(&self) -> &'static str {
                match self { $( Self::$variant => $id, )+ }
            }

            fn kind(&self) -> Kind {
                match self { $( Self::$variant => Kind::$kind, )+ }
            }
        }
    };
}

refusals! {
    /// No provider with this id is configured.
    ProviderUnknown = FailedPrecondition "COMMAND-39n221fs" "Identity Provider Configuration doesn't exist",
    /// The login policy allows no identity providers.
    NotAllowed = FailedPrecondition "BTZ-3xtDp" "External identity providers are not allowed",
    /// The address for success is none that a browser can be sent to.
    SuccessUrl = InvalidArgument "COMMAND-x8j3bk" "Success URL is missing in the request",
    /// The address for failure is none that a browser can be sent to.
    FailureUrl = InvalidArgument "COMMAND-x8j4bk" "Failure URL is missing in the request",
    /// Credentials for LDAP, which no configured provider takes.
    NoLdap = InvalidArgument "IDP-9a02j2n2bh" "The IDP type is not implemented",
    /// Neither addresses nor credentials.
    NoContent = Unimplemented "USERv2-S2g21" "A login at an identity provider needs its urls",

    /// A browser came back without saying from where.
    StateMissing = InvalidArgument "IDP-Hk38e" "State parameter is missing in the request",
    /// A browser came back from a login that nobody has started.
    Unknown = InvalidArgument "IDP-Hk38e" "Intent is not started or was already terminated",
    /// A browser came back a second time.
    NotStarted = InvalidArgument "IDP-Sfrgs" "Intent is not started or was already terminated",
    /// A browser came back too late.
    StartedTooLongAgo = FailedPrecondition "BTZ-1ntLt" "Intent has expired",
    /// A browser came back with neither a code nor an error.
    CodeMissing = InvalidArgument "BTZ-1ntCd" "Code parameter is missing in the request",
    /// The provider cannot be reached, or does not answer as it should.
    ProviderUnreachable = Unavailable "BTZ-1dpUn" "Identity provider cannot be reached",
    /// The provider does not take the code.
    ProviderRefused = FailedPrecondition "BTZ-1dpRf" "Identity provider refused the login",
    /// What the provider said cannot be trusted.
    ProviderUntrusted = PermissionDenied "BTZ-1dpTr" "Answer of the identity provider is not valid",

    /// There is no token.
    TokenEmpty = PermissionDenied "CRYPTO-Sfefs" "Intent Token is invalid",
    /// The token is no base64url.
    TokenMalformed = PermissionDenied "CRYPTO-Swg31" "Intent Token is invalid",
    /// The token was not made here.
    TokenForged = PermissionDenied "CRYPTO-Sf4gt" "Intent Token is invalid",
    /// The token is that of another intent.
    TokenOther = PermissionDenied "CRYPTO-CRYPTO" "Intent Token is invalid",

    /// It is to be read and has not succeeded, or was used.
    ReadNotSucceeded = FailedPrecondition "IDP-nme4gszsvx" "Intent has not succeeded",
    /// It is to be read and is too old.
    ReadExpired = FailedPrecondition "IDP-Afb2s" "Intent has expired",

    /// A session is to be told by it who it is, but is tied to no user.
    UserMissing = FailedPrecondition "COMMAND-Sfw3r" "User ID missing",
    /// It has not succeeded, or was used.
    NotSucceeded = FailedPrecondition "COMMAND-Df4bw" "Intent has not succeeded",
    /// It is too old.
    Expired = FailedPrecondition "COMMAND-SAf42" "Intent has expired",
    /// It is about somebody else.
    OtherUser = FailedPrecondition "COMMAND-O8xk3w" "Intent meant for another user",
}
