//! Cuts a text into the parts of JSON, strictly by RFC 8259.

use std::borrow::Cow;

use super::MAX_DEPTH;
use super::error::{JsonError, Problem};

pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Offset in bytes of what comes next.
    at: usize,
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The first byte of what comes next, white space left out.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().take_while(|byte| is_space(**byte)).count();
        self.byte()
    }

    /// The offset of what [`peek`](Self::peek) shows.
    pub(super) fn offset(&mut self) -> usize {
        self.peek();
        self.at
    }

    pub(super) fn error(&self, problem: Problem, offset: usize) -> JsonError {
        JsonError::at(problem, self.text, offset)
    }

    /// What comes next is not what must come.
    pub(super) fn unexpected(&mut self) -> JsonError {
        let problem = match self.peek() {
            None => Problem::End,
            Some(b'"') => Problem::Unexpected("string"),
            Some(b'-' | b'0'..=b'9') => Problem::Unexpected("number"),
            Some(b'{') => Problem::Unexpected("token {"),
            Some(b'}') => Problem::Unexpected("token }"),
            Some(b'[') => Problem::Unexpected("token ["),
            Some(b']') => Problem::Unexpected("token ]"),
            Some(b',') => Problem::Unexpected("token ,"),
            Some(b':') => Problem::Unexpected("token :"),
            Some(_) if self.rest().starts_with("null") => Problem::Unexpected("token null"),
            Some(_) if self.rest().starts_with("true") => Problem::Unexpected("token true"),
            Some(_) if self.rest().starts_with("false") => Problem::Unexpected("token false"),
            Some(_) => Problem::Unexpected("character"),
        };
        self.error(problem, self.at)
    }

    /// Takes `token` if it comes next.
    pub(super) fn take(&mut self, token: u8) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, token: u8) -> Result<(), JsonError> {
        if self.take(token) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        if self.peek().is_none() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Goes to the next member of an object or array, whose opening token was
    /// taken; false once the closing one is.
    pub(super) fn more(&mut self, first: &mut bool, close: u8) -> Result<bool, JsonError> {
        if self.take(close) {
            return Ok(false);
        }
        // A closing token after the comma is then no value and no name.
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// The name of a member and the colon after it.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let key = self.string()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Takes one of `null`, `true` and `false` if it comes next.
    pub(super) fn literal(&mut self, word: &str) -> bool {
        self.peek();
        let found = self
            .rest()
            .strip_prefix(word)
            .is_some_and(|after| !continues(after));
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn number(&mut self) -> Result<&'a str, JsonError> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.unexpected());
        }
        let length = number_length(self.rest());
        let (number, after) = self.rest().split_at_checked(length).unwrap_or_default();
        if number.is_empty() || continues(after) {
            return Err(self.error(Problem::Malformed("number"), self.at));
        }
        self.at += length;
        Ok(number)
    }

    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        if !self.take(b'"') {
            return Err(self.unexpected());
        }
        let plain = self.plain();
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(self.error(Problem::Malformed("character in string"), self.at));
                }
                None => return Err(self.error(Problem::End, self.at)),
            }
            text.push_str(self.plain());
        }
    }

    /// What comes before the next quote, backslash or control character.
    fn plain(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| is_plain(*byte)).count();
        let plain = rest.get(..length).unwrap_or_default();
        self.at += plain.len();
        plain
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 2;
        let short = match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode().ok_or_else(|| self.bad_escape(start)),
            Some(_) => return Err(self.bad_escape(start)),
            None => return Err(self.error(Problem::End, start + 1)),
        };
        Ok(short)
    }

    /// The character after `\u`, which may need a second `\u` for its other
    /// half.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        let second = if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            Some(self.hex()?)
        } else {
            None
        };
        char::decode_utf16(std::iter::once(first).chain(second))
            .next()?
            .ok()
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        self.at += 4;
        u16::from_str_radix(digits, 16).ok().filter(|_| all_hex)
    }

    fn bad_escape(&self, start: usize) -> JsonError {
        self.error(Problem::Malformed("escape code in string"), start)
    }

    /// Passes over any value, which lies `depth` levels deep.
    pub(super) fn skip(&mut self, depth: u32) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'{') => self.skip_members(b'}', depth),
            Some(b'[') => self.skip_members(b']', depth),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            _ if self.literal("null") || self.literal("true") || self.literal("false") => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn skip_members(&mut self, close: u8, depth: u32) -> Result<(), JsonError> {
        self.check_depth(depth)?;
        self.at += 1;
        let mut first = true;
        while self.more(&mut first, close)? {
            if close == b'}' {
                self.key()?;
            }
            self.skip(depth + 1)?;
        }
        Ok(())
    }

    /// An object or array that lies `depth` levels deep may begin here.
    pub(super) fn check_depth(&mut self, depth: u32) -> Result<(), JsonError> {
        if depth < MAX_DEPTH {
            return Ok(());
        }
        let offset = self.offset();
        Err(self.error(Problem::Depth, offset))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// Whether a byte of a string stands for itself.
const fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

/// Whether a number or word would go on here, and so is none.
fn continues(after: &str) -> bool {
    let next = after.bytes().next();
    next.is_some_and(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
    })
}

/// How many bytes of `text`, from its start, are a number; 0 if none are.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes.get(at) == Some(&b'0')) {
        return 0;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return 0;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return 0;
        }
        at += 1 + sign + exponent;
    }
    at
}
