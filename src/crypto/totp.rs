//! Authenticator apps: their secrets, encrypted, and their codes (RFC 6238).

use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::keys::{KeyFile, Purpose};
use super::random;
use super::sealing::SealingKeys;
use crate::domain::ids::UserId;
use crate::domain::secret::{SealedSecret, Secret};
use crate::domain::time::Timestamp;
use crate::ports::{Sealer as _, TotpFault, TotpSecret, Totps};

/// The name under which apps show the account, as ZITADEL's.
const ISSUER: &str = "ZITADEL";
/// Bytes of a secret that is made here (RFC 4226 section 4).
const LENGTH: usize = 20;
/// Bytes of an imported one at least: shorter ones were never in use, this was the first default of the
/// most common app.
const SHORTEST: usize = 10;

/// Makes secrets of authenticator apps and compares their codes.
///
/// The place of an encrypted secret is its user: moved to another user's row it cannot be read.
#[derive(Debug)]
pub struct TotpMaker {
    keys: SealingKeys,
}

impl TotpMaker {
    /// A maker with the keys of the installation.
    #[must_use]
    pub fn new(keys: &KeyFile) -> Self {
        Self {
            keys: SealingKeys::new(keys, Purpose::TotpSecret),
        }
    }

    fn seal(&self, user: UserId, secret: &[u8]) -> Result<SealedSecret, TotpFault> {
        self.keys
            .seal(&data(user), secret)
            .map_err(|_| TotpFault::Failed)
    }

    fn open(&self, user: UserId, sealed: &SealedSecret) -> Option<Zeroizing<Vec<u8>>> {
        self.keys.open(&data(user), sealed)
    }
}

impl Totps for TotpMaker {
    fn fresh(&self, user: UserId, account: &str) -> Result<TotpSecret, TotpFault> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        random::fill(bytes.as_mut_slice()).map_err(|_| TotpFault::Failed)?;
        let totp = Builder::new()
            .with_secret(bytes.to_vec())
            // A colon ends the issuer, so a name with one would be read as something else.
            .with_account_name(account.replace(':', "-"))
            .with_issuer(Some(ISSUER))
            .build_noncompliant();
        Ok(TotpSecret {
            secret: Secret::new(totp.secret().to_base32()),
            uri: Secret::new(totp.to_url().map_err(|_| TotpFault::Malformed)?),
            sealed: self.seal(user, bytes.as_slice())?,
        })
    }

    fn import(&self, user: UserId, base32: &Secret) -> Result<SealedSecret, TotpFault> {
        // As people and programs write it: in groups, in small letters, with or without padding.
        let mut plain = Zeroizing::new(String::with_capacity(base32.expose().len()));
        plain.extend(
            base32
                .expose()
                .chars()
                .filter(|letter| !matches!(letter, ' ' | '-' | '='))
                .map(|letter| letter.to_ascii_uppercase()),
        );
        let secret = totp_rs::Secret::try_from_base32(&*plain).map_err(|_| TotpFault::Malformed)?;
        if secret.as_bytes().len() < SHORTEST {
            return Err(TotpFault::Malformed);
        }
        self.seal(user, secret.as_bytes())
    }

    fn step_of(
        &self,
        user: UserId,
        sealed: &SealedSecret,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Option<u64>, TotpFault> {
        let secret = self.open(user, sealed).ok_or(TotpFault::Unreadable)?;
        let seconds = u64::try_from(now.seconds()).unwrap_or(0);
        Ok(generator(&secret).check(code.expose(), seconds))
    }
}

/// SHA-1, 6 digits, 30 seconds, one step to each side: the library's defaults, and all that common apps
/// know. Shorter secrets than it advises come from elsewhere and are taken as they are.
fn generator(secret: &[u8]) -> Totp {
    Builder::new()
        .with_secret(secret.to_vec())
        .build_noncompliant()
}

