//! `completions` and `man`: what packages ship beside the program.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;

const NAME: &str = "bartizan";

/// Prints the completions of a shell.
pub(super) fn completions(shell: Shell, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Writes the manual, a page for the program and one for each command.
pub(super) fn man(directory: &Path, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let shown = directory.display();
    fs::create_dir_all(directory).with_context(|| format!("cannot make: `{shown}`"))?;
    // `help` would have a page for each command again.
    let command = Cli::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, directory)
        .with_context(|| format!("cannot write the manual into: `{shown}`"))?;
    output.message(&format!("wrote the manual: `{shown}`"))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::fixtures::written;

    #[test]
    fn every_shell_has_completions_that_name_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish] {
            let (script, messages) = written(Format::Table, |output| {
                completions(shell, output).unwrap();
            });
            assert_eq!(messages, "");
            for word in ["serve", "rotate-key", "doctor", "--data-dir"] {
                let word = word.trim_start_matches('-');
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }

    #[test]
    fn every_command_has_a_page() {
        let directory = tempfile::tempdir().unwrap();
        let (data, messages) = written(Format::Table, |output| {
            man(&directory.path().join("man1"), output).unwrap();
        });
        assert_eq!(data, "");
        assert!(messages.starts_with("wrote the manual: "), "{messages}");
        for page in [
            "bartizan.1",
            "bartizan-serve.1",
            "bartizan-events-archive.1",
            "bartizan-user-add-human.1",
        ] {
            let text = fs::read_to_string(directory.path().join("man1").join(page)).unwrap();
            assert!(text.contains(".TH"), "{page}");
        }
    }
}
