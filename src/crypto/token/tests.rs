//! What a token must and must not do.

use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::crypto::keys::tests::keys;

const SESSION: SessionId = SessionId::new(0x0123_4567_89ab_cdef);
const ISSUED_AT: Sequence = Sequence::new(7);

fn codec_of(seeds: &[u8], memo: usize) -> TokenCodec {
    TokenCodec::new(&keys(seeds), TokenHashing::default(), memo).unwrap()
}

fn codec() -> TokenCodec {
    codec_of(&[1], 64)
}

#[track_caller]
fn session(codec: &TokenCodec, token: &str) -> SessionClaim {
    match codec.read(token) {
        Some(TokenClaim::Session(claim)) => claim,
        other => panic!("no session token: {other:?}"),
    }
}

/// A text with the right MAC over whatever is in it.
fn signed(codec: &TokenCodec, kind: Kind, id: i64, issued_at: u32) -> String {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend(issued_at.to_be_bytes());
    bytes.extend([5; 16]);
    bytes.extend(codec.keys.mac(kind, &bytes));
    BASE64URL.encode(bytes)
}

#[test]
fn a_session_token_says_what_it_was_made_for_and_proves_it() {
    let codec = codec();
    let issued = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    assert_eq!(issued.token.expose().len(), 48);
    let claim = session(&codec, issued.token.expose());
    assert_eq!((claim.session, claim.issued_at), (SESSION, ISSUED_AT));
    assert!(codec.proves(&claim.secret, &issued.hash));
    assert_eq!(issued.fingerprint, codec.fingerprint(&issued.hash));
    assert_eq!(issued.fingerprint.len(), 16);
}

#[test]
fn a_personal_access_token_says_what_it_was_made_for_and_proves_it() {
    let codec = codec();
    let issued = codec.issue_pat(PatId::new(42)).unwrap();
    assert_eq!(issued.token.expose().len(), 48);
    let Some(TokenClaim::Pat(claim)) = codec.read(issued.token.expose()) else {
        panic!("no personal access token");
    };
    assert_eq!(claim.pat, PatId::new(42));
    assert!(codec.proves(&claim.secret, &issued.hash));
}

#[test]
fn the_layout_is_what_it_was() {
    // A change of this is a change of every token that was ever given out.
    assert_eq!(
        signed(&codec(), Kind::Session, 258, 7),
        "AAAAAAAAAQIAAAAHBQUFBQUFBQUFBQUFBQUFBY6ASEJm288z"
    );
    assert_eq!(
        signed(&codec(), Kind::Pat, 258, 0),
        "AAAAAAAAAQIAAAAABQUFBQUFBQUFBQUFBQUFBQUAhW05qbyt"
    );
}

#[test]
fn two_tokens_of_a_session_share_nothing() {
    let codec = codec();
    let one = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    let two = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    assert_ne!(one.token.expose(), two.token.expose());
    assert_ne!(one.fingerprint, two.fingerprint);
    let claim = session(&codec, one.token.expose());
    assert!(!codec.proves(&claim.secret, &two.hash));
}

#[test]
fn every_flipped_bit_is_refused() {
    let codec = codec();
    for token in [
        codec.issue_session(SESSION, ISSUED_AT).unwrap().token,
        codec.issue_pat(PatId::new(42)).unwrap().token,
    ] {
        let bytes = BASE64URL.decode(token.expose()).unwrap();
        for place in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            assert!(codec.read(&BASE64URL.encode(flipped)).is_none(), "{place}");
        }
    }
}

#[test]
fn every_changed_character_is_refused() {
    let codec = codec();
    let issued = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    for place in 0..48 {
        for other in (0..=127_u8).chain([0xc3]) {
            let mut changed = issued.token.expose().as_bytes().to_vec();
            if changed[place] == other {
                continue;
            }
            changed[place] = other;
            let text = String::from_utf8_lossy(&changed);
            assert!(codec.read(&text).is_none(), "{place} {other}");
        }
    }
}