/// What is sealed with the secret without being part of it.
const fn data(user: UserId) -> [u8; 8] {
    user.key().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::tests::keys;

    const USER: UserId = UserId::new(7);
    /// The secret of RFC 6238 appendix B: `12345678901234567890`.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn maker() -> TotpMaker {
        TotpMaker::new(&keys(&[1]))
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1; the last six of its eight digits.
        let sealed = maker().import(USER, &secret(RFC)).unwrap();
        for (seconds, code, step) in [
            (59, "287082", 0x1),
            (1_111_111_109, "081804", 0x0235_23ec),
            (1_111_111_111, "050471", 0x0235_23ed),
            (1_234_567_890, "005924", 0x0273_ef07),
            (2_000_000_000, "279037", 0x03f9_40aa),
            (20_000_000_000, "353130", 0x27bc_86aa),
        ] {
            let found = maker().step_of(USER, &sealed, &secret(code), at(seconds));
            assert_eq!(found, Ok(Some(step)), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_to_each_side() {
        let sealed = maker().import(USER, &secret(RFC)).unwrap();
        let code = secret("050471");
        let step = 37_037_037;
        for (seconds, found) in [
            (step * 30 - 31, None),
            (step * 30 - 30, Some(37_037_037)),
            (step * 30, Some(37_037_037)),
            (step * 30 + 59, Some(37_037_037)),
            (step * 30 + 60, None),
            (-1, None),
        ] {
            let matched = maker().step_of(USER, &sealed, &code, at(seconds));
            assert_eq!(matched, Ok(found), "{seconds}");
        }
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        let sealed = maker().import(USER, &secret(RFC)).unwrap();
        for code in [
            "",
            "50471",
            "+50471",
            "0504710",
            " 50471",
            "05047a",
            "\u{0660}5047",
        ] {
            let matched = maker().step_of(USER, &sealed, &secret(code), at(1_111_111_111));
            assert_eq!(matched, Ok(None), "{code}");
        }
    }

    #[test]
    fn a_fresh_secret_is_the_one_in_the_uri_and_the_one_that_was_sealed() {
        let made = maker().fresh(USER, "mini:mouse@acme.example").unwrap();
        assert_eq!(made.secret.expose().len(), 32);
        assert_eq!(
            made.uri.expose(),
            format!(
                "otpauth://totp/ZITADEL:mini-mouse%40acme.example?secret={}&issuer=ZITADEL",
                made.secret.expose()
            )
        );
        let opened = maker().open(USER, &made.sealed).unwrap();
        let given = totp_rs::Secret::try_from_base32(made.secret.expose()).unwrap();
        assert_eq!(opened.as_slice(), given.as_bytes());
        let other = maker().fresh(USER, "mini").unwrap();
        assert_ne!(made.secret.expose(), other.secret.expose());
    }

    #[test]
    fn secrets_are_imported_as_people_write_them_or_refused() {
        let opened = |text: &str| {
            let sealed = maker().import(USER, &secret(text))?;
            Ok(maker().open(USER, &sealed).unwrap().to_vec())
        };
        for text in [
            "JBSWY3DPEHPK3PXP",
            "jbsw y3dp ehpk 3pxp",
            "JBSW-Y3DP-EHPK-3PXP",
        ] {
            assert_eq!(opened(text).unwrap(), b"Hello!\xde\xad\xbe\xef", "{text}");
        }
        assert_eq!(opened(&format!("{RFC}====")).unwrap().len(), 20);
        for text in [
            "",
            "JBSWY3DPEHPK3P",
            "JBSWY3DPEHPK3PX1",
            "secret!",
            "\u{e4}",
        ] {
            assert_eq!(opened(text), Err(TotpFault::Malformed), "{text}");
        }
    }

    #[test]
    fn a_sealed_secret_is_read_with_its_key_for_its_user_unaltered_and_not_otherwise() {
        let sealed = maker().import(USER, &secret(RFC)).unwrap();
        let again = maker().import(USER, &secret(RFC)).unwrap();
        assert_ne!(sealed, again, "every sealing has its own nonce");
        assert!(!sealed.as_str().contains(RFC));
        let rotated = TotpMaker::new(&keys(&[1, 2]));
        assert!(rotated.open(USER, &sealed).is_some());
        for (other, user) in [
            (TotpMaker::new(&keys(&[2])), USER),
            (maker(), UserId::new(8)),
        ] {
            assert!(other.open(user, &sealed).is_none());
            let matched = other.step_of(user, &sealed, &secret("287082"), at(59));
            assert_eq!(matched, Err(TotpFault::Unreadable));
        }
    }

    #[test]
    fn debug_output_shows_no_key_and_no_secret() {
        let made = maker().fresh(USER, "mini").unwrap();
        assert_eq!(
            format!("{:?} {made:?}", maker()),
            "TotpMaker { keys: SealingKeys { newest: Subkey(…), retired: [] } } TotpSecret { secret: Secret(…), \
             uri: Secret(…), sealed: SealedSecret(…) }"
        );
    }
}
