//! What comes in beside the arguments: passwords.
//!
//! A password is never an argument, is never echoed and never stands in a message.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;

use super::args::PasswordArgs;
use super::failure::Failure;
use crate::command::PasswordInput;
use crate::domain::secret::Secret;

/// Longer than any password that an operation takes.
const LONGEST: u64 = 4_096;

/// Asks a person.
pub(super) trait Prompt {
    /// Asks for something that is not echoed.
    fn ask(&mut self, question: &str) -> io::Result<Secret>;
}

/// Standard input, and the person in front of it if there is one.
pub(super) struct Input {
    /// Standard input.
    pub(super) stdin: Box<dyn Read>,
    /// The terminal.
    pub(super) person: Option<Box<dyn Prompt>>,
}

impl Input {
    /// The password that the arguments name the source of; asked for if they name none and somebody
    /// is there to answer.
    ///
    /// `None` if there is no source, or the person answers with nothing.
    pub(super) fn password(
        &mut self,
        args: PasswordArgs,
        question: &str,
    ) -> Result<Option<PasswordInput>, Failure> {
        let change_required = args.change_required;
        let password = if let Some(hash) = args.password_hash {
            return Ok(Some(PasswordInput::Hashed {
                hash,
                change_required,
            }));
        } else if let Some(path) = args.password_file {
            Some(from_file(&path)?)
        } else if args.password_stdin {
            Some(
                first_line(&mut *self.stdin)
                    .context("cannot read the password from standard input")?,
            )
        } else if let Some(person) = &mut self.person {
            asked(&mut **person, question)?
        } else {
            None
        };
        Ok(password.map(|password| PasswordInput::Plain {
            password,
            change_required,
        }))
    }
}

fn from_file(path: &Path) -> Result<Secret, Failure> {
    let read = std::fs::File::open(path).and_then(|mut file| first_line(&mut file));
    Ok(read.with_context(|| format!("cannot read the password file: `{}`", path.display()))?)
}

/// All of it, without the line break that editors and `echo` leave at the end.
fn first_line(source: &mut dyn Read) -> io::Result<Secret> {
    // Large enough from the start, so that growing leaves no copies behind.
    let mut text = String::with_capacity(4_096 + 1);
    source.take(LONGEST + 1).read_to_string(&mut text)?;
    let end = text.strip_suffix('\n').map_or(text.len(), str::len);
    text.truncate(end);
    let end = text.strip_suffix('\r').map_or(text.len(), str::len);
    text.truncate(end);
    let password = Secret::new(text);
    let lines = password.expose().contains('\n');
    if password.is_empty() || lines || password.expose().len() as u64 > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it must hold one line with a password",
        ));
    }
    Ok(password)
}

fn asked(person: &mut dyn Prompt, question: &str) -> Result<Option<Secret>, Failure> {
    let unreadable = "cannot ask for the password on the terminal";
    let ask = |person: &mut dyn Prompt, question: &str| {
        person
            .ask(question)
            .context(unreadable)
            .map_err(|error| Failure::new(error).hint("pipe it in with `--password-stdin`"))
    };
    let password = ask(person, question)?;
    if password.is_empty() {
        return Ok(None);
    }
    let again = ask(person, "Again")?;
    if password.expose() == again.expose() {
        Ok(Some(password))
    } else {
        Err(Failure::message("the two passwords differ"))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::domain::secret::HashText;

    /// Answers with what it is given, and notes what it was asked.
    #[derive(Clone, Default)]
    struct Person {
        answers: Vec<&'static str>,
        asked: Rc<RefCell<Vec<String>>>,
    }

    impl Prompt for Person {
        fn ask(&mut self, question: &str) -> io::Result<Secret> {
            self.asked.borrow_mut().push(question.to_owned());
            Ok(Secret::new(self.answers.remove(0).to_owned()))
        }
    }

    /// The password or hash that is read, or the words of the failure.
    fn read(
        args: PasswordArgs,
        stdin: &str,
        person: Option<Person>,
    ) -> Result<Option<String>, String> {
        let mut input = Input {
            stdin: Box::new(io::Cursor::new(stdin.to_owned())),
            person: person.map(|person| -> Box<dyn Prompt> { Box::new(person) }),
        };
        match input.password(args, "Password") {
            Ok(Some(PasswordInput::Plain { password, .. })) => {
                Ok(Some(password.expose().to_owned()))
            }
            Ok(Some(PasswordInput::Hashed { hash, .. })) => Ok(Some(hash.as_str().to_owned())),
            Ok(None) => Ok(None),
            Err(failure) => Err(failure.to_string()),
        }
    }

    fn piped() -> PasswordArgs {
        PasswordArgs {
            password_stdin: true,
            ..PasswordArgs::default()
        }
    }

    #[test]
    fn one_line_is_read_without_its_end() {
        for (text, password) in [
            ("Secret123!", "Secret123!"),
            ("Secret123!\n", "Secret123!"),
            ("Secret123!\r\n", "Secret123!"),
            (" with blanks \n", " with blanks "),
        ] {
            assert_eq!(read(piped(), text, None), Ok(Some(password.to_owned())));
        }
        for text in ["", "\n", "one\ntwo\n", &"x".repeat(4_097)] {
            let error = read(piped(), text, None).unwrap_err();
            assert!(
                error.ends_with("it must hold one line with a password"),
                "{error}"
            );
            assert!(!error.contains("one\n") && !error.contains("xx"), "{error}");
        }
    }

    #[test]
    fn a_person_is_asked_twice() {
        let differ = "error: the two passwords differ".to_owned();
        for (answers, expected, questions) in [
            (
                vec!["Secret123!", "Secret123!"],
                Ok(Some("Secret123!".to_owned())),
                vec!["Password", "Again"],
            ),
            (vec![""], Ok(None), vec!["Password"]),
            (
                vec!["Secret123!", "secret123!"],
                Err(differ),
                vec!["Password", "Again"],
            ),
        ] {
            let person = Person {
                answers,
                ..Person::default()
            };
            assert_eq!(
                read(PasswordArgs::default(), "", Some(person.clone())),
                expected
            );
            assert_eq!(*person.asked.borrow(), questions);
        }
    }

    #[test]
    fn a_person_is_not_asked_for_what_the_arguments_say() {
        let args = PasswordArgs {
            password_hash: Some(HashText::new("$2y$x")),
            ..PasswordArgs::default()
        };
        let person = Person::default();
        assert_eq!(
            read(args, "", Some(person.clone())),
            Ok(Some("$2y$x".to_owned()))
        );
        assert!(person.asked.borrow().is_empty());
    }

    #[test]
    fn without_a_source_there_is_no_password() {
        assert_eq!(read(PasswordArgs::default(), "ignored", None), Ok(None));
    }

    #[test]
    fn a_missing_file_is_named() {
        let args = PasswordArgs {
            password_file: Some("/nonexistent/password".into()),
            ..PasswordArgs::default()
        };
        let error = read(args, "", None).unwrap_err();
        let expected = "error: cannot read the password file: `/nonexistent/password`\ncause: ";
        assert!(error.starts_with(expected), "{error}");
    }
}
