//! Who may name whom, and how large things may grow.
//!
//! The arrows keep the rules of the business free of drivers and protocols, so that a second store or
//! a further protocol can come without touching them. Where one points the wrong way, this fails and
//! names the file.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::similar_names,
    reason = "what reads source text as text may panic: then the test is red"
)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each part of the program and what it may name beside itself.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("error", &["domain", "ports"]),
    ("core", &["domain", "ports", "error"]),
    ("config", &["domain"]),
    ("observe", &["config", "domain", "ports"]),
    ("query", &["core", "domain", "error", "ports"]),
    ("command", &["core", "domain", "error", "ports", "query"]),
    ("storage", &["domain", "ports"]),
    ("throttle", &["domain", "ports"]),
    ("crypto", &["domain", "ports"]),
    ("delivery", &["domain", "ports"]),
    ("federation", &["domain", "ports"]),
    (
        "api",
        &["command", "core", "domain", "error", "ports", "query"],
    ),
    ("web", &["command", "core", "domain", "error", "query"]),
    ("app", EVERYTHING),
    ("cli", EVERYTHING),
    ("main", EVERYTHING),
    ("lib", EVERYTHING),
];

const EVERYTHING: &[&str] = &[
    "api",
    "app",
    "cli",
    "command",
    "config",
    "core",
    "crypto",
    "delivery",
    "domain",
    "error",
    "federation",
    "observe",
    "ports",
    "query",
    "storage",
    "throttle",
    "web",
];

/// Crates, and modules of the standard library, that belong to some parts alone.
const BELONGS_TO: &[(&str, &[&str])] = &[
    ("rusqlite", &["storage"]),
    ("rusqlite_migration", &["storage"]),
    ("r2d2", &["storage"]),
    ("actix_web", &["api", "app", "web"]),
    ("actix_rt", &["api", "app", "web"]),
    ("actix_http", &["web"]),
    ("actix_server", &["web"]),
    ("actix_service", &["web"]),
    ("actix_cors", &["app", "web"]),
    ("hyper", &["web"]),
    ("hyper_util", &["web"]),
    ("connectrpc", &["api"]),
    ("bartizan_proto", &["api"]),
    ("argon2", &["crypto"]),
    ("bcrypt", &["crypto"]),
    ("scrypt", &["crypto"]),
    ("pbkdf2", &["crypto"]),
    ("chacha20poly1305", &["crypto"]),
    ("governor", &["throttle"]),
    ("ipnet", &["domain"]),
    ("getrandom", &["crypto", "observe"]),
    ("lettre", &["delivery"]),
    ("opentelemetry", &["federation", "observe", "ports", "web"]),
    ("opentelemetry_otlp", &["observe"]),
    ("opentelemetry_sdk", &["federation", "observe", "web"]),
    ("openidconnect", &["federation"]),
    ("webauthn_rs_core", &["crypto"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "main"]),
    ("prometheus_client", &["app"]),
    ("rustix", &["app"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("sd_notify", &["cli"]),
    (
        "tokio",
        &[
            // A stream of events waits for several things at once.
            "api",
            "app",
            "cli",
            "crypto",
            "delivery",
            "federation",
            "observe",
            "storage",
            "web",
        ],
    ),
    ("std::env", &["config"]),
    ("std::process", &["cli", "main"]),
    (
        "std::fs",
        &["app", "cli", "config", "crypto", "delivery", "storage"],
    ),
    (
        "std::thread",
        &["app", "config", "crypto", "observe", "storage", "web"],
    ),
];

/// Lines of a file at most, its tests not counted.
const MAX_LINES: usize = 600;

/// A source file without its comments, the insides of its texts, and its tests.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    /// The part of the program that it is of: the first name below `src`.
    part: String,
    /// How deep its module lies below the root of the crate.
    depth: usize,
    code: String,
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file below a directory, and every directory that holds one.
fn walk(directory: &Path, files: &mut Vec<PathBuf>, directories: &mut Vec<PathBuf>) {
    let mut holds_source = false;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files, directories);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            holds_source = true;
            files.push(path);
        }
    }
    if holds_source {
        directories.push(directory.to_owned());
    }
}

