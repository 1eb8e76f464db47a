//! The tokens of intents: the encrypted id, under a key of its own for each purpose.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{KeyFile, Purpose};
use super::sealing::{FORM, SealingKeys};
use crate::domain::ids::IntentId;
use crate::domain::secret::{SealedSecret, Secret};
use crate::ports::{HashingError, IntentTokenFault, IntentTokens, Sealer as _};

/// What is sealed with the id without being part of it. The key alone tells the purposes apart.
const PLACE: &[u8] = b"intent";

/// Makes and reads the tokens of intents: base64url without padding, 64 characters, as ZITADEL's
/// opaque.
#[derive(Debug)]
pub struct IntentTokenMaker {
    tokens: SealingKeys,
    states: SealingKeys,
}

impl IntentTokenMaker {
    /// A maker with the keys of the installation.
    #[must_use]
    pub fn new(keys: &KeyFile) -> Self {
        Self {
            tokens: SealingKeys::new(keys, Purpose::IntentToken),
            states: SealingKeys::new(keys, Purpose::IntentState),
        }
    }
}

impl IntentTokens for IntentTokenMaker {
    fn state(&self, intent: IntentId) -> Result<Secret, HashingError> {
        seal(&self.states, intent)
    }

    fn read_state(&self, state: &str) -> Option<IntentId> {
        open(&self.states, state)
    }

    fn token(&self, intent: IntentId) -> Result<Secret, HashingError> {
        seal(&self.tokens, intent)
    }

    fn read_token(&self, token: &str) -> Result<IntentId, IntentTokenFault> {
        URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| IntentTokenFault::Malformed)?;
        open(&self.tokens, token).ok_or(IntentTokenFault::Forged)
    }
}

fn seal(keys: &SealingKeys, intent: IntentId) -> Result<Secret, HashingError> {
    let sealed = keys.seal(PLACE, &intent.key().to_be_bytes())?;
    let text = sealed.as_str().strip_prefix(FORM);
    Ok(Secret::new(text.unwrap_or_default().to_owned()))
}

fn open(keys: &SealingKeys, text: &str) -> Option<IntentId> {
    let sealed = SealedSecret::new(format!("{FORM}{text}"));
    let bytes = keys.open(PLACE, &sealed)?;
    let bytes: &[u8; 8] = bytes.as_slice().try_into().ok()?;
    Some(IntentId::new(i64::from_be_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::tests::keys;

    const INTENT: IntentId = IntentId::new(4_242);

    fn maker(generations: &[u8]) -> IntentTokenMaker {
        IntentTokenMaker::new(&keys(generations))
    }

    #[test]
    fn a_token_names_its_intent_and_a_state_is_none() {
        let maker = maker(&[1]);
        let (token, state) = (maker.token(INTENT).unwrap(), maker.state(INTENT).unwrap());
        assert_eq!(token.expose().len(), 64);
        assert_eq!(maker.read_token(token.expose()), Ok(INTENT));
        assert_eq!(maker.read_state(state.expose()), Some(INTENT));
        let forged = Err(IntentTokenFault::Forged);
        assert_eq!(maker.read_token(state.expose()), forged);
        assert_eq!(maker.read_state(token.expose()), None);
        assert_ne!(token.expose(), maker.token(INTENT).unwrap().expose());
    }

    #[test]
    fn tokens_of_older_keys_are_read_and_foreign_ones_are_not() {
        let token = maker(&[1]).token(INTENT).unwrap();
        assert_eq!(maker(&[1, 2]).read_token(token.expose()), Ok(INTENT));
        let foreign = maker(&[2]).read_token(token.expose());
        assert_eq!(foreign, Err(IntentTokenFault::Forged));
    }

    #[test]
    fn what_is_no_token_is_malformed_or_forged() {
        let maker = maker(&[1]);
        let token = maker.token(INTENT).unwrap();
        let token = token.expose();
        for text in ["!", "a=", "\u{e4}", "x1.AAAA", &format!("{token}=")] {
            let read = maker.read_token(text);
            assert_eq!(read, Err(IntentTokenFault::Malformed), "{text}");
        }
        let cut: String = token.chars().take(40).collect();
        for text in ["", "AAAA", &cut, &format!("{token}AAAA")] {
            let read = maker.read_token(text);
            assert_eq!(read, Err(IntentTokenFault::Forged), "{text}");
        }
    }
}
