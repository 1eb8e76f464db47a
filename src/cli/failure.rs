//! What went wrong, in words for the person at the terminal.

use std::fmt;
use std::io;

use super::exit::Exit;
use crate::config::ConfigError;
use crate::error::Error;
use crate::ports::StoreError;

/// Why a command did not do what was asked, and what to do next.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// One sentence; its sources say why.
    pub(super) error: anyhow::Error,
    /// What to type or look at next.
    pub(super) hint: Option<String>,
}

impl Failure {
    /// The operation failed.
    pub(super) fn new(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Failed,
            error: error.into(),
            hint: None,
        }
    }

    /// The operation failed, in words of our own.
    pub(super) fn message(message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self::new(anyhow::Error::msg(message))
    }

    /// Arguments that do not fit each other or the situation.
    pub(super) fn usage(message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::message(message)
        }
    }

    /// With something to do next.
    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Whether the reader of our output went away (`bartizan session list | head`): nothing to tell.
    pub(super) fn is_closed_pipe(&self) -> bool {
        self.error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Failure {
    /// `error: …`, its causes, a blank line and the hint.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = self.error.to_string();
        write!(out, "error: {told}")?;
        for cause in self.error.chain().skip(1) {
            let cause = cause.to_string();
            // Many errors say their cause themselves.
            if !told.contains(&cause) {
                write!(out, "\ncause: {cause}")?;
                told = cause;
            }
        }
        match &self.hint {
            Some(hint) => write!(out, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let hint = error.id.and_then(next_step).map(str::to_owned);
        Self {
            hint,
            ..Self::new(error)
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(error)
    }
}

impl From<ConfigError> for Failure {
    /// Its text has a hint of its own. Trying again is of no use, so it counts as usage.
    fn from(error: ConfigError) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::new(error)
        }
    }
}

/// What to do about an error that people meet at the command line.
fn next_step(id: &str) -> Option<&'static str> {
    Some(match id {
        "QUERY-SFeaa" => {
            "list sessions with `bartizan session list`; what became of one that ended is in `bartizan events show session ID`"
        }
        "V3-DKcYh" => "find the user with `bartizan user list --search NAME`",
        "COMMAND-Df2f1" => {
            "only service users have tokens; add one with `bartizan user add machine --username NAME`"
        }
        "COMMAND-4m77G" => "list the tokens with `bartizan pat list USER`",
        "INSTANCE-4m0fS" | "Org-4N8es" => "list the roles with `bartizan member roles`",
        "DOMAIN-HuJf6" | "DOMAIN-co3Xw" | "DOMAIN-VoaRj" | "DOMAIN-ZBv4H" | "DOMAIN-ZDLwA" => {
            "the rules for passwords are in the section `policy.complexity` of `bartizan config show`"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user::UserError;

    #[test]
    fn failures_have_a_sentence_causes_and_a_hint() {
        insta::assert_snapshot!(
            Failure::message("no user has this id or login name: `mini`").hint("list them"),
            @r"
        error: no user has this id or login name: `mini`

        hint: list them
        "
        );
        insta::assert_snapshot!(
            Failure::from(Error::from(UserError::UnlockNotLocked)),
            @"error: User is not locked (COMMAND-olb9vb0oca)"
        );
        insta::assert_snapshot!(
            Failure::from(StoreError::Io("disk full".into())),
            @r"
        error: The store is not available, try again later (BTZ-St0re)
        cause: the database cannot be written
        cause: disk full
        "
        );
    }

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let error = anyhow::Error::msg("disk full").context("cannot write: disk full");
        assert_eq!(
            Failure::new(error).to_string(),
            "error: cannot write: disk full"
        );
    }

    #[test]
    fn a_reader_that_went_away_is_recognised() {
        let gone = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(gone.is_closed_pipe());
        assert!(!Failure::message("x").is_closed_pipe());
    }
}
