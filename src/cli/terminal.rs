//! The terminal, with its echo switched off while a password is typed.
//!
//! The standard library cannot switch the echo off and unsafe code is forbidden here, so POSIX's
//! `stty` does it. Where there is none (a container with nothing but this program) nothing is asked.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::input::Prompt;
use super::table::visible;
use crate::domain::secret::Secret;

/// The terminal that controls this process, whatever its standard streams are.
#[derive(Debug)]
pub(super) struct Terminal;

impl Prompt for Terminal {
    fn ask(&mut self, question: &str) -> io::Result<Secret> {
        let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let silence = Silence::begin(&terminal)?;
        write!(terminal, "{}: ", visible(question))?;
        let mut line = String::with_capacity(4_096);
        BufReader::new(&terminal).read_line(&mut line)?;
        silence.end()?;
        // The line break that was typed was not echoed either.
        writeln!(terminal)?;
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(Secret::new(line))
    }
}

/// Echo is off while this lives.
struct Silence {
    terminal: File,
    before: String,
    over: bool,
}

impl Silence {
    fn begin(terminal: &File) -> io::Result<Self> {
        let terminal = terminal.try_clone()?;
        let before = stty(&terminal, &["-g"])?;
        stty(&terminal, &["-echo"])?;
        Ok(Self {
            terminal,
            before,
            over: false,
        })
    }

    fn end(mut self) -> io::Result<()> {
        self.over = true;
        stty(&self.terminal, &[self.before.trim()]).map(drop)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if !self.over {
            // An error is on its way already; there is nobody to tell another one to.
            drop(stty(&self.terminal, &[self.before.trim()]));
        }
    }
}

fn stty(terminal: &File, args: &[&str]) -> io::Result<String> {
    let made = Command::new("stty")
        .args(args)
        .stdin(Stdio::from(terminal.try_clone()?))
        .stderr(Stdio::null())
        .output()?;
    if made.status.success() {
        Ok(String::from_utf8_lossy(&made.stdout).into_owned())
    } else {
        Err(io::Error::other("`stty` failed"))
    }
}
