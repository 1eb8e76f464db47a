//! What a user refuses.

use crate::domain::error::{Kind, Refusal};
use crate::domain::policy::ComplexityError;

/// Declares the refusals with id, kind and text side by side, so that the table can be read.
macro_rules! refusals {
    ($( $(#[$doc:meta])* $variant:ident = $kind:ident $id:literal $text:literal, )+) => {
        /// Why a command on a user was refused (adjacent.md sections 7 and 8).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum UserError {
            $( $(#[$doc])* #[error($text)] $variant, )+
            /// The new password lacks something.
            #[error(transparent)]
            Complexity(#[from] ComplexityError),
        }

        impl Refusal for UserError {
            fn id(&self) -> &'static str {
                match self { $( Self::$variant => $id, )+ Self::Complexity(error) => error.id(), }
            }

            fn kind(&self) -> Kind {
                match self { $( Self::$variant => Kind::$kind, )+ Self::Complexity(error) => error.kind(), }
            }
        }
    };
}

refusals! {
    /// Nobody under this id.
    NotFound = NotFound "QUERY-Dfbg2" "User could not be found",
    /// Nobody to delete under this id.
    DeleteNotFound = NotFound "COMMAND-bd4ir1mblj" "User could not be found",
    /// Nobody to lock under this id.
    LockNotFound = NotFound "COMMAND-450yxuqrh1" "User could not be found",
    /// Only an active user can be locked.
    LockNotActive = FailedPrecondition "COMMAND-lgws8wtsqf" "User is not active or initial",
    /// Nobody to unlock under this id.
    UnlockNotFound = NotFound "COMMAND-x377t913pw" "User could not be found",
    /// Only a locked user can be unlocked.
    UnlockNotLocked = FailedPrecondition "COMMAND-olb9vb0oca" "User is not locked",
    /// Nobody to deactivate under this id.
    DeactivateNotFound = NotFound "COMMAND-5gp2p62iin" "User could not be found",
    /// It is inactive already.
    DeactivateAlready = FailedPrecondition "COMMAND-5gunjw0cd7" "User already inactive",
    /// Nobody to reactivate under this id.
    ReactivateNotFound = NotFound "COMMAND-9hy5kzbuk6" "User could not be found",
    /// Only an inactive user can be reactivated.
    ReactivateNotInactive = FailedPrecondition "COMMAND-s5qqcz97hf" "User is not inactive",

    /// Nobody to update under this id, or a user of the other kind.
    UpdateNotFound = NotFound "COMMAND-ugjs0upun6" "User could not be found",

    /// Another user has the name.
    NameTaken = AlreadyExists "V3-DKcYh" "User already exists",
    /// Another user has the id.
    IdTaken = FailedPrecondition "COMMAND-7yiox1isql" "User already exists",
    /// Another user has the id that a service user was to get.
    MachineIdTaken = FailedPrecondition "COMMAND-k2una" "User already exists",
    /// The username is empty.
    UsernameEmpty = InvalidArgument "V2-zzad3" "Username is empty",
    /// The given name is empty.
    GivenNameEmpty = InvalidArgument "USER-UCej2" "Given name in profile is empty",
    /// The family name is empty.
    FamilyNameEmpty = InvalidArgument "USER-4hB7d" "Family name in profile is empty",
    /// There is no e-mail address.
    EmailEmpty = InvalidArgument "EMAIL-spblu" "Email is empty",
    /// The e-mail address is not one.
    EmailInvalid = InvalidArgument "EMAIL-599BI" "Email is invalid",
    /// The phone number is not one.
    PhoneInvalid = InvalidArgument "PHONE-so0wa" "Phone is invalid",
    /// A number that is being taken away cannot be proven as well.
    PhoneGoneAndProven = InvalidArgument "USERv2-4f3d6" "Errors.User.Phone.VerifyingRemovalIsNotSupported",
    /// The imported hash is of a kind that cannot be verified.
    HashUnsupported = InvalidArgument "USER-JDk4t" "Password hash encoding not supported",
    /// A metadata key is empty.
    MetadataKeyEmpty = InvalidArgument "USER-Drght" "Metadata key is empty",
    /// A metadata value is empty.
    MetadataValueEmpty = InvalidArgument "USER-Dbgth" "Metadata value is empty",
    /// The name ends in a domain that belongs to another organisation.
    DomainReserved = InvalidArgument "COMMAND-SFd21" "Domain is already reserved and cannot be used",
    /// A link to an identity provider that is not configured.
    IdpUnknown = FailedPrecondition "COMMAND-39nf2" "Identity Provider Configuration doesn't exist",
    /// Nobody to link.
    IdpLinkUserNotFound = FailedPrecondition "COMMAND-uXHNj" "User could not be found",
    /// That user of the provider is linked already, to whomever.
    IdpLinkTaken = AlreadyExists "V3-DKcYh" "External IDP already taken",
    /// The user has no such link.
    IdpLinkNotFound = NotFound "COMMAND-1M9xR" "External IDP not found",
    /// The organisation that should own the user does not exist.
    OrgNotFound = FailedPrecondition "ORG-1VSkE" "Organisation doesn't exist",
    /// The same, where the request must name one.
    OwnerNotFound = FailedPrecondition "COMMAND-QXPGs" "Organisation doesn't exist",

    /// The user of a password check is gone or is a machine.
    PasswordUserNotFound = FailedPrecondition "COMMAND-3n77z" "User could not be found",
    /// The user was locked before the check.
    Locked = FailedPrecondition "COMMAND-JLK35" "User is locked",
    /// The user was locked while the password was being hashed.
    LockedMeanwhile = FailedPrecondition "COMMAND-SFA3t" "User is locked",
    /// There is no password to compare with.
    PasswordNotSet = FailedPrecondition "COMMAND-3nJ4t" "User has not set a password",
    /// It is not the password.
    PasswordWrong = InvalidArgument "COMMAND-3M0fs" "Password is invalid",
    /// Too many wrong ones in a row.
    TooManyAttempts = ResourceExhausted "BTZ-Tm4ny" "Too many failed attempts, try again later",

    /// Nobody to register an authenticator app for.
    TotpUserNotFound = FailedPrecondition "COMMAND-SqyJz" "User could not be found",
    /// There is an authenticator app already.
    TotpAlready = AlreadyExists "COMMAND-do9se" "Multifactor OTP (OneTimePassword) is already set up",
    /// No authenticator app was registered that could be verified.
    TotpNotRegistered = NotFound "COMMAND-3Mif9s" "Multifactor OTP (OneTimePassword) doesn't exist",
    /// The authenticator app was verified before.
    TotpAlreadyReady = FailedPrecondition "COMMAND-qx4ls" "Errors.Users.MFA.OTP.AlreadyReady",
    /// There is no authenticator app to remove.
    TotpNotFound = NotFound "COMMAND-Hd9sd" "Multifactor OTP (OneTimePassword) doesn't exist",
    /// The secret that was given for an authenticator app is none.
    TotpSecretInvalid = InvalidArgument "BTZ-T0tps" "TOTP secret is invalid",
    /// A code was presented, but there is no authenticator app that could have made it.
    TotpNotReady = FailedPrecondition "COMMAND-3Mif9s" "Multifactor OTP (OneTimePassword) isn't ready",
    /// It is not the code of this moment.
    TotpWrong = InvalidArgument "EVENT-8isk2" "Invalid code",
    /// The code has been used.
    TotpUsed = InvalidArgument "TOTP-Auw0a" "Code was already used",
    /// The user is locked.
    TotpLocked = FailedPrecondition "COMMAND-SF3fg" "User is locked",

    /// Codes by SMS are a factor already.
    OtpSmsAlready = AlreadyExists "COMMAND-Ad3g2" "Multifactor OTP (OneTimePassword) is already set up",
    /// Codes by e-mail are a factor already.
    OtpEmailAlready = AlreadyExists "COMMAND-MKL2s" "Multifactor OTP (OneTimePassword) is already set up",
    /// There is no proven number to which codes could go.
    OtpSmsNotVerified = FailedPrecondition "COMMAND-Q54j2" "Multifactor OTP (OneTimePassword) isn't ready",
    /// There is no proven address to which codes could go.
    OtpEmailNotVerified = FailedPrecondition "COMMAND-KLJ2d" "Multifactor OTP (OneTimePassword) isn't ready",
    /// Codes by SMS are no factor that could be removed.
    OtpSmsNotFound = NotFound "COMMAND-Sr3h3" "Multifactor OTP (OneTimePassword) doesn't exist",
    /// Codes by e-mail are no factor that could be removed.
    OtpEmailNotFound = NotFound "COMMAND-b312D" "Multifactor OTP (OneTimePassword) doesn't exist",
    /// A code by SMS was asked for, but they are no factor that can be used.
    OtpSmsNotReady = FailedPrecondition "COMMAND-BJ2g3" "Multifactor OTP (OneTimePassword) isn't ready",
    /// A code by e-mail was asked for, but they are no factor that can be used.
    OtpEmailNotReady = FailedPrecondition "COMMAND-JKLJ3" "Multifactor OTP (OneTimePassword) isn't ready",
    /// A code was presented, but such codes are no factor that can be used.
    OtpNotReady = FailedPrecondition "COMMAND-d2r52" "Multifactor OTP (OneTimePassword) isn't ready",
    /// The code came too late.
    OtpExpired = FailedPrecondition "CODE-QvUQ4P" "Code is expired",
    /// It is not the code that was sent.
    OtpWrong = InvalidArgument "CODE-woT0xc" "Code is invalid",
    /// The user is locked.
    OtpLocked = FailedPrecondition "COMMAND-S6h4R" "User is locked",

    /// So many recovery codes are not made.
    RecoveryCountInvalid = InvalidArgument "COMMAND-7c0nx" "Number of recovery codes is invalid",
    /// With those that are there it would be too many recovery codes.
    RecoveryTooMany = AlreadyExists "COMMAND-8f2k9" "Maximum number of recovery codes exceeded",
    /// There are no recovery codes to remove.
    RecoveryNone = InvalidArgument "COMMAND-84rgg" "Recovery codes are not ready for use",
    /// The recovery codes of a locked user stay.
    RecoveryRemoveLocked = NotFound "COMMAND-d9u8q" "User is locked",
    /// A code was presented, but there are no recovery codes.
    RecoveryNotReady = FailedPrecondition "COMMAND-84rgg" "Recovery codes are not ready for use",
    /// The user was locked before the check.
    RecoveryLocked = FailedPrecondition "COMMAND-2w6oa" "User is locked",
    /// The user was locked while the code was being judged.
    RecoveryLockedMeanwhile = FailedPrecondition "COMMAND-ASV12" "User is locked",
    /// It is none of the recovery codes.
    RecoveryWrong = InvalidArgument "DOMAIN-6uvh0" "Invalid recovery code provided",

    /// The new password is empty.
    NewPasswordEmpty = InvalidArgument "COMMAND-Mf0sd" "Password is empty",
    /// An update of the password without a password.
    UpdatedPasswordEmpty = InvalidArgument "COMMAND-3klek4sbns" "Password is empty",
    /// Nobody to set a password for.
    SetPasswordNotFound = NotFound "COMMAND-G8dh3" "User could not be found",
    /// A current password was named, but there is none.
    CurrentPasswordNotSet = FailedPrecondition "COMMAND-Fds3s" "User has not set a password",
    /// The new one is the old one.
    PasswordSame = FailedPrecondition "COMMAND-Aesh5" "New password cannot be the same as your current password",
    /// A code was presented, but none was asked for.
    CodeNotFound = FailedPrecondition "COMMAND-2M9fs" "Code not found",
    /// The code was asked for too long ago.
    CodeExpired = FailedPrecondition "CODE-QvUQ4P" "Code is expired",
    /// It is not the code that was asked for.
    CodeInvalid = InvalidArgument "CODE-woT0xc" "Code is invalid",
    /// Nobody to reset the password of.
    ResetNotFound = NotFound "COMMAND-SAF4f" "User could not be found",
    /// The reset code was to go to a phone, but there is no number.
    ResetPhoneMissing = FailedPrecondition "BTZ-Rp7on" "Phone not found",

    /// Nobody with an e-mail address under this id.
    EmailNotFound = NotFound "COMMAND-ieJ2e" "Email not found",
    /// Nobody with a phone number under this id.
    PhoneNotFound = NotFound "COMMAND-ieJ2e" "Phone not found",
    /// It is the address already.
    EmailSame = FailedPrecondition "COMMAND-Uch5e" "Email not changed",
    /// It is the number already.
    PhoneSame = FailedPrecondition "COMMAND-Uch5e" "Phone not changed",
    /// A code was to be sent again, but none waits.
    EmailCodeNone = FailedPrecondition "EMAIL-5w5ilin4yt" "Code is empty",
    /// A code was to be sent again, but none waits.
    PhoneCodeNone = FailedPrecondition "PHONE-5xrra88eq8" "Code is empty",
    /// The code proves no address: it is wrong, too old, or none waits.
    ContactCodeInvalid = InvalidArgument "COMMAND-eis9R" "Code is invalid",

    /// Nobody to invite.
    InviteNotFound = FailedPrecondition "COMMAND-Wgvn4" "User could not be found",
    /// Who can log in needs no invitation.
    InviteInitialized = FailedPrecondition "COMMAND-EF34g" "User is already initialized",
    /// Nobody to invite again.
    InviteAgainNotFound = FailedPrecondition "COMMAND-H3b2a" "User could not be found",
    /// Who can log in needs no other invitation.
    InviteAgainInitialized = FailedPrecondition "COMMAND-Gg42s" "User is already initialized",
    /// No invitation was sent that could be sent again.
    InviteNotSent = FailedPrecondition "COMMAND-Wr3gq" "Code not found",
    /// Nobody who could have been invited.
    InviteCheckNotFound = FailedPrecondition "COMMAND-F5g2h" "User could not be found",
    /// The code is of no invitation: it is wrong, too old, or none waits.
    InviteCodeInvalid = InvalidArgument "COMMAND-Wgn4q" "Code is invalid",

    /// Nobody who could skip setting up a second factor.
    SkipNotFound = NotFound "COMMAND-auj6jeBei4" "User could not be found",

    /// Nobody to register a passkey or security key for.
    WebAuthnUserNotFound = NotFound "COMMAND-M9dsd" "User could not be found",
    /// What a key is to be bound to is no domain.
    WebAuthnDomainInvalid = InvalidArgument "WEBAU-UX9ta" "Errors.User.WebAuthN.ServerConfig",
    /// The user has as many keys as can be kept.
    WebAuthnTooMany = FailedPrecondition "BTZ-W3bmx" "Too many passkeys and security keys",
    /// No such registration is open.
    WebAuthnNotRegistering = NotFound "WEBAU-5M9so" "WebAuthN Token could not be found",
    /// The answer of the authenticator to a registration is not one.
    WebAuthnUnparsable = InvalidArgument "WEBAU-sEr8c" "Error on parse credential data",
    /// The answer of the authenticator does not fit the registration.
    WebAuthnRefused = InvalidArgument "WEBAU-3Vb9s" "Error on create credentials",
    /// No such key to remove.
    WebAuthnNotFound = NotFound "COMMAND-DAfb2" "WebAuthN Token could not be found",
    /// The code for a registration is unknown, used, expired or wrong.
    PasskeyCodeInvalid = InvalidArgument "COMMAND-Eeb2a" "Code is invalid",
    /// A code for a registration was to be sent to an address that was not proven.
    PasskeyEmailNotVerified = FailedPrecondition "BTZ-Pk3ml" "Email is not verified",
    /// The user of a challenge or of its answer is gone, not active or a machine.
    WebAuthnUserNotActive = FailedPrecondition "COMMAND-Df4b3" "User could not be found",
    /// The user has no key that could sign for this domain.
    WebAuthnNoKey = FailedPrecondition "WEBAU-4G8sw" "WebAuthN begin login failed",
    /// The answer to a challenge is not one.
    WebAuthnLoginUnparsable = InvalidArgument "WEBAU-ADgv4" "Error on validate login credentials",
    /// The answer does not fit the challenge, or the signature is wrong.
    WebAuthnLoginRefused = InvalidArgument "WEBAU-3M9si" "Error on validate login credentials",
    /// A key has signed that is none of the user's.
    WebAuthnKeyUnknown = FailedPrecondition "COMMAND-Aej7i" "WebAuthN Token could not be found",
    /// The signature counter does not rise.
    WebAuthnCloned = InvalidArgument "WEBAU-4M90s" "Credentials may be cloned",

    /// Only service users have personal access tokens.
    PatNotMachine = FailedPrecondition "COMMAND-Df2f1" "Not allowed for this user type",
    /// Nobody to make a token for.
    PatUserNotFound = FailedPrecondition "COMMAND-Dggw2" "User could not be found",
    /// The user has no such token.
    PatNotFound = NotFound "COMMAND-4m77G" "Personal Access Token not found",
    /// The expiry is not in the future.
    PatExpired = InvalidArgument "DOMAIN-dv3t5" "Expiration date must be in the future",
}
