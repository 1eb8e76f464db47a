//! How the parts of JSON are written.

use std::io;

use serde_json::ser::{CompactFormatter, Formatter};

/// Without white space, and with whole numbers written as such.
///
/// The numbers of a `google.protobuf.Struct` are doubles, but what is in it
/// are options for a browser or an app, whose `-7` or `300000` may be read
/// into an integer; `-7.0` would not fit there.
pub(super) struct Compact;

/// From here on a double is written with an exponent.
const LONGEST_WHOLE: f64 = 1e21;

impl Formatter for Compact {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value.fract() == 0.0 && value.abs() < LONGEST_WHOLE {
            write!(writer, "{value}")
        } else {
            CompactFormatter.write_f64(writer, value)
        }
    }
}
