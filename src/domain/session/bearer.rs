//! Whether a session is good enough to act as its user (spec session-service.md section 7.3).

use crate::domain::error::{Kind, Refusal};
use crate::domain::policy::{LoginPolicy, SecondFactors};

/// Why a session token is not accepted as a bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// The session ended, or its user is gone.
    #[error("Errors.Session.NotExisting")]
    Gone,
    /// The token is not the session's current one.
    #[error("Errors.PermissionDenied")]
    NotCurrent,
    /// The session's lifetime is over.
    #[error("session expired")]
    Expired,
    /// Nothing was proven: knowing who one claims to be is no factor.
    #[error("authentication required")]
    AuthenticationRequired,
    /// One factor is not enough for this user.
    #[error("mfa required")]
    MfaRequired,
}

impl Refusal for BearerError {
    fn id(&self) -> &'static str {
        match self {
            Self::Gone => "QUERY-SFeaa",
            Self::NotCurrent => "QUERY-dsfr3",
            Self::Expired => "AUTHZ-EGDo3",
            Self::AuthenticationRequired | Self::MfaRequired => "AUTHZ-Kl3p0",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Gone => Kind::NotFound,
            Self::NotCurrent | Self::Expired | Self::AuthenticationRequired | Self::MfaRequired => {
                Kind::PermissionDenied
            }
        }
    }
}

/// What a session has proven and what its user asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Strength {
    /// Factors that were proven and still count; the user check is none.
    pub factors: u32,
    /// One of them is a passkey with user verification, which is two in one.
    pub user_verified_passkey: bool,
    /// An identity provider vouched for the user.
    pub external: bool,
    /// Second factors that the user has set up.
    pub ready: SecondFactors,
}

/// Tests whether a session may act as its user.
///
/// # Errors
/// [`BearerError::AuthenticationRequired`], [`BearerError::MfaRequired`].
pub fn strong_enough(strength: Strength, policy: &LoginPolicy) -> Result<(), BearerError> {
    if strength.factors == 0 {
        return Err(BearerError::AuthenticationRequired);
    }
    let needed = policy.needs_second_factor(strength.ready, strength.external);
    if needed && strength.factors < 2 && !strength.user_verified_passkey {
        return Err(BearerError::MfaRequired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::SecondFactor;

    #[test]
    fn one_factor_is_enough_only_where_no_second_is_asked_for() {
        let open = LoginPolicy::default();
        let forced = LoginPolicy {
            force_mfa: true,
            ..LoginPolicy::default()
        };
        let local = LoginPolicy {
            force_mfa_local_only: true,
            ..LoginPolicy::default()
        };
        let ready = [SecondFactor::Totp].into_iter().collect();
        let one = Strength {
            factors: 1,
            ..Strength::default()
        };
        let table = [
            (
                Strength::default(),
                &open,
                Err(BearerError::AuthenticationRequired),
            ),
            (
                Strength::default(),
                &forced,
                Err(BearerError::AuthenticationRequired),
            ),
            (one, &open, Ok(())),
            (one, &forced, Err(BearerError::MfaRequired)),
            (one, &local, Err(BearerError::MfaRequired)),
            (
                Strength {
                    external: true,
                    ..one
                },
                &local,
                Ok(()),
            ),
            (
                Strength {
                    external: true,
                    ..one
                },
                &forced,
                Err(BearerError::MfaRequired),
            ),
            (
                Strength { ready, ..one },
                &open,
                Err(BearerError::MfaRequired),
            ),
            (
                Strength {
                    ready,
                    factors: 2,
                    ..one
                },
                &open,
                Ok(()),
            ),
            (
                Strength {
                    user_verified_passkey: true,
                    ..one
                },
                &forced,
                Ok(()),
            ),
            (Strength { factors: 2, ..one }, &forced, Ok(())),
        ];
        for (strength, policy, expected) in table {
            assert_eq!(
                strong_enough(strength, policy),
                expected,
                "{strength:?} {policy:?}"
            );
        }
    }

    #[test]
    fn a_second_factor_that_the_policy_does_not_allow_asks_for_nothing() {
        let strength = Strength {
            factors: 1,
            ready: [SecondFactor::OtpSms].into_iter().collect(),
            ..Strength::default()
        };
        assert_eq!(strong_enough(strength, &LoginPolicy::default()), Ok(()));
        let allowed = LoginPolicy {
            second_factors: strength.ready,
            ..LoginPolicy::default()
        };
        assert_eq!(
            strong_enough(strength, &allowed),
            Err(BearerError::MfaRequired)
        );
    }
}
