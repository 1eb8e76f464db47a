//! What proves to a receiver that a request is ours.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;

use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;

/// The header that has it, as ZITADEL's.
pub(super) const HEADER: &str = "ZITADEL-Signature";

/// `t=<seconds>,v1=<hex>`: HMAC-SHA256 over the seconds in decimal, a dot, and the body.
pub fn sign(key: &Secret, now: Timestamp, body: &[u8]) -> Option<String> {
    let seconds = now.micros().div_euclid(1_000_000);
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let mut header = format!("t={seconds},v1=");
    for byte in mac.finalize().into_bytes() {
        write!(header, "{byte:02x}").ok()?;
    }
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac`.
    #[test]
    fn the_signature_is_what_receivers_of_zitadel_compute() {
        let key = Secret::new("key".to_owned());
        let now = Timestamp::from_micros(1_700_000_000_999_999);
        assert_eq!(
            sign(&key, now, b"{\"a\":1}").unwrap(),
            "t=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
        );
    }
}
