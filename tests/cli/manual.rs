//! The manual as a new operator follows it: its commands are run as they stand there.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Program, Ran, Server};

/// The blocks of a document that a shell is meant for.
fn blocks(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{}/{document}", env!("CARGO_MANIFEST_DIR")));
    let text = text.unwrap();
    let parts = text.split("\n```sh\n").skip(1);
    parts
        .map(|rest| rest.split_once("\n```").unwrap().0.to_owned())
        .collect()
}

/// A shell in which `bartizan` is the program, and the folders of the manual are in its home.
fn shell(program: &Program, block: &str) -> Ran {
    let home = program.home.path();
    let bin = home.join("bin");
    if !bin.exists() {
        for folder in ["bin", "backup", "archive"] {
            std::fs::create_dir(home.join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bartizan"), bin.join("bartizan")).unwrap();
    }
    let mut block = block.to_owned();
    for folder in ["backup", "archive"] {
        block = block.replace(
            &format!(" /{folder}/"),
            &format!(" {}/", home.join(folder).display()),
        );
    }
    let output = Command::new("sh")
        .args(["-euxc", &block])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .current_dir(home)
        .stdin(Stdio::null())
        .output();
    Ran::of(output.unwrap())
}

#[track_caller]
fn succeeds(program: &Program, block: &str) -> Ran {
    let ran = shell(program, block);
    assert_eq!(ran.code, Some(0), "{block}\n{}{}", ran.stdout, ran.stderr);
    // Progress is for terminals alone.
    let is_plain = |character: char| character == '\n' || !character.is_control();
    assert!(
        ran.stdout.chars().chain(ran.stderr.chars()).all(is_plain),
        "{block}\n{ran:?}"
    );
    ran
}

fn open(server: &Server, token: &str) -> String {
    let (status, answer) = server.call("POST", "/v2/sessions", token, &json!({}));
    assert_eq!(status, 201, "{answer}");
    let id = answer.pointer("/sessionId").and_then(Value::as_str);
    id.unwrap().to_owned()
}

#[test]
fn an_operator_who_follows_the_manual_succeeds() {
    let program = Program::new();
    let mut blocks = blocks("docs/operations.md");
    blocks.retain(|block| block.starts_with("bartizan "));
    let [backup, restore, rotate, archive, doctor, verify] = blocks.as_slice() else {
        panic!("other commands than this test knows: {blocks:#?}");
    };
    let server = program.serve();
    let pat = program.token("admin.pat");
    let (kept, ended) = (open(&server, &pat), open(&server, &pat));
    for block in [backup, verify] {
        succeeds(&program, block);
    }
    let lost = open(&server, &pat);
    // What is done to a server that runs, and a second time, is refused in words.
    assert_eq!(shell(&program, rotate).code, Some(4));
    let again = shell(&program, backup);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("exists already"), "{again:?}");
    assert_eq!(server.stop().code, Some(0));

    let restore = restore.replace("2026-11-25", "$(date +%F)");
    succeeds(&program, &restore);
    succeeds(&program, rotate);
    let server = program.serve_with(&[
        ("BARTIZAN_SWEEP__AFTER", "0s"),
        ("BARTIZAN_SWEEP__INTERVAL", "1s"),
    ]);
    let status = |id: &str, method: &str| {
        let body = if method == "GET" {
            Value::Null
        } else {
            json!({})
        };
        server
            .call(method, &format!("/v2/sessions/{id}"), &pat, &body)
            .0
    };
    assert_eq!((status(&kept, "GET"), status(&lost, "GET")), (200, 404));
    assert_eq!(status(&ended, "DELETE"), 200);
    // The last event of the log is never archived.
    open(&server, &pat);
    let (listing, _) = archive.split_once('\n').unwrap();
    let archived = (0..1_000).any(|_| succeeds(&program, listing).stdout.contains("/archive/"));
    assert!(archived);
    let (_, rest) = archive.split_once('\n').unwrap();
    for block in [rest, doctor, verify] {
        succeeds(&program, block);
    }
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn the_commands_of_the_readme_do_something() {
    let program = Program::new();
    let server = program.serve();
    let session = open(&server, &program.token("admin.pat"));
    let blocks = blocks("README.md");
    let commands = blocks
        .iter()
        .find(|block| block.starts_with("bartizan session list"))
        .unwrap();
    for line in commands.lines() {
        let command = line.split('#').next().unwrap().trim_end();
        let command = command
            .replace(" ID", &format!(" {session}"))
            .replace(" FILE", " copy.db")
            // It ends when it is interrupted.
            .replace(" --follow", "");
        let ran = succeeds(&program, &command);
        assert!(!(ran.stdout + &ran.stderr).is_empty(), "{command}");
    }
    assert_eq!(server.stop().code, Some(0));
}