/// All of the program but its tests.
fn sources() -> Vec<Source> {
    let root = src();
    let (mut paths, mut directories) = (Vec::new(), Vec::new());
    walk(&root, &mut paths, &mut directories);
    paths.sort();
    let texts: Vec<(PathBuf, String)> = paths
        .into_iter()
        .map(|path| {
            let text = strip(&fs::read_to_string(&path).unwrap());
            (path, text)
        })
        .collect();
    let tests: Vec<PathBuf> = texts
        .iter()
        .flat_map(|(path, text)| {
            test_modules(text)
                .into_iter()
                .map(|name| path.parent().unwrap().join(name))
        })
        .collect();
    texts
        .into_iter()
        .filter(|(path, _)| {
            !tests
                .iter()
                .any(|test| path.starts_with(test) || path.with_extension("") == *test)
        })
        .map(|(path, text)| {
            let relative = path.strip_prefix(&root).unwrap().with_extension("");
            let mut names: Vec<String> = relative
                .iter()
                .map(|name| name.to_str().unwrap().to_owned())
                .collect();
            let part = names[0].clone();
            if names.last().is_some_and(|name| name == "mod") {
                names.pop();
            }
            Source {
                depth: if part == "lib" || part == "main" {
                    0
                } else {
                    names.len()
                },
                part,
                code: without_tests(&text),
                path,
            }
        })
        .collect()
}

/// The text without comments and without what stands in quotes; lines stay where they are.
fn strip(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let closing = format!("\"{}", "#".repeat(hashes));
            let opened = hashes + 2;
            rest[opened..]
                .find(&closing)
                .map_or(rest.len(), |end| opened + end + closing.len())
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' && is_char(rest) {
            quoted(rest, '\'')
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[skipped..];
    }
    code
}

/// The number of `#` if a raw string begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a quote begins a character and not a lifetime.
fn is_char(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// How long a quoted text is, quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return index + 1;
        }
    }
    text.len()
}

const TEST: &str = "#[cfg(test)]";

/// What follows each `#[cfg(test)]`, up to the name of the module it stands before.
fn test_modules(code: &str) -> Vec<String> {
    code.split(TEST)
        .skip(1)
        .filter_map(|after| {
            let (head, _) = after.split_once(';')?;
            let name = head.trim().rsplit_once("mod ")?.1;
            name.chars()
                .all(|c| c.is_alphanumeric() || c == '_')
                .then(|| name.to_owned())
        })
        .collect()
}

/// The code without the modules that stand in braces behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(TEST) {
        let (before, after) = rest.split_at(at);
        kept.push_str(before);
        let item = after.find(['{', ';']).unwrap_or(after.len());
        let mut depth = 0_usize;
        let mut end = after.len();
        for (index, c) in after.char_indices().skip(item) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = index + 1;
                break;
            }
        }
        rest = &after[end..];
    }
    kept + rest
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The names that stand directly behind a path, also those in braces.
fn names_after(text: &str) -> Vec<&str> {
    let Some(group) = text.strip_prefix('{') else {
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        return vec![&text[..end]];
    };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, Some(0));
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = Some(index + 1),
            _ => {}
        }
        if let Some(from) = start.take_if(|_| is_name(c)) {
            let name = &group[from..];
            let name = name.trim_start();
            let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
            names.push(&name[..end]);
        }
    }
    names
}