#[test]
fn no_other_way_of_writing_a_token_is_read() {
    let codec = codec();
    // Until both characters occur in which the alphabets differ.
    let token = std::iter::repeat_with(|| codec.issue_session(SESSION, ISSUED_AT).unwrap().token)
        .take(10_000)
        .find(|token| token.expose().contains('-') && token.expose().contains('_'))
        .unwrap();
    let token = token.expose();
    let bytes = BASE64URL.decode(token).unwrap();
    for other in [
        String::new(),
        token.split_at(47).0.to_owned(),
        token.split_at(46).0.to_owned(),
        token.split_at(44).0.to_owned(),
        format!("{token}="),
        format!("{}=", token.split_at(47).0),
        format!("{token}A"),
        format!("{token}AAAA"),
        format!("{token}{token}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{}\n", token.split_at(47).0),
        token.replace('-', "+").replace('_', "/"),
        token.to_ascii_lowercase(),
        token.to_ascii_uppercase(),
        BASE64URL.encode(bytes.split_at(35).0),
        BASE64URL.encode([bytes.as_slice(), &[0]].concat()),
        "é".repeat(24),
        "\0".repeat(48),
        "A".repeat(48),
        "_".repeat(48),
    ] {
        assert!(codec.read(&other).is_none(), "{other:?}");
    }
    assert!(codec.read(token).is_some());
}

#[test]
fn kinds_never_stand_in_for_each_other() {
    let codec = codec();
    // The same bytes under both keys: each reads as its own kind.
    let as_session = signed(&codec, Kind::Session, 42, 0);
    let as_pat = signed(&codec, Kind::Pat, 42, 0);
    assert!(matches!(
        codec.read(&as_session),
        Some(TokenClaim::Session(_))
    ));
    assert!(matches!(codec.read(&as_pat), Some(TokenClaim::Pat(_))));
    assert_eq!(as_session.split_at(37).0, as_pat.split_at(37).0);
    // And a personal access token was never issued at a sequence.
    assert!(codec.read(&signed(&codec, Kind::Pat, 42, 1)).is_none());
}

#[test]
fn an_id_that_is_none_is_refused_in_spite_of_its_mac() {
    let codec = codec();
    for id in [0, -1, i64::MIN] {
        for kind in [Kind::Session, Kind::Pat] {
            assert!(codec.read(&signed(&codec, kind, id, 0)).is_none(), "{id}");
        }
    }
    for id in [1, i64::MAX] {
        assert!(
            codec.read(&signed(&codec, Kind::Pat, id, 0)).is_some(),
            "{id}"
        );
    }
}

#[test]
fn tokens_of_another_key_are_refused() {
    let token = codec_of(&[2], 0).issue_session(SESSION, ISSUED_AT).unwrap();
    assert!(codec_of(&[1], 0).read(token.token.expose()).is_none());
}

#[test]
fn tokens_of_an_older_generation_are_read_and_new_ones_have_the_new_key() {
    let (old, both, new) = (codec_of(&[1], 0), codec_of(&[1, 2], 0), codec_of(&[2], 0));
    let before = old.issue_session(SESSION, ISSUED_AT).unwrap().token;
    let after = both.issue_session(SESSION, ISSUED_AT).unwrap().token;
    assert!(both.read(before.expose()).is_some());
    assert!(both.read(after.expose()).is_some());
    assert!(new.read(after.expose()).is_some());
    assert!(new.read(before.expose()).is_none());
    assert!(old.read(after.expose()).is_none());
}

#[test]
fn the_stored_hash_has_the_configured_parameters_and_older_ones_are_honoured() {
    let dear = TokenHashing {
        memory_kib: 64,
        iterations: 2,
    };
    let dear = TokenCodec::new(&keys(&[1]), dear, 0).unwrap();
    let issued = dear.issue_session(SESSION, ISSUED_AT).unwrap();
    assert!(
        issued
            .hash
            .as_str()
            .starts_with("$argon2id$v=19$m=64,t=2,p=1$")
    );
    assert_eq!(
        codec()
            .issue_pat(PatId::new(1))
            .unwrap()
            .hash
            .as_str()
            .len(),
        61
    );
    let claim = session(&dear, issued.token.expose());
    assert!(codec().proves(&claim.secret, &issued.hash));
}

#[test]
fn a_hash_that_was_tampered_with_proves_nothing_and_costs_nothing() {
    let codec = codec();
    let issued = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    let secret = session(&codec, issued.token.expose()).secret;
    let begin = Instant::now();
    for (from, to) in [
        ("m=8", "m=4294967295"),
        ("m=8", "m=1025"),
        ("t=1", "t=4294967295"),
        ("t=1", "t=17"),
        ("m=8,t=1", "m=1024,t=16"),
        ("p=1", "p=5"),
        ("m=8", "m=9"),
        ("$argon2id", "argon2id"),
        ("argon2id", "argon2i"),
    ] {
        let tampered = HashText::new(issued.hash.as_str().replace(from, to));
        assert!(!codec.proves(&secret, &tampered), "{to}");
    }
    assert!(!codec.proves(&secret, &HashText::new("")));
    assert!(begin.elapsed().as_millis() < 500);
}

