//! Installs the clients below `target/clients`, once for each list of exact versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::here;

/// Two tests must not install into the same folder at a time.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The folder of a client's programs.
pub(crate) fn source(client: &str) -> PathBuf {
    here().join(client)
}

/// Where the programs for node lie beside what they import: there node looks for it.
#[track_caller]
pub(crate) fn node() -> PathBuf {
    let home = installed("node", "package.json", |home| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-package-lock", "--ignore-scripts"])
            .args(["--no-audit", "--no-fund", "--loglevel", "error"])
            .current_dir(home);
        done(&mut npm);
    });
    copy_folder(&source("node"), &home);
    home
}

/// The interpreter that finds what the programs import, and the folder of the programs.
#[track_caller]
pub(crate) fn python() -> (PathBuf, PathBuf) {
    python_of("python")
}

/// The same for the mail server.
#[track_caller]
pub(crate) fn mail() -> (PathBuf, PathBuf) {
    python_of("mail")
}

#[track_caller]
fn python_of(client: &str) -> (PathBuf, PathBuf) {
    let home = installed(client, "requirements.txt", |home| {
        done(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(home.join("venv")),
        );
        done(
            Command::new(home.join("venv/bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(["--no-deps", "--requirement"])
                .arg(home.join("requirements.txt")),
        );
    });
    (home.join("venv/bin/python"), source(client))
}

/// The folder of a client, with what its list names installed in it.
#[track_caller]
fn installed(client: &str, list: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let _guard = INSTALLING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .with_file_name("clients")
        .join(client);
    let wanted = fs::read(source(client).join(list)).unwrap();
    let complete = home.join("complete");
    if fs::read(&complete).is_ok_and(|found| found == wanted) {
        return home;
    }
    if home.exists() {
        fs::remove_dir_all(&home).unwrap();
    }
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join(list), &wanted).unwrap();
    install(&home);
    // Written last: what was broken off is installed again.
    fs::write(complete, wanted).unwrap();
    home
}

#[track_caller]
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let (from, to) = (file.path(), to.join(file.file_name()));
        if file.file_type().unwrap().is_dir() {
            copy_folder(&from, &to);
        } else {
            copy(&from, &to);
        }
    }
}

/// Replaces a file in one step, as another test may be reading it.
#[track_caller]
fn copy(from: &Path, to: &Path) {
    let wanted = fs::read(from).unwrap();
    if fs::read(to).is_ok_and(|found| found == wanted) {
        return;
    }
    let part = tempfile::NamedTempFile::new_in(to.parent().unwrap()).unwrap();
    fs::write(&part, wanted).unwrap();
    part.persist(to).unwrap();
}

#[track_caller]
fn done(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
