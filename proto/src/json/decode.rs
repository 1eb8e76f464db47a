//! Turns JSON into the binary form of a message.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::error::{JsonError, Problem};
use super::lexer::Lexer;
use super::scalar;
use super::shape::{Field, Kind, Many, Scalar, Shape};
use super::wire::Writer;

/// The fields of an entry of a map.
const KEY: u32 = 1;
pub(super) const VALUE: u32 = 2;

/// The fields of `google.protobuf.Timestamp` and `google.protobuf.Duration`.
const SECONDS: u32 = 1;
const NANOS: u32 = 2;

pub(super) type Result<T = ()> = std::result::Result<T, JsonError>;

pub(super) struct Decoder<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) out: Writer,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            lexer: Lexer::new(text),
            out: Writer::with_capacity(text.len()),
        }
    }

    /// Reads one message, and nothing after it.
    pub(super) fn run(mut self, shape: &'static Shape) -> Result<Vec<u8>> {
        self.message(shape, 0)?;
        self.lexer.end()?;
        Ok(self.out.finish())
    }

    /// `depth` counts the objects and arrays around it.
    fn message(&mut self, shape: &'static Shape, depth: u32) -> Result {
        self.lexer.check_depth(depth)?;
        self.lexer.expect(b'{')?;
        // Fields that were named, and those of them that were given a value.
        let (mut named, mut set, mut first) = (0, 0, true);
        while self.lexer.more(&mut first, b'}')? {
            let offset = self.lexer.offset();
            let name = self.lexer.key()?;
            let Some((bit, field)) = shape.find(&name) else {
                self.lexer.skip(depth + 1)?;
                continue;
            };
            if named & bit != 0 {
                return Err(self.lexer.error(Problem::Duplicate(field), offset));
            }
            named |= bit;
            if self.lexer.literal("null") {
                continue;
            }
            if let Some(oneof) = field.oneof
                && set & oneof.members != 0
            {
                return Err(self
                    .lexer
                    .error(Problem::Oneof(shape, field, oneof.name), offset));
            }
            set |= bit;
            match field.many {
                Many::One => self.value(field, field.number, depth + 1)?,
                Many::List => self.list(field, depth + 1)?,
                Many::Map => self.map(field, depth + 1)?,
            }
        }
        Ok(())
    }

    fn list(&mut self, field: &'static Field, depth: u32) -> Result {
        self.lexer.check_depth(depth)?;
        self.lexer.expect(b'[')?;
        let mut first = true;
        while self.lexer.more(&mut first, b']')? {
            self.value(field, field.number, depth + 1)?;
        }
        Ok(())
    }

    fn map(&mut self, field: &'static Field, depth: u32) -> Result {
        self.entries(field, field.number, depth, |this| {
            this.value(field, VALUE, depth + 1)
        })
    }

    /// The members of an object whose names are data.
    pub(super) fn entries(
        &mut self,
        field: &'static Field,
        number: u32,
        depth: u32,
        mut entry: impl FnMut(&mut Self) -> Result,
    ) -> Result {
        self.lexer.check_depth(depth)?;
        self.lexer.expect(b'{')?;
        let (mut keys, mut first) = (BTreeSet::<Cow<'a, str>>::new(), true);
        while self.lexer.more(&mut first, b'}')? {
            let offset = self.lexer.offset();
            let key = self.lexer.key()?;
            let open = self.out.open(number);
            self.out.bytes(KEY, key.as_bytes());
            if !keys.insert(key) {
                return Err(self.lexer.error(Problem::DuplicateKey(field), offset));
            }
            entry(self)?;
            self.out.close(open);
        }
        Ok(())
    }

    /// One value of the field's kind, written under `number`.
    fn value(&mut self, field: &'static Field, number: u32, depth: u32) -> Result {
        let offset = self.lexer.offset();
        match field.kind {
            Kind::Message(shape) => {
                let open = self.out.open(number);
                self.message(shape, depth)?;
                self.out.close(open);
            }
            Kind::Struct => {
                let open = self.out.open(number);
                self.structure(field, depth)?;
                self.out.close(open);
            }
            Kind::Scalar(kind) => {
                if self.scalar(kind, number)?.is_none() {
                    return Err(self.lexer.error(Problem::Value(field), offset));
                }
            }
        }
        Ok(())
    }

    /// `None` if what is there is JSON, but not a value of this kind.
    fn scalar(&mut self, kind: Scalar, number: u32) -> Result<Option<()>> {
        let written = match kind {
            Scalar::Bool => self
                .boolean()?
                .map(|value| self.out.varint(number, u64::from(value))),
            Scalar::Int32 => self
                .integer::<i32>()?
                .map(|value| self.out.signed(number, value.into())),
            Scalar::Uint32 => self
                .integer::<u32>()?
                .map(|value| self.out.varint(number, value.into())),
            Scalar::Uint64 => self
                .integer::<u64>()?
                .map(|value| self.out.varint(number, value)),
            Scalar::String => self
                .text()?
                .map(|text| self.out.bytes(number, text.as_bytes())),
            Scalar::Bytes => {
                let bytes = self.text()?.and_then(|text| scalar::bytes(&text));
                bytes.map(|bytes| self.out.bytes(number, &bytes))
            }
            Scalar::Timestamp => {
                let time = self.text()?.and_then(|text| scalar::timestamp(&text));
                time.map(|time| self.seconds(number, time))
            }
            Scalar::Duration => {
                let duration = self.text()?.and_then(|text| scalar::duration(&text));
                duration.map(|duration| self.seconds(number, duration))
            }
            Scalar::Enum(values) => match self.text()? {
                // A name that is not known is passed over, as an unknown field
                // would be; a number is kept whatever it is.
                Some(name) => {
                    if let Some(value) = values.number(&name) {
                        self.out.signed(number, value.into());
                    }
                    Some(())
                }
                None => self
                    .plain_integer::<i32>()?
                    .map(|value| self.out.signed(number, value.into())),
            },
        };
        Ok(written)
    }

    fn seconds(&mut self, number: u32, (seconds, nanos): (i64, i32)) {
        let open = self.out.open(number);
        self.out.signed(SECONDS, seconds);
        self.out.signed(NANOS, nanos.into());
        self.out.close(open);
    }

    /// `None` if something else than a string is there.
    fn text(&mut self) -> Result<Option<Cow<'a, str>>> {
        if self.starts_value(b'"')? {
            self.lexer.string().map(Some)
        } else {
            Ok(None)
        }
    }

    /// An integer, as a number or in a string.
    fn integer<T: TryFrom<i128>>(&mut self) -> Result<Option<T>> {
        let value = match self.text()? {
            Some(text) => scalar::quoted_integer(&text),
            None => return self.plain_integer(),
        };
        Ok(value.and_then(|value| T::try_from(value).ok()))
    }

    fn plain_integer<T: TryFrom<i128>>(&mut self) -> Result<Option<T>> {
        if !matches!(self.lexer.peek(), Some(b'-' | b'0'..=b'9')) {
            return Ok(None);
        }
        let value = scalar::integer(self.lexer.number()?);
        Ok(value.and_then(|value| T::try_from(value).ok()))
    }

    pub(super) fn boolean(&mut self) -> Result<Option<bool>> {
        if self.lexer.literal("true") {
            return Ok(Some(true));
        }
        if self.lexer.literal("false") {
            return Ok(Some(false));
        }
        self.starts_value(b'"').map(|_| None)
    }

    /// Whether what comes next begins with `token`; an error if it cannot
    /// begin any value.
    fn starts_value(&mut self, token: u8) -> Result<bool> {
        match self.lexer.peek() {
            Some(next) if next == token => Ok(true),
            Some(b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Ok(false),
            _ => Err(self.lexer.unexpected()),
        }
    }
}
