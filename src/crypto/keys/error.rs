//! Why a key file could not be used. No message contains anything of the file's content.

use std::io;
use std::path::PathBuf;

/// Why the key file could not be loaded or created.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error("there is no key file: `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It is there and cannot be read.
    #[error("the key file cannot be read: `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is a directory, a socket or the like.
    #[error("the key file is not a regular file: `{}`", path.display())]
    NotAFile {
        /// Which file.
        path: PathBuf,
    },
    /// Others than its owner may use it.
    #[error("the key file is open to others: `{}` has mode {mode:04o}, needs 0600", path.display())]
    Permissions {
        /// Which file.
        path: PathBuf,
        /// The mode that it has.
        mode: u32,
    },
    /// Its content is not what a key file contains.
    #[error("the key file is malformed: `{}`", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyFault,
    },
    /// It could not be written.
    #[error("the key file cannot be created: `{}`", path.display())]
    Uncreatable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gave no random bytes to make a key of.
    #[error("the system's random source failed")]
    Random,
}

/// What is wrong with the content of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The first line is not that of a key file.
    #[error("the first line is not `bartizan-key 1`")]
    Header,
    /// The first line names a format that this program does not know.
    #[error("it was written by a newer version of the program")]
    Newer,
    /// It is larger than a key file ever is.
    #[error("it is too large")]
    TooLarge,
    /// It is not text.
    #[error("it is not text")]
    NotText,
    /// A line is not an id and a key.
    #[error("line {line} is not an id and a key")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// A key does not have 32 bytes.
    #[error("the key in line {line} does not have 32 bytes")]
    Length {
        /// The line, from 1.
        line: usize,
    },
    /// A key is not the one that its id was made of: a slip of the hand or of the disk.
    #[error("the key in line {line} does not belong to its id")]
    Id {
        /// The line, from 1.
        line: usize,
    },
    /// A key stands there twice.
    #[error("the key in line {line} is there twice")]
    Twice {
        /// The line, from 1.
        line: usize,
    },
    /// There is no key in it.
    #[error("there is no key in it")]
    Empty,
}
