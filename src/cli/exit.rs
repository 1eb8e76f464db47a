//! Exit codes: what scripts and service managers see.

use std::process::ExitCode;

/// How the program ended. The numbers are a promise; [`HELP`] tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// It did what was asked.
    Done,
    /// It could not.
    Failed,
    /// Arguments or configuration cannot be used: trying again is of no use.
    Usage,
    /// `verify` or `doctor` found something.
    Findings,
    /// Another server has the data directory.
    Locked,
}

/// The table of exit codes at the end of `--help`.
pub(super) const HELP: &str = "\
Data goes to standard output, everything else to standard error.

Exit codes:
  0  done
  1  the operation failed
  2  arguments or configuration cannot be used
  3  `verify` or `doctor` found something
  4  another server is using the data directory";

impl Exit {
    /// The number.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Locked => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_tells_every_code() {
        for exit in [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Findings,
            Exit::Locked,
        ] {
            assert!(HELP.contains(&format!("\n  {}  ", exit.code())), "{exit:?}");
        }
    }
}
