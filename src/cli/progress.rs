//! A bar on the terminal for what takes its time.

use std::io::Read;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;

/// What the bar looks like: spaces and signs that every terminal has.
const STYLE: &str = "{msg} [{bar:40}] {percent}% {eta} left";

/// Shows how much of how much has been done, and leaves nothing behind.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// On stderr, if that is a terminal and people read the data: programs are told nothing.
    pub(super) fn beside(output: &Output<'_>, what: &'static str) -> Self {
        Self::on(
            if output.is_for_people() {
                // Hidden by itself where it is no terminal.
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
            what,
        )
    }

    fn on(target: ProgressDrawTarget, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self(bar)
    }

    /// What is being done from now on.
    pub(super) fn name(&self, what: &'static str) {
        self.0.set_message(what);
    }

    /// The same bytes; how many of all of them have been read is shown.
    pub(super) fn reading<R: Read>(&self, reader: R, bytes: u64) -> impl Read {
        self.0.set_length(bytes);
        self.0.wrap_read(reader)
    }

    /// So much of so much has been done.
    pub(super) fn tell(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;
    use crate::cli::args::Format;
    use crate::cli::fixtures::written;

    /// A terminal that keeps what is written to it.
    #[derive(Debug, Clone, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn add(&self, text: &str) {
            self.0.lock().unwrap().push_str(text);
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.add(text);
            Ok(())
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.add(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.add("\n<cleared>\n");
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_moves_and_leaves_nothing_behind() {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let progress = Progress::on(target, "verifying");
        progress.tell(4_096, 16_384);
        let shown = screen.0.lock().unwrap().clone();
        let bar = format!("verifying [{}>{}] 25%", "=".repeat(10), " ".repeat(29));
        assert!(shown.contains(&bar), "{shown}");
        drop(progress);
        let shown = screen.0.lock().unwrap().clone();
        assert!(shown.ends_with("<cleared>\n"), "{shown}");
    }

    #[test]
    fn the_way_through_a_file_is_shown() {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let progress = Progress::on(target, "verifying");
        let mut read = Vec::new();
        let mut reader = progress.reading(&[7; 4_096][..], 8_192);
        reader.read_to_end(&mut read).unwrap();
        progress.0.force_draw();
        assert_eq!(read, [7; 4_096]);
        let shown = screen.0.lock().unwrap().clone();
        assert!(shown.contains("50%"), "{shown}");
    }

    #[test]
    fn programs_are_told_nothing() {
        let (data, messages) = written(Format::Json, |output| {
            let progress = Progress::beside(output, "verifying");
            assert!(progress.0.is_hidden());
            progress.tell(1, 2);
        });
        assert_eq!((data, messages), (String::new(), String::new()));
    }
}
