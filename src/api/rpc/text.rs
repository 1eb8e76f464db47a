//! gRPC-Web in base64 (`application/grpc-web-text`), for browsers that cannot read bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::domain::error::Kind;
use crate::error::Error;

/// Characters of base64 for so many bytes, each padded on its own in the worst case.
pub(super) const fn encoded(bytes: usize) -> usize {
    bytes.saturating_add(2) / 3 * 4 + 4
}

/// Reads a body of one or more pieces, each padded for itself.
///
/// # Errors
/// If a piece is not base64.
pub(super) fn decode(body: &[u8]) -> Result<Bytes, Error> {
    let invalid = || Error::plain(Kind::InvalidArgument, "the body is not base64");
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let mut rest = body;
    while !rest.is_empty() {
        // A piece ends behind its padding, and that ends at a multiple of four.
        let piece = rest
            .iter()
            .position(|byte| *byte == b'=')
            .map_or(rest.len(), |place| (place / 4 + 1) * 4);
        let (piece, behind) = rest.split_at_checked(piece).ok_or_else(invalid)?;
        STANDARD
            .decode_vec(piece, &mut bytes)
            .map_err(|_| invalid())?;
        rest = behind;
    }
    Ok(bytes.into())
}

/// Writes a piece.
pub(super) fn encode(bytes: &[u8]) -> Bytes {
    STANDARD.encode(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_padded_each_for_itself() {
        for (body, expected) in [
            ("", Some(&b""[..])),
            ("AAAA", Some(b"\0\0\0")),
            ("AA==", Some(b"\0")),
            ("AA==AAA=AAAA", Some(b"\0\0\0\0\0\0")),
            ("AAAAAA==AAAA", Some(b"\0\0\0\0\0\0\0")),
            ("AA=", None),
            ("A", None),
            ("AA", None),
            ("=AAA", None),
            ("A===", None),
            ("AA==A", None),
            ("AA\n==", None),
            ("AB==", None),
        ] {
            assert_eq!(decode(body.as_bytes()).ok().as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for length in 0..20 {
            let bytes = vec![0xfb; length];
            let text = encode(&bytes);
            assert!(text.len() <= encoded(length));
            assert_eq!(decode(&text).unwrap(), bytes);
        }
    }
}