/// The parts of the program that a file names: by `crate::`, and by `super::` up to the root.
fn arrows(source: &Source) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let to_root = "super::".repeat(source.depth);
    let roots: &[&str] = if source.depth == 0 {
        &["crate::", "bartizan::"]
    } else {
        &["crate::", &to_root]
    };
    for root in roots {
        for (at, _) in source.code.match_indices(root) {
            let before = source.code[..at].chars().next_back();
            if before.is_some_and(|c| is_name(c) || c == ':' || c == '$') {
                continue;
            }
            for name in names_after(&source.code[at + root.len()..]) {
                if EVERYTHING.contains(&name) && name != source.part {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    found
}

/// Whether a file names a crate or a module of the standard library.
fn uses(source: &Source, name: &str) -> bool {
    let alone = |text: &str, at: usize, length: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + length..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    };
    let direct = source.code.match_indices(name).any(|(at, _)| {
        alone(&source.code, at, name.len()) && {
            // As the root of a path, not as the name of something of ours.
            let after = source.code[at + name.len()..].trim_start();
            let before = source.code[..at].trim_end();
            name.contains("::")
                || after.starts_with("::")
                || before.ends_with("use")
                || before.ends_with("extern crate")
        }
    });
    let grouped = name.strip_prefix("std::").is_some_and(|module| {
        source
            .code
            .match_indices("std::{")
            .any(|(at, _)| names_after(&source.code[at + "std::".len()..]).contains(&module))
    });
    direct || grouped
}

#[test]
fn every_arrow_points_where_it_may() {
    let allowed: BTreeMap<_, _> = MAY_NAME.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let may = allowed
            .get(source.part.as_str())
            .unwrap_or_else(|| panic!("no rule for the part `{}`", source.part));
        for name in arrows(&source) {
            if !may.contains(&name.as_str()) {
                wrong.push(format!("{} names `{name}`", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, parts) in BELONGS_TO {
            if uses(&source, name) && !parts.contains(&source.part.as_str()) {
                wrong.push(format!("{} uses `{name}`", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_domain_waits_for_nothing() {
    for source in sources() {
        if source.part == "domain" {
            let found = source
                .code
                .split(|c| !is_name(c))
                .find(|word| ["async", "await", "Instant", "SystemTime"].contains(word));
            assert_eq!(found, None, "{}", source.path.display());
        }
    }
}

#[test]
fn no_file_grows_too_long() {
    for source in sources() {
        let lines = source.code.lines().count();
        assert!(
            lines <= MAX_LINES,
            "{} has {lines} lines",
            source.path.display()
        );
    }
}

#[test]
fn every_module_that_is_a_directory_has_its_mod_rs() {
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    walk(&src(), &mut files, &mut directories);
    for directory in directories {
        if directory == src() {
            continue;
        }
        assert!(
            directory.join("mod.rs").is_file(),
            "{} has no mod.rs",
            directory.display()
        );
        assert!(
            !directory.with_extension("rs").exists(),
            "{} has a file beside it",
            directory.display()
        );
    }
}

/// The words between backticks of a text that can only be names of tests: small letters and at least
/// two underscores.
fn named_tests(text: &str) -> BTreeSet<&str> {
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_test = |word: &&str| word.matches('_').count() > 1 && word.chars().all(small);
    text.split('`').skip(1).step_by(2).filter(is_test).collect()
}

/// A promise of `docs/security.md` stands for as long as its test does.
#[test]
fn every_test_that_the_document_of_security_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for directory in ["src", "tests", "proto"] {
        walk(&root.join(directory), &mut files, &mut directories);
    }
    let sources: String = files
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut missing = named_tests(include_str!("../docs/security.md"));
    assert!(missing.len() > 150, "{} are named", missing.len());
    missing.retain(|name| !sources.contains(&format!("fn {name}(")));
    assert!(missing.is_empty(), "{missing:#?}");
    let named = named_tests("`a_b_c`, `policy.a_b_c`, `a_b`, a_b_c and `A_B_C`; `c_b_a_1`");
    assert_eq!(Vec::from_iter(named), ["a_b_c", "c_b_a_1"]);
}

#[test]
fn this_file_sees_what_it_looks_for() {
    let all = sources();
    let part = |part: &'static str| all.iter().filter(move |source| source.part == part);
    assert!(part("app").any(|source| arrows(source).contains("storage")));
    assert!(part("command").any(|source| arrows(source).contains("query")));
    assert!(part("storage").any(|source| uses(source, "rusqlite")));
    assert!(part("config").any(|source| uses(source, "std::env")));

    let source = |depth: usize, code: &str| Source {
        path: PathBuf::new(),
        part: "domain".to_owned(),
        depth,
        code: without_tests(&strip(code)),
    };
    for (depth, code, expected) in [
        (1, "use crate::storage::sqlite;", &["storage"][..]),
        (
            1,
            "use crate::{api::{self, rest}, domain::x, web};",
            &["api", "web"],
        ),
        (2, "fn f() { super::super::command::x() }", &["command"]),
        (2, "use super::{api, web};", &[]),
        (2, "use super::super::{api, web as w};", &["api", "web"]),
        (
            1,
            "// use crate::storage;\nlet x = \"crate::api\"; let c = '\"'; crate::ports::x()",
            &["ports"],
        ),
        (1, "let x = r#\"crate::api \" \"#; /* crate::web */", &[]),
        (
            1,
            "#[cfg(test)]\nmod tests { use crate::storage; fn f() {} }\nuse crate::query;",
            &["query"],
        ),
        (1, "fn f<'a>(x: &'a str) { crate::error::g(x) }", &["error"]),
        (1, "mycrate::storage::x(); $crate::storage::x!()", &[]),
    ] {
        let found = arrows(&source(depth, code));
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            expected,
            "{code}"
        );
    }
    assert!(uses(&source(1, "use std::{fs, io};"), "std::fs"));
    assert!(uses(&source(1, "tokio::spawn(x)"), "tokio"));
    assert!(!uses(&source(1, "self.tokio"), "tokio"));
    assert_eq!(
        test_modules("#[cfg(test)]\nmod tests;\nmod other;\n#[cfg(test)] pub(crate) mod fixtures;"),
        ["tests", "fixtures"]
    );
}
