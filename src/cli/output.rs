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
        }
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
            Format::Table if rows.is_empty() => self.message(none),
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
            Format::Table => self.message(sentence),
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
    pub(super) fn message(&mut self, sentence: &str) -> io::Result<()> {
        writeln!(self.messages, "{}", visible(sentence))
    }

    /// What to do next, on stderr, below a blank line.
    pub(super) fn hint(&mut self, hint: &str) -> io::Result<()> {
        writeln!(self.messages, "\nhint: {}", visible(hint))
    }

    /// What went wrong, on stderr.
    pub(super) fn failure(&mut self, failure: &Failure) -> io::Result<()> {
        writeln!(self.messages, "{failure}")
    }

    /// Hands everything to the system.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.data.flush()?;
        self.messages.flush()
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
    use super::*;
    use crate::cli::fixtures::written;

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
            output.message("locked: `a\nerror: b\u{1b}[2J`").unwrap();
            output.hint("`a\nb`").unwrap();
        });
        assert_eq!(
            messages,
            "locked: `a\\u{a}error: b\\u{1b}[2J`\n\nhint: `a\\u{a}b`\n"
        );
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
