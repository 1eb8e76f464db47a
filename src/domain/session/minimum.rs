//! What somebody who relies on a session may ask of it beyond what the policy does.

use crate::domain::time::{Span, Timestamp};

/// A way in which a user has proven who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProvenBy {
    /// The password.
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A code by SMS.
    OtpSms,
    /// A code by e-mail.
    OtpEmail,
    /// A recovery code.
    RecoveryCode,
    /// The word of an identity provider.
    Idp,
    /// A passkey or security key.
    WebAuthN,
    /// A passkey that has verified its user. It is told beside [`WebAuthN`](Self::WebAuthN).
    Passkey,
}

impl ProvenBy {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Password,
        Self::Totp,
        Self::OtpSms,
        Self::OtpEmail,
        Self::RecoveryCode,
        Self::Idp,
        Self::WebAuthN,
        Self::Passkey,
    ];

    /// Its name for those who rely on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::OtpSms => "otp_sms",
            Self::OtpEmail => "otp_email",
            Self::RecoveryCode => "recovery_code",
            Self::Idp => "idp",
            Self::WebAuthN => "webauthn",
            Self::Passkey => "passkey",
        }
    }

    /// What a name means: one way, or for `otp` any code that was sent or shown.
    pub fn named(name: &str) -> Vec<Self> {
        if name == "otp" {
            return vec![Self::Totp, Self::OtpSms, Self::OtpEmail];
        }
        Self::ALL
            .into_iter()
            .filter(|way| way.name() == name)
            .collect()
    }
}

/// What must have been proven, and how lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Minimum {
    /// Of each group one.
    pub groups: Vec<Vec<ProvenBy>>,
    /// How long ago at most; without groups it is the latest proof of all that counts.
    pub max_age: Option<Span>,
}

impl Minimum {
    /// Whether proofs are enough at a moment.
    pub fn is_met(&self, proven: &[(ProvenBy, Timestamp)], now: Timestamp) -> bool {
        let fresh = |at: Timestamp| self.max_age.is_none_or(|age| at.plus(age) >= now);
        let fresh: Vec<_> = proven.iter().filter(|(_, at)| fresh(*at)).collect();
        let met = |group: &Vec<ProvenBy>| fresh.iter().any(|(way, _)| group.contains(way));
        (self.max_age.is_none() || !fresh.is_empty()) && self.groups.iter().all(met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_takes_one_proof_that_is_young_enough() {
        use ProvenBy::{Password, Totp, WebAuthN};
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let proven = [(Password, at(100)), (Totp, at(200))];
        let group = |names: &str| names.split('|').flat_map(ProvenBy::named).collect();
        let table: [(&[&str], Option<i64>, i64, bool); 12] = [
            (&[], None, 1_000_000, true),
            (&[], Some(60), 260, true),
            (&[], Some(60), 261, false),
            (&["password"], None, 1_000_000, true),
            (&["password", "otp"], None, 1_000_000, true),
            (&["password", "webauthn"], None, 1_000_000, false),
            (&["password", "otp|webauthn"], None, 1_000_000, true),
            (&["password"], Some(60), 160, true),
            (&["password"], Some(60), 161, false),
            (&["password|totp"], Some(60), 200, true),
            (&["password", "totp"], Some(60), 200, false),
            // A clock that jumped back makes nothing too old.
            (&["password"], Some(0), 50, true),
        ];
        for (groups, age, now, expected) in table {
            let minimum = Minimum {
                groups: groups.iter().map(|names| group(names)).collect(),
                max_age: age.map(Span::from_seconds),
            };
            assert_eq!(
                minimum.is_met(&proven, at(now)),
                expected,
                "{minimum:?} {now}"
            );
        }
        assert!(
            !Minimum {
                groups: vec![vec![WebAuthN]],
                max_age: None
            }
            .is_met(&[], at(0))
        );
    }

    #[test]
    fn names_are_read_as_they_are_told() {
        for way in ProvenBy::ALL {
            assert_eq!(ProvenBy::named(way.name()), [way]);
        }
        assert_eq!(ProvenBy::named("mfa"), []);
    }
}
