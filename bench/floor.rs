//! What the framework costs when it does next to nothing: `cargo run --release --example floor`.
//!
//! The server that Bartizan is compared with. It has as many workers, writes no log and keeps nothing:
//!
//! - `GET /static` answers with the bytes of `--answer`,
//! - `POST /parse` reads the body of `CreateSession` and answers in the form of its answer,
//! - `POST /hash` does the same after one argon2id hash with the parameters of passwords, on as many
//!   threads as there are workers, each with memory of its own that is kept.
//!
//! It prints its address when it is ready.

use std::cell::RefCell;
use std::fs;
use std::future::ready;
use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::thread::available_parallelism;

use actix_web::http::header::ContentType;
use actix_web::rt::System;
use actix_web::web::{self, Bytes, Data, Json};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Result;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use bartizan::crypto::PasswordHashing;
use clap::Parser;
use serde::{Deserialize, Serialize};

/// The server that does next to nothing
#[derive(Debug, Parser)]
struct Arguments {
    /// File with the static answer
    #[arg(long)]
    answer: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateSession {
    checks: Option<Checks>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checks {
    user: Option<UserCheck>,
    password: Option<PasswordCheck>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserCheck {
    user_id: String,
}

#[derive(Debug, Deserialize)]
struct PasswordCheck {
    password: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreatedSession<'a> {
    details: Details<'a>,
    session_id: &'a str,
    session_token: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    sequence: &'a str,
    change_date: &'a str,
    resource_owner: &'a str,
}

/// The form of a real answer; the id of the user stands in for that of the session.
fn created(user: &str) -> HttpResponse {
    HttpResponse::Created().json(CreatedSession {
        details: Details {
            sequence: "3",
            change_date: "2026-01-01T00:00:00.000000Z",
            resource_owner: user,
        },
        session_id: user,
        session_token: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    })
}

fn fixed(answer: &Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(answer.clone())
}

fn parse(body: &CreateSession) -> HttpResponse {
    let user = body.checks.as_ref().and_then(|checks| checks.user.as_ref());
    user.map_or_else(
        || HttpResponse::BadRequest().finish(),
        |user| created(&user.user_id),
    )
}

async fn hash(body: Json<CreateSession>) -> HttpResponse {
    let Some(Checks {
        user: Some(user),
        password: Some(password),
    }) = body.into_inner().checks
    else {
        return HttpResponse::BadRequest().finish();
    };
    let hashed = web::block(move || argon2(password.password.as_bytes())).await;
    if matches!(hashed, Ok(Ok(_))) {
        created(&user.user_id)
    } else {
        HttpResponse::InternalServerError().finish()
    }
}

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// One hash with the default parameters of the server's passwords.
fn argon2(password: &[u8]) -> Result<[u8; 32], argon2::Error> {
    let cost = PasswordHashing::default();
    let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(32))?;
    let blocks = params.block_count();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; 32];
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(blocks, Block::default());
        argon2.hash_password_into_with_memory(password, b"a salt of 16 byt", &mut output, memory)
    })?;
    Ok(output)
}

fn main() -> Result<()> {
    let answer = Bytes::from(fs::read(Arguments::parse().answer)?);
    let workers = available_parallelism()?.get();
    System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(answer.clone()))
                .route(
                    "/static",
                    web::get().to(|answer: Data<Bytes>| ready(fixed(&answer))),
                )
                .route(
                    "/parse",
                    web::post().to(|body: Json<CreateSession>| ready(parse(&body))),
                )
                .route("/hash", web::post().to(hash))
        })
        .workers(workers)
        // So that no more hashes run at the same time than there are cores.
        .worker_max_blocking_threads(1)
        .bind(("127.0.0.1", 0))?;
        for address in server.addrs() {
            writeln!(stdout(), "http://{address}")?;
        }
        server.run().await?;
        Ok(())
    })
}
