//! The MAC of a token, and with it the kind: a key for each kind and generation.

use subtle::ConstantTimeEq as _;

use crate::crypto::keys::{KeyFile, Purpose, Subkey};

pub(super) const MAC_LENGTH: usize = 8;

/// What a token is good for. Not written into it: the key that made the MAC tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Session,
    Pat,
}

/// The keys of one kind.
#[derive(Debug)]
struct Kin {
    newest: Subkey,
    retired: Vec<Subkey>,
}

impl Kin {
    fn new(keys: &KeyFile, purpose: Purpose) -> Self {
        Self {
            newest: keys.newest(purpose),
            retired: keys.retired(purpose),
        }
    }

    fn made(&self, body: &[u8], mac: &[u8]) -> bool {
        std::iter::once(&self.newest)
            .chain(&self.retired)
            .any(|key| key.mac::<MAC_LENGTH>(&[body]).ct_eq(mac).into())
    }
}

/// The keys of all kinds.
#[derive(Debug)]
pub(super) struct TokenKeys {
    session: Kin,
    pat: Kin,
}

impl TokenKeys {
    pub(super) fn new(keys: &KeyFile) -> Self {
        Self {
            session: Kin::new(keys, Purpose::SessionToken),
            pat: Kin::new(keys, Purpose::PatToken),
        }
    }

    /// The MAC for a new token.
    pub(super) fn mac(&self, kind: Kind, body: &[u8]) -> [u8; MAC_LENGTH] {
        let kin = match kind {
            Kind::Session => &self.session,
            Kind::Pat => &self.pat,
        };
        kin.newest.mac(&[body])
    }

    /// The kind of a token that we made, none if we did not make it.
    pub(super) fn kind(&self, body: &[u8], mac: &[u8]) -> Option<Kind> {
        if self.session.made(body, mac) {
            Some(Kind::Session)
        } else if self.pat.made(body, mac) {
            Some(Kind::Pat)
        } else {
            None
        }
    }
}
