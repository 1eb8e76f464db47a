//! What reading and writing the messages of sessions costs: `cargo bench --bench wire`.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot begin shall say so and end"
)]

use std::hint::black_box;

use bartizan_proto::buffa::Message as _;
use bartizan_proto::json;
use bartizan_proto::zitadel::session::v2::{
    CreateSessionRequest, CreateSessionResponse, GetSessionResponse,
};
use criterion::{Criterion, criterion_group, criterion_main};

const CREATE: &[u8] = br#"{"checks":{"user":{"userId":"257561720103207081"}}}"#;

const CREATED: &[u8] = br#"{"details":{"sequence":"3","changeDate":"2026-01-02T03:04:05.167523Z",
    "resourceOwner":"257561719982812485"},"sessionId":"257561724264936645",
    "sessionToken":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;

const GOT: &[u8] = br#"{"session":{"id":"257561724264936645",
    "creationDate":"2026-01-02T03:04:05.167523Z","changeDate":"2026-01-02T03:04:05.167523Z",
    "sequence":"3","factors":{"user":{"verifiedAt":"2026-01-02T03:04:05.167523Z",
    "id":"257561720103207081","loginName":"ann","displayName":"Ann Ample",
    "organizationId":"257561719853655457"}}}}"#;

fn requests(bench: &mut Criterion) {
    let request: CreateSessionRequest = json::decode(CREATE).unwrap();
    let message = request.encode_to_vec();
    let mut group = bench.benchmark_group("create_session_request");
    group.bench_function("from_json", |bench| {
        bench.iter(|| json::decode::<CreateSessionRequest>(black_box(CREATE)).unwrap());
    });
    group.bench_function("from_protobuf", |bench| {
        bench.iter(|| CreateSessionRequest::decode_from_slice(black_box(&message)).unwrap());
    });
    group.finish();
}

fn answers(bench: &mut Criterion) {
    let created: CreateSessionResponse = json::decode(CREATED).unwrap();
    let got: GetSessionResponse = json::decode(GOT).unwrap();
    let mut out = Vec::with_capacity(512);
    let mut group = bench.benchmark_group("answer");
    group.bench_function("create_session_to_json", |bench| {
        bench.iter(|| {
            out.clear();
            json::encode(black_box(&created), &mut out).unwrap();
        });
    });
    group.bench_function("create_session_to_protobuf", |bench| {
        bench.iter(|| black_box(&created).encode_to_vec());
    });
    group.bench_function("get_session_to_json", |bench| {
        bench.iter(|| {
            out.clear();
            json::encode(black_box(&got), &mut out).unwrap();
        });
    });
    group.bench_function("get_session_to_protobuf", |bench| {
        bench.iter(|| black_box(&got).encode_to_vec());
    });
    group.finish();
}

criterion_group!(benches, requests, answers);
criterion_main!(benches);
