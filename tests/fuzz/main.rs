//! The files that were kept for the fuzz targets, through the same functions: what was found once
//! stays mended. See docs/testing.md.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    reason = "written for a library as well; a target fails by panicking"
)]
#[path = "../../fuzz/targets/mod.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files below a folder with what is in them, sorted.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_of_the_corpus_keeps_its_promise() {
    for (name, target) in targets::TARGETS {
        let files = files(&fuzz().join("corpus").join(name));
        assert!(files.len() >= 5, "{name}");
        for (path, data) in files {
            let kept = std::panic::catch_unwind(|| target(&data));
            assert!(kept.is_ok(), "{}", path.display());
        }
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let named: BTreeSet<String> = targets::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    for folder in ["fuzz_targets", "corpus"] {
        let there = fs::read_dir(fuzz().join(folder)).unwrap();
        let there: BTreeSet<String> = there
            .map(|entry| entry.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(there, named, "{folder}");
    }
}

#[test]
fn every_request_is_fed() {
    let mut requests = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("proto")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            let text = fs::read_to_string(path).unwrap();
            let names = text
                .lines()
                .filter_map(|line| line.strip_prefix("message "));
            let names = names.filter_map(|line| line.split(' ').next());
            requests.extend(
                names
                    .filter(|name| name.ends_with("Request"))
                    .map(str::to_owned),
            );
        }
    }
    // Of health and reflection: the library's own.
    requests.retain(|name| !name.starts_with("HealthCheck"));
    requests.sort();
    let mut fed: Vec<_> = targets::messages::REQUESTS
        .iter()
        .map(|request| request.name)
        .collect();
    fed.sort_unstable();
    assert_eq!(fed, requests);
}
