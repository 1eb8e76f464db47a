//! What an identity provider said of somebody.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::secret::Secret;

/// Who somebody is at an identity provider, and the tokens that the provider gave for it.
///
/// It is kept as an encrypted text and nowhere else.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The id there.
    pub external_id: String,
    /// The name there; empty if it has none.
    pub external_name: String,
    /// What could be made of it.
    pub profile: Profile,
    /// What the provider said, word by word: a JSON object.
    pub raw: String,
    /// Its access token.
    #[serde(with = "secret")]
    pub access_token: Secret,
    /// Its ID token, if it speaks OpenID Connect.
    #[serde(with = "maybe_secret")]
    pub id_token: Option<Secret>,
}

/// What a provider said of somebody, as far as users here have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Nick name.
    pub nick_name: String,
    /// The name to show.
    pub display_name: String,
    /// BCP 47 tag.
    pub preferred_language: String,
    /// E-mail address.
    pub email: String,
    /// The provider says that it was proven. Nobody is linked for that alone.
    pub email_verified: bool,
    /// Phone number.
    pub phone: String,
    /// The provider says that it was proven.
    pub phone_verified: bool,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity")
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}

mod secret {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::secret::Secret;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Secret, D::Error> {
        String::deserialize(input).map(Secret::new)
    }
}

mod maybe_secret {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::secret::Secret;

    #[expect(clippy::ref_option, reason = "serde prescribes the signature")]
    pub(super) fn serialize<S: Serializer>(
        secret: &Option<Secret>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Secret::expose).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(input)?.map(Secret::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_survives_its_text_and_shows_no_token() {
        let identity = Identity {
            external_id: "ext".to_owned(),
            external_name: "ann".to_owned(),
            profile: Profile {
                email: "ann@mail.example".to_owned(),
                ..Profile::default()
            },
            raw: r#"{"sub":"ext"}"#.to_owned(),
            access_token: Secret::new("hunter2".to_owned()),
            id_token: Some(Secret::new("hunter3".to_owned())),
        };
        let text = serde_json::to_string(&identity).unwrap();
        let read: Identity = serde_json::from_str(&text).unwrap();
        assert_eq!(read.access_token.expose(), "hunter2");
        assert_eq!(read.id_token.unwrap().expose(), "hunter3");
        assert_eq!(read.raw, identity.raw);
        assert_eq!(read.profile, identity.profile);
        assert_eq!(
            format!("{identity:?}"),
            "Identity { external_id: \"ext\", .. }"
        );
    }
}
