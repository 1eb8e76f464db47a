//! The content of a key file.
//!
//! ```text
//! bartizan-key 1
//! # any number of comments
//! 0f1e2d3c4b5a6978 <32 bytes in base64>
//! ```
//!
//! The first line names the format, each other one a generation, oldest first. The id is made of the
//! key, so that a changed character is found when the file is loaded and not when every token fails.
//! Behind a key may stand the word `ended`: its tokens are not accepted any more.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

use super::{Generation, KeyFault, KeyFile};

/// The largest file that is read: more than fifty generations.
pub(super) const MAX_SIZE: usize = 4096;

const HEADER: &str = "bartizan-key 1";
const FORMAT: &str = "bartizan-key ";
const COMMENTS: [&str; 2] = [
    "# Secret: whoever has this file and the database can forge tokens. Back it up apart from the database.",
    "# One key a line, oldest first; the last one makes new tokens, all of them read. Keep the first one.",
];
const ENCODED_LENGTH: usize = 43;
/// Behind a key whose tokens are not accepted any more.
const ENDED: &str = " ended";

/// Writes the text of a key file.
pub(super) fn write(keys: &KeyFile) -> Zeroizing<String> {
    // The capacity is enough from the start: growing would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_SIZE));
    text.push_str(HEADER);
    text.push('\n');
    for comment in COMMENTS {
        text.push_str(comment);
        text.push('\n');
    }
    for generation in keys.generations() {
        // Writing into a string does not fail.
        write!(text, "{} ", generation.id).ok();
        BASE64.encode_string(generation.material.as_slice(), &mut text);
        if generation.ended {
            text.push_str(ENDED);
        }
        text.push('\n');
    }
    text
}

/// Reads the text of a key file.
pub(super) fn parse(text: &str) -> Result<KeyFile, KeyFault> {
    let mut lines = (1..).zip(text.lines());
    match lines.next() {
        Some((_, HEADER)) => {}
        Some((_, other)) if other.starts_with(FORMAT) => return Err(KeyFault::Newer),
        _ => return Err(KeyFault::Header),
    }
    let mut generations: Vec<Generation> = Vec::new();
    for (line, content) in lines {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let generation = parse_line(line, content)?;
        if generations.iter().any(|known| known.id == generation.id) {
            return Err(KeyFault::Twice { line });
        }
        generations.push(generation);
    }
    let newest = generations.pop().ok_or(KeyFault::Empty)?;
    Ok(KeyFile {
        older: generations,
        newest,
    })
}

fn parse_line(line: usize, content: &str) -> Result<Generation, KeyFault> {
    let (id, key) = content.split_once(' ').ok_or(KeyFault::Line { line })?;
    let (key, ended) = match key.strip_suffix(ENDED) {
        Some(key) => (key, true),
        None => (key, false),
    };
    if key.len() != ENCODED_LENGTH {
        return Err(KeyFault::Length { line });
    }
    let mut material = Zeroizing::new([0; 32]);
    BASE64
        .decode_slice(key, material.as_mut_slice())
        .map_err(|_| KeyFault::Line { line })?;
    let mut generation = Generation::new(material);
    generation.ended = ended;
    if generation.id.to_string() == id {
        Ok(generation)
    } else {
        Err(KeyFault::Id { line })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::keys;
    use super::*;

    fn ids(keys: &KeyFile) -> Vec<String> {
        keys.generations()
            .map(|generation| generation.id.to_string())
            .collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for seeds in [&[1][..], &[1, 2], &[9, 8, 7, 6]] {
            let written = keys(seeds);
            let read = parse(&write(&written)).unwrap();
            assert_eq!(ids(&read), ids(&written));
            assert_eq!(read.newest.material, written.newest.material);
        }
    }

    #[test]
    fn the_format_is_what_it_was() {
        let text = write(&keys(&[0x5a]));
        assert_eq!(
            text.lines().last(),
            Some("1df1d0e45d8875ec WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo")
        );
        assert!(text.starts_with("bartizan-key 1\n# Secret"));
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let good = write(&keys(&[1, 2]));
        let lines: Vec<&str> = good.lines().collect();
        let (first, second) = (lines[3], lines[4]);
        let (id, key) = second.split_once(' ').unwrap();
        let tail = key.split_at(1).1;
        for (text, fault) in [
            (String::new(), KeyFault::Header),
            ("something else\n".to_owned(), KeyFault::Header),
            (format!("{first}\n"), KeyFault::Header),
            (format!("bartizan-key 2\n{first}\n"), KeyFault::Newer),
            (format!("{HEADER}\n# only a comment\n"), KeyFault::Empty),
            (
                format!("{HEADER}\n{first}\nnonsense\n"),
                KeyFault::Line { line: 3 },
            ),
            (
                format!("{HEADER}\n{id} {tail}\n"),
                KeyFault::Length { line: 2 },
            ),
            (
                format!("{HEADER}\n{id} {key}A\n"),
                KeyFault::Length { line: 2 },
            ),
            (
                format!("{HEADER}\n{id} {tail}!\n"),
                KeyFault::Line { line: 2 },
            ),
            (
                format!("{HEADER}\n{id} B{tail}\n"),
                KeyFault::Id { line: 2 },
            ),
            (
                format!("{HEADER}\n0000000000000000 {key}\n"),
                KeyFault::Id { line: 2 },
            ),
            (
                format!("{HEADER}\n{first}\n{second}\n{first}\n"),
                KeyFault::Twice { line: 4 },
            ),
        ] {
            assert_eq!(parse(&text).err(), Some(fault), "{text:?}");
        }
    }

    #[test]
    fn every_damaged_character_of_a_key_is_found() {
        let good = write(&keys(&[3]));
        let key = good.lines().last().unwrap();
        for place in 0..key.len() {
            let mut damaged = key.as_bytes().to_vec();
            damaged[place] = if damaged[place] == b'7' { b'8' } else { b'7' };
            let text = format!("{HEADER}\n{}\n", String::from_utf8(damaged).unwrap());
            assert!(parse(&text).is_err(), "{place}");
        }
    }

    #[test]
    fn a_fault_names_no_key() {
        let good = write(&keys(&[3]));
        let key = good.lines().last().unwrap().split_once(' ').unwrap().1;
        let fault = parse(&format!("{HEADER}\n0 {key}\n")).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains(key));
    }
}
