//! What tokens and passwords cost: `cargo bench --bench crypto`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench that cannot begin shall say so and end"
)]

use std::hint::black_box;

use bartizan::crypto::{
    ChainKey, CodeMaker, DEFAULT_MEMO, KeyFile, PasswordHashing, PasswordPool, RandomIds,
    TokenCodec, TokenHashing,
};
use bartizan::domain::ids::{Sequence, SessionId};
use bartizan::domain::secret::{HashText, Secret};
use bartizan::domain::time::Timestamp;
use bartizan::ports::{
    CodeAlphabet, Codes as _, IdGenerator as _, IssuedToken, Passwords as _, Seal as _, TokenClaim,
    Tokens as _,
};
use criterion::{Criterion, criterion_group, criterion_main};

const SESSION: SessionId = SessionId::new(0x0123_4567_89ab_cdef);
const ISSUED_AT: Sequence = Sequence::new(7);

fn issued(codec: &TokenCodec) -> (IssuedToken, [u8; 16]) {
    let issued = codec.issue_session(SESSION, ISSUED_AT).unwrap();
    match codec.read(issued.token.expose()) {
        Some(TokenClaim::Session(claim)) => (issued, claim.secret),
        other => panic!("no session token: {other:?}"),
    }
}

fn tokens(bench: &mut Criterion) {
    let keys = KeyFile::ephemeral().unwrap();
    let remembering = TokenCodec::new(&keys, TokenHashing::default(), DEFAULT_MEMO).unwrap();
    let forgetful = TokenCodec::new(&keys, TokenHashing::default(), 0).unwrap();
    let (token, secret) = issued(&remembering);
    let (good, hash) = (token.token.expose(), &token.hash);
    let forged = "A".repeat(48);

    let mut group = bench.benchmark_group("token");
    group.bench_function("read_forged", |bench| {
        bench.iter(|| remembering.read(black_box(&forged)));
    });
    group.bench_function("read_good", |bench| {
        bench.iter(|| remembering.read(black_box(good)));
    });
    group.bench_function("proves_cold", |bench| {
        bench.iter(|| forgetful.proves(black_box(&secret), hash));
    });
    assert!(remembering.proves(&secret, hash));
    group.bench_function("proves_remembered", |bench| {
        bench.iter(|| remembering.proves(black_box(&secret), hash));
    });
    group.bench_function("issue_session", |bench| {
        bench.iter(|| remembering.issue_session(black_box(SESSION), ISSUED_AT));
    });
    group.finish();
}

fn passwords(bench: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let pool = PasswordPool::new(PasswordHashing::default()).unwrap();
    let password = Secret::new("correct horse battery staple".to_owned());
    let hash = runtime.block_on(pool.hash(password.clone())).unwrap();

    let mut group = bench.benchmark_group("password");
    group.sample_size(20);
    group.bench_function("check", |bench| {
        bench.iter(|| runtime.block_on(pool.check(password.clone(), hash.clone())));
    });
    group.bench_function("check_nobody", |bench| {
        bench.iter(|| runtime.block_on(pool.check_nobody(password.clone())));
    });
    // What is left when nothing is hashed: the way to a thread and back.
    group.bench_function("way_to_the_thread", |bench| {
        bench.iter(|| runtime.block_on(pool.check(password.clone(), HashText::new("none"))));
    });
    group.finish();
}

fn others(bench: &mut Criterion) {
    let keys = KeyFile::ephemeral().unwrap();
    let (codes, seal) = (CodeMaker::new(&keys), ChainKey::new(&keys));
    let ids = RandomIds::new(0).unwrap();
    let now = Timestamp::from_micros(1_783_661_559_007_096);
    let event = [7; 200];

    bench.bench_function("code/fresh", |bench| {
        bench.iter(|| codes.fresh(CodeAlphabet::Digits, 8));
    });
    bench.bench_function("code/digest", |bench| {
        bench.iter(|| codes.digest("otp sms", black_box("ABC12345")));
    });
    bench.bench_function("seal/link", |bench| {
        bench.iter(|| seal.link(&[1; 16], black_box(&event)));
    });
    bench.bench_function("ids/next", |bench| bench.iter(|| ids.next(black_box(now))));
}

criterion_group!(benches, tokens, passwords, others);
criterion_main!(benches);
