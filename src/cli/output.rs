//! Where words go: data to stdout, everything else to stderr.
//!
//! Everything is written through [`Output`], so that tests read what people read.

use std::io::{self, Write};

use serde::Serialize;

use super::args::Format;
use super::failure::Failure;
use super::record::{Row, Sheet};
use super::table::{self, Widths, steers, visible};

/// The two streams and the form of the data.
pub(super) struct Output<'a> {
    format: Format,
    data: &'a mut dyn Write,
    messages: &'a mut dyn Write,
    live: bool,
}

impl<'a> Output<'a> {
    /// Writes data in this form.
    pub(super) fn new(
        format: Format,
        data: &'a mut dyn Write,
        messages: &'a mut dyn Write,
    ) -> Self {
        Self {
            format,
            data,
            messages,
            live: false,
        }
    }

    /// With a person in front of stderr, who may be shown how far things are.
    #[must_use]
    pub(super) fn live(self, live: bool) -> Self {
        Self { live, ..self }
    }

    /// Whether people read the data.
    pub(super) fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// A list: a table, or an array. Of none, people are told in one sentence.
    pub(super) fn list<R: Row>(&mut self, rows: &[R], none: &str) -> io::Result<()> {
        self.list_as(rows, none, table::rows)
    }

    /// As [`list`](Self::list), with long cells broken into lines.
    pub(super) fn wrapped_list<R: Row>(&mut self, rows: &[R], none: &str) -> io::Result<()> {
        self.list_as(rows, none, table::wrapped)
    }

    fn list_as<R: Row>(
        &mut self,
        rows: &[R],
        none: &str,
        form: impl FnOnce(&[R]) -> String,
    ) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(rows),
            Format::Table if rows.is_empty() => {
                self.message(none);
                Ok(())
            }
            Format::Table => self.text(&form(rows)),
        }
    }

    /// A piece of a list without an end: rows of a table, or one object a line.
    pub(super) fn stream<R: Row>(&mut self, rows: &[R], widths: &mut Widths) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match self.format {
            Format::Json => {
                for row in rows {
                    let line = serde_json::to_string(row)?;
                    self.text(&format!("{}\n", escaped(&line)))?;
                }
            }
            Format::Table => self.text(&table::more_rows(rows, widths))?,
        }
        self.data.flush()
    }

    /// One thing: names and values, or an object.
    pub(super) fn show(&mut self, sheet: &impl Sheet) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(sheet),
            Format::Table => self.text(&table::sheet(sheet)),
        }
    }

    /// What a change came to: a sentence for people, a document for programs.
    pub(super) fn changed(
        &mut self,
        document: &(impl Serialize + ?Sized),
        sentence: &str,
    ) -> io::Result<()> {
        match self.format {
            Format::Json => self.json(document),
            Format::Table => {
                self.message(sentence);
                Ok(())
            }
        }
    }

    /// A JSON document, whatever the form.
    pub(super) fn json(&mut self, document: &(impl Serialize + ?Sized)) -> io::Result<()> {
        let text = serde_json::to_string_pretty(document)?;
        self.text(&format!("{}\n", escaped(&text)))
    }

    /// Data as it is.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        self.data.write_all(text.as_bytes())
    }

    /// A sentence on stderr, on one line whatever the names in it are.
    pub(super) fn message(&mut self, sentence: &str) {
        self.say(&visible(sentence));
    }

    /// What to do next, on stderr, below a blank line.
    pub(super) fn hint(&mut self, hint: &str) {
        self.say(&format!("\nhint: {}", visible(hint)));
    }

    /// What went wrong, on stderr.
    pub(super) fn failure(&mut self, failure: &Failure) {
        self.say(&failure.to_string());
    }

    /// With stderr gone there is nowhere left to say so, and what was done is done.
    fn say(&mut self, text: &str) {
        // On a terminal, what was written first stands first. Its errors come back at the end.
        self.data.flush().ok();
        writeln!(self.messages, "{text}").ok();
        self.messages.flush().ok();
    }

    /// How far things are, in place of what was said of it before; nothing ends it. Only for a person
    /// in front of it, and never worth failing for.
    pub(super) fn progress(&mut self, state: &str) {
        if self.live {
            // Back to the beginning of the line, and away with the rest of it.
            write!(self.messages, "\r{}\u{1b}[K", visible(state)).ok();
            self.messages.flush().ok();
        }
    }
}

