//! Session tokens and personal access tokens.
//!
//! The first byte says what the rest is: 0 (`0` to write it by hand) a token as it stands; any other
//! changes of a good one, in pairs of a place and of bits that are turned over there, in its text or
//! in its bytes.

use std::sync::OnceLock;

use bartizan::crypto::{KeyFile, TokenCodec, TokenHashing};
use bartizan::domain::ids::{PatId, Sequence, SessionId};
use bartizan::ports::{IssuedToken, TokenClaim, Tokens as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

struct Issued {
    codec: TokenCodec,
    session: IssuedToken,
    pat: IssuedToken,
}

const SESSION: SessionId = SessionId::new(42);
const PAT: PatId = PatId::new(7);

fn issued() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| {
        let keys = KeyFile::ephemeral().expect("keys");
        let codec = TokenCodec::new(&keys, TokenHashing::default(), 0).expect("a codec");
        Issued {
            session: codec
                .issue_session(SESSION, Sequence::new(3))
                .expect("a token"),
            pat: codec.issue_pat(PAT).expect("a token"),
            codec,
        }
    })
}

/// What is accepted is a token that was issued, and proves what that proves.
pub fn run(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    let issued = issued();
    let text = match form {
        0 | b'0' => String::from_utf8_lossy(rest).into_owned(),
        form => {
            let token = if form & 1 == 0 {
                &issued.session
            } else {
                &issued.pat
            };
            changed(token.token.expose(), rest, form & 2 == 0)
        }
    };
    let Some(claim) = issued.codec.read(&text) else {
        for known in [&issued.session, &issued.pat] {
            assert!(text != known.token.expose(), "a good token is refused");
        }
        return;
    };
    let (known, other, secret) = match claim {
        TokenClaim::Session(claim) => {
            assert_eq!(
                (claim.session, claim.issued_at),
                (SESSION, Sequence::new(3))
            );
            (&issued.session, &issued.pat, claim.secret)
        }
        TokenClaim::Pat(claim) => {
            assert_eq!(claim.pat, PAT);
            (&issued.pat, &issued.session, claim.secret)
        }
    };
    assert!(
        text == known.token.expose(),
        "a token that was never issued: {text}"
    );
    assert!(
        issued.codec.proves(&secret, &known.hash),
        "a good token proves nothing"
    );
    assert!(
        !issued.codec.proves(&secret, &other.hash),
        "a token proves another"
    );
}

fn changed(token: &str, changes: &[u8], in_text: bool) -> String {
    let mut bytes = if in_text {
        token.as_bytes().to_vec()
    } else {
        URL_SAFE_NO_PAD.decode(token).expect("a token is base64")
    };
    for change in changes.chunks_exact(2) {
        if let [place, bits] = change
            && let Some(byte) = bytes.get_mut(usize::from(*place))
        {
            *byte ^= bits;
        }
    }
    if in_text {
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        URL_SAFE_NO_PAD.encode(&bytes)
    }
}
