//! Passkeys and security keys, as far as users and sessions share words for them (W3C WebAuthn level 2).
//!
//! Binary values stand as base64url without padding, the form in which browsers exchange them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// A passkey: it verifies its user, and is both factors in one.
    Passkey,
    /// A security key that is a second factor (U2F).
    U2f,
}

impl KeyKind {
    /// What a registration asks of the authenticator.
    pub const fn registration(self) -> UserVerification {
        match self {
            Self::Passkey => UserVerification::Required,
            Self::U2f => UserVerification::Discouraged,
        }
    }
}

/// Whether the authenticator has to verify its user; the numbers are those of ZITADEL's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserVerification {
    /// It has to.
    Required,
    /// It should, if it can.
    Preferred,
    /// It should not ask.
    Discouraged,
}

impl UserVerification {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Required, Self::Preferred, Self::Discouraged];

    /// The number in API and events.
    pub const fn code(self) -> u8 {
        match self {
            Self::Required => 1,
            Self::Preferred => 2,
            Self::Discouraged => 3,
        }
    }

    /// The word of the standard.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Discouraged => "discouraged",
        }
    }

    /// How long browsers wait for the user, in milliseconds.
    pub const fn timeout(self) -> u32 {
        match self {
            Self::Required | Self::Preferred => 300_000,
            Self::Discouraged => 120_000,
        }
    }

    /// Which keys a challenge with this requirement is for.
    pub const fn keys(self) -> KeyKind {
        match self {
            Self::Required => KeyKind::Passkey,
            Self::Preferred | Self::Discouraged => KeyKind::U2f,
        }
    }
}

impl Serialize for UserVerification {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u8(self.code())
    }
}

impl<'de> Deserialize<'de> for UserVerification {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let code = u8::deserialize(input)?;
        let found = Self::ALL.into_iter().find(|known| known.code() == code);
        found.ok_or_else(|| de::Error::custom("unknown requirement of user verification"))
    }
}

/// A challenge that a session waits for the answer to; also the payload of its event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAuthnChallenge {
    /// 32 random bytes.
    pub challenge: String,
    /// The ids of the credentials that may answer. The name is misspelt in ZITADEL, too.
    #[serde(rename = "allowedCrentialIDs")]
    pub allowed: Vec<String>,
    /// What was asked of the authenticator.
    #[serde(rename = "userVerification")]
    pub user_verification: UserVerification,
    /// The relying party: the domain that the credentials are bound to.
    #[serde(rename = "rpid")]
    pub rp_id: String,
}

/// The public key algorithms that are offered and taken, as COSE numbers: ES256, ES384, RS256.
pub const ALGORITHMS: [i64; 3] = [-7, -35, -257];

/// The longest domain (RFC 1035 section 2.3.4).
const LONGEST_DOMAIN: usize = 253;

/// The id of a relying party in its normal form: a domain in small letters, without scheme and port.
/// `None` for what browsers take for no domain.
pub fn relying_party(domain: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let fits = domain.len() <= LONGEST_DOMAIN && domain.split('.').all(label);
    fits.then(|| domain.to_ascii_lowercase())
}

/// Whether a signature counter says that there is one authenticator with the key and not two: it
/// rises with each signature, or is always zero (WebAuthn level 2 section 7.2 step 21).
pub const fn counter_rises(stored: u32, signed: u32) -> bool {
    signed > stored || (signed == 0 && stored == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relying_party_is_a_domain() {
        for (text, expected) in [
            ("example.com", Some("example.com")),
            ("Login.Example.COM", Some("login.example.com")),
            ("localhost", Some("localhost")),
            ("xn--bcher-kva.example", Some("xn--bcher-kva.example")),
            ("127.0.0.1", Some("127.0.0.1")),
            ("", None),
            (".", None),
            ("example.com.", None),
            ("a..b", None),
            ("-a.example", None),
            ("a-.example", None),
            ("example.com:8080", None),
            ("https://example.com", None),
            ("b\u{fc}cher.example", None),
            ("a b", None),
            ("[::1]", None),
        ] {
            assert_eq!(relying_party(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(relying_party(&"a".repeat(64)), None);
        assert_eq!(relying_party(&"a.".repeat(127)), None);
        assert!(relying_party(&["a"; 127].join(".")).is_some());
        assert_eq!(relying_party(&["a"; 128].join(".")), None);
    }

    #[test]
    fn a_counter_rises_or_is_none() {
        for (stored, signed, fine) in [
            (0, 0, true),
            (0, 1, true),
            (1, 2, true),
            (1, 1, false),
            (2, 1, false),
            (1, 0, false),
            (u32::MAX, 0, false),
            (u32::MAX - 1, u32::MAX, true),
        ] {
            assert_eq!(
                counter_rises(stored, signed),
                fine,
                "{stored} then {signed}"
            );
        }
    }

    #[test]
    fn a_challenge_reads_like_the_payload_of_zitadel() {
        let challenge = WebAuthnChallenge {
            challenge: "Y2g".to_owned(),
            allowed: vec!["aWQ".to_owned()],
            user_verification: UserVerification::Preferred,
            rp_id: "localhost".to_owned(),
        };
        let text = serde_json::to_string(&challenge).unwrap();
        assert_eq!(
            text,
            r#"{"challenge":"Y2g","allowedCrentialIDs":["aWQ"],"userVerification":2,"rpid":"localhost"}"#
        );
        assert_eq!(
            serde_json::from_str::<WebAuthnChallenge>(&text).unwrap(),
            challenge
        );
        assert!(serde_json::from_str::<WebAuthnChallenge>(&text.replace(":2", ":4")).is_err());
    }
}