/// JSON allows raw what can steer a terminal; only strings can hold it, so an escape is the same.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && steers(c) {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            text.extend(units.map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::cli::fixtures::written;

    /// Both streams in one place.
    struct Terminal(Rc<RefCell<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream whose reader went away.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[derive(Serialize)]
    struct Pair(&'static str, u8);

    impl Row for Pair {
        const COLUMNS: &'static [&'static str] = &["NAME", "NUMBER"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_owned(), self.1.to_string()]
        }
    }

    #[test]
    fn tables_have_aligned_columns_and_no_borders() {
        let rows = [Pair("one", 1), Pair("three", 3)];
        let (data, messages) = written(Format::Table, |output| output.list(&rows, "none").unwrap());
        assert_eq!(data, "NAME   NUMBER\none    1\nthree  3\n");
        assert_eq!(messages, "");
    }

    #[test]
    fn of_nothing_people_read_a_sentence_and_programs_an_empty_array() {
        let none: [Pair; 0] = [];
        let list = |output: &mut Output<'_>| output.list(&none, "no pairs").unwrap();
        assert_eq!(
            written(Format::Table, list),
            (String::new(), "no pairs\n".to_owned())
        );
        assert_eq!(
            written(Format::Json, list),
            ("[]\n".to_owned(), String::new())
        );
    }

    #[test]
    fn a_stream_keeps_its_columns_and_tells_their_heads_once() {
        let mut widths = Widths::new();
        let (data, _) = written(Format::Table, |output| {
            for piece in [
                vec![Pair("three", 3)],
                vec![],
                vec![Pair("one", 1)],
                vec![Pair("twelve", 12)],
            ] {
                output.stream(&piece, &mut widths).unwrap();
            }
        });
        assert_eq!(data, "NAME   NUMBER\nthree  3\none    1\ntwelve  12\n");
        let (data, _) = written(Format::Json, |output| {
            output
                .stream(&[Pair("a", 1), Pair("b", 2)], &mut widths)
                .unwrap();
        });
        assert_eq!(data, "[\"a\",1]\n[\"b\",2]\n");
    }

    #[test]
    fn a_name_cannot_forge_a_message() {
        let (_, messages) = written(Format::Table, |output| {
            output.message("locked: `a\nerror: b\u{1b}[2J`");
            output.hint("`a\nb`");
        });
        assert_eq!(
            messages,
            "locked: `a\\u{a}error: b\\u{1b}[2J`\n\nhint: `a\\u{a}b`\n"
        );
    }

    #[test]
    fn what_is_said_later_stands_below() {
        let terminal = Rc::new(RefCell::new(Vec::new()));
        let mut data = io::BufWriter::new(Terminal(Rc::clone(&terminal)));
        let mut messages = Terminal(Rc::clone(&terminal));
        let mut output = Output::new(Format::Table, &mut data, &mut messages);
        output.text("data\n").unwrap();
        output.message("message");
        assert_eq!(*terminal.borrow(), b"data\nmessage\n");
    }

    #[test]
    fn without_stderr_the_data_is_written_all_the_same() {
        let mut data = Vec::new();
        let mut gone = Gone;
        let mut output = Output::new(Format::Table, &mut data, &mut gone);
        output.message("message");
        output.text("data").unwrap();
        assert_eq!(data, b"data");
    }

    #[test]
    fn progress_is_for_people_in_front_of_a_terminal() {
        let (_, messages) = written(Format::Table, |output| output.progress("1 %"));
        assert_eq!(messages, "");
        let mut messages = Vec::new();
        let mut data = Vec::new();
        let mut output = Output::new(Format::Table, &mut data, &mut messages).live(true);
        output.progress("1 %");
        output.progress("");
        assert_eq!(messages, b"\r1 %\x1b[K\r\x1b[K");
    }

    #[test]
    fn json_holds_nothing_that_steers_a_terminal() {
        let (data, _) = written(Format::Json, |output| {
            output.json("\u{9b}31m\u{202e}").unwrap();
        });
        assert_eq!(data, "\"\\u009b31m\\u202e\"\n");
        assert_eq!(
            serde_json::from_str::<String>(&data).unwrap(),
            "\u{9b}31m\u{202e}"
        );
    }
}
