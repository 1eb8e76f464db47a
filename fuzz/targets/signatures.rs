//! What proves to the receiver of a webhook that it comes from here: the first line of the input is
//! the key, the second a header that somebody made up, the rest the body.

use bartizan::delivery::sign;
use bartizan::domain::secret::Secret;
use bartizan::domain::time::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A receiver takes what was signed, and nothing else.
pub fn run(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (key, forged, body) = (line(), line(), line());
    let Ok(key) = str::from_utf8(key) else {
        return;
    };
    let seconds = i64::try_from(body.len()).unwrap_or_default() * 1_000_003;
    let now = Timestamp::from_micros(seconds * 1_000_000 + 999_999);
    let header = sign(&Secret::new(key.to_owned()), now, body).expect("a signature");
    assert_eq!(verified(key, &header, body), Some(seconds), "{header}");
    // Of a body that is another, of a key that is another, of a time that is another.
    let other = [body, b"."].concat();
    assert_eq!(verified(key, &header, &other), None, "{header}");
    assert_eq!(
        verified(&format!("{key}x"), &header, body),
        None,
        "{header}"
    );
    let later = header.replacen(&format!("t={seconds}"), &format!("t={}", seconds + 1), 1);
    assert_eq!(verified(key, &later, body), None, "{later}");
    let forged = String::from_utf8_lossy(forged);
    if verified(key, &forged, body).is_some() {
        assert!(forged == header, "{forged}");
    }
}

/// What ZITADEL's own receivers do: the time that was signed, if the signature holds.
fn verified(key: &str, header: &str, body: &[u8]) -> Option<i64> {
    let (time, signature) = header.split_once(",v1=")?;
    let time = time.strip_prefix("t=")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let digits: Option<Vec<u8>> = signature
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    mac.verify_slice(&digits?).ok()?;
    time.parse().ok()
}