#[test]
fn a_hash_beyond_the_limits_proves_nothing_even_to_the_right_secret() {
    let codec = codec();
    for (memory_kib, iterations, parallelism, good) in [
        (1024, 2, 4, true),
        (128, 16, 1, true),
        (1025, 1, 1, false),
        (8, 17, 1, false),
        (64, 1, 5, false),
        (1024, 3, 1, false),
    ] {
        let cost = Cost {
            memory_kib,
            iterations,
            parallelism,
        };
        let hash = ArgonHash::make(cost, &[7; 16], b"saltsalt", 16, &mut Kept::default()).unwrap();
        assert_eq!(codec.proves(&[7; 16], &hash.to_text()), good, "{cost:?}");
    }
}

#[test]
fn the_memo_holds_for_the_proven_pair_alone() {
    for capacity in [0, 64] {
        let codec = codec_of(&[1], capacity);
        let one = codec.issue_session(SESSION, ISSUED_AT).unwrap();
        let two = codec.issue_session(SESSION, ISSUED_AT.next()).unwrap();
        let (first, second) = (
            session(&codec, one.token.expose()).secret,
            session(&codec, two.token.expose()).secret,
        );
        for _ in 0..3 {
            assert!(codec.proves(&first, &one.hash));
            assert!(codec.proves(&second, &two.hash));
            assert!(!codec.proves(&first, &two.hash));
            assert!(!codec.proves(&second, &one.hash));
            assert!(!codec.proves(&[0; 16], &one.hash));
        }
    }
}

#[test]
fn what_was_issued_or_proven_is_remembered_and_what_was_not_is_not() {
    let codec = codec();
    let issued = codec_of(&[1], 0).issue_session(SESSION, ISSUED_AT).unwrap();
    let secret = session(&codec, issued.token.expose()).secret;
    let remembered = |secret| {
        let proof = codec.memo.proof(secret, &issued.hash).unwrap();
        codec.memo.holds(&proof)
    };
    assert!(!codec.proves(&[0; 16], &issued.hash));
    assert!(!remembered(&[0; 16]));
    assert!(!remembered(&secret));
    assert!(codec.proves(&secret, &issued.hash));
    assert!(remembered(&secret));

    let issued = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    let secret = session(&codec, issued.token.expose()).secret;
    let proof = codec.memo.proof(&secret, &issued.hash).unwrap();
    assert!(codec.memo.holds(&proof));
}

#[test]
fn unsound_parameters_are_refused() {
    for (memory_kib, iterations) in [(4, 1), (128, 1), (8, 0), (8, 9)] {
        let hashing = TokenHashing {
            memory_kib,
            iterations,
        };
        assert!(TokenCodec::new(&keys(&[1]), hashing, 0).is_err());
    }
}

#[test]
fn debug_output_shows_neither_key_nor_token() {
    let codec = codec();
    let issued = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    let claim = codec.read(issued.token.expose());
    let shown = format!("{codec:?} {issued:?} {claim:?}");
    let secret = session(&codec, issued.token.expose()).secret;
    assert!(!shown.contains(issued.token.expose()), "{shown}");
    assert!(!shown.contains(&format!("{secret:?}")), "{shown}");
    assert!(!shown.contains(issued.hash.as_str()), "{shown}");
    assert!(shown.contains("newest: Subkey(…), retired: []"), "{shown}");
}

proptest! {
    #[test]
    fn every_id_and_sequence_comes_back(id in 1..=i64::MAX, issued_at: u32) {
        let codec = codec();
        let issued = codec
            .issue_session(SessionId::new(id), Sequence::new(issued_at))
            .unwrap();
        let claim = session(&codec, issued.token.expose());
        prop_assert_eq!(claim.session.key(), id);
        prop_assert_eq!(claim.issued_at.number(), issued_at);
        prop_assert!(codec.proves(&claim.secret, &issued.hash));
    }

    #[test]
    fn garbage_never_reads(text in ".*", token in "[A-Za-z0-9_-]{48}", bytes: [u8; 32]) {
        let codec = codec();
        prop_assert!(codec.read(&text).is_none());
        prop_assert!(codec.read(&token).is_none());
        let padded = [&bytes[..], &[0; 4]].concat();
        prop_assert!(codec.read(&BASE64URL.encode(padded)).is_none());
    }

    #[test]
    fn garbage_never_proves(text in ".*", secret: [u8; 16]) {
        prop_assert!(!codec().proves(&secret, &HashText::new(text)));
    }
}
