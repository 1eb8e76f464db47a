//! Text that must never be seen: passwords, tokens, codes.
//!
//! A [`Secret`] has no `Display`, its `Debug` says nothing, and its memory is wiped when it is dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A password, token or code in clear, on its way in or out.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller keeps no copy.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Every call of this is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// A hash in PHC string form (or the modular crypt form of bcrypt), as it is stored.
///
/// Not a secret in clear, but nothing for a log line either.
#[derive(Clone, PartialEq, Eq)]
pub struct HashText(Box<str>);

impl HashText {
    /// Wraps the text of a hash.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HashText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("HashText(…)")
    }
}

/// A secret that must be had again in clear, such as that of an authenticator app, encrypted with a key
/// that is not in the database.
///
/// Of no use without that key, but nothing for a log line or an event either.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(Box<str>);

impl SealedSecret {
    /// Wraps the text of an encrypted secret.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SealedSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_secret_nor_hash() {
        let shown = format!(
            "{:?} {:?} {:?}",
            Secret::new("hunter2".to_owned()),
            HashText::new("$argon2id$v=19$x"),
            SealedSecret::new("1.AAAA"),
        );
        assert_eq!(shown, "Secret(…) HashText(…) SealedSecret(…)");
    }
}
