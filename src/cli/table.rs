//! Tables for people: aligned columns and nothing else.

use std::borrow::Cow;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::record::{Row, Sheet};

/// How wide a table may be whose last column is a long list.
const WIDTH: u16 = 100;

/// How wide the columns of an earlier table were, so that more rows can follow below it.
pub(super) type Widths = Vec<u16>;

/// Rows under their heads.
pub(super) fn rows<R: Row>(rows: &[R]) -> String {
    finish(filled(rows).set_header(R::COLUMNS))
}

/// As [`rows`], with long cells broken into lines.
pub(super) fn wrapped<R: Row>(rows: &[R]) -> String {
    finish(
        filled(rows)
            .set_header(R::COLUMNS)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(WIDTH),
    )
}

/// Rows that come piece by piece: the heads stand above the first of them, and columns only grow.
pub(super) fn more_rows<R: Row>(rows: &[R], widths: &mut Widths) -> String {
    let mut table = filled(rows);
    if widths.is_empty() {
        table.set_header(R::COLUMNS);
    }
    let known = widths.iter().chain(std::iter::repeat(&0));
    *widths = table
        .column_max_content_widths()
        .into_iter()
        .zip(known)
        .map(|(width, known)| width.max(*known))
        .collect();
    for (column, width) in table.column_iter_mut().zip(widths.iter()) {
        // The width of a column includes what stands between it and the next.
        let width = width.saturating_add(column.padding_width());
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    finish(&table)
}

/// Names and values.
pub(super) fn sheet(sheet: &impl Sheet) -> String {
    let mut table = empty();
    for (name, value) in sheet.fields() {
        if let Some(value) = value {
            table.add_row([name.into(), visible(&value)]);
        }
    }
    tighten(&mut table);
    finish(&table)
}

fn filled<R: Row>(rows: &[R]) -> Table {
    let mut table = empty();
    for row in rows {
        let cells = row.cells();
        table.add_row(cells.iter().map(|cell| visible(cell)));
    }
    table.discover_columns();
    tighten(&mut table);
    table
}

fn empty() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Two blanks between columns, none before the first.
fn tighten(table: &mut Table) {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
}

fn finish(table: &Table) -> String {
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Clients choose names and device descriptions: what would steer the terminal, turn the direction
/// of reading around or break the line is shown as its number.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something else than being seen.
pub(super) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_client_wrote_steers_the_terminal() {
        for (text, shown) in [
            ("mini", "mini"),
            ("\u{c4}nne", "\u{c4}nne"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("txt.\u{202e}gnp", "txt.\\u{202e}gnp"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }
}
