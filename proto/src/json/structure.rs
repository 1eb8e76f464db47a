//! Any JSON at all, as `google.protobuf.Struct`.

use super::decode::{Decoder, Result, VALUE};
use super::error::Problem;
use super::shape::Field;

/// The only field of `google.protobuf.Struct`, a map, and of
/// `google.protobuf.ListValue`.
const CONTENT: u32 = 1;

/// The fields of `google.protobuf.Value`.
mod value {
    pub(super) const NULL: u32 = 1;
    pub(super) const NUMBER: u32 = 2;
    pub(super) const STRING: u32 = 3;
    pub(super) const BOOL: u32 = 4;
    pub(super) const STRUCT: u32 = 5;
    pub(super) const LIST: u32 = 6;
}

impl Decoder<'_> {
    pub(super) fn structure(&mut self, field: &'static Field, depth: u32) -> Result {
        self.entries(field, CONTENT, depth, |this| {
            this.anything(field, VALUE, depth + 1)
        })
    }

    /// Any JSON, as a `google.protobuf.Value`.
    fn anything(&mut self, field: &'static Field, number: u32, depth: u32) -> Result {
        let offset = self.lexer.offset();
        let open = self.out.open(number);
        match self.lexer.peek() {
            Some(b'{') => {
                let object = self.out.open(value::STRUCT);
                self.structure(field, depth)?;
                self.out.close(object);
            }
            Some(b'[') => {
                let list = self.out.open(value::LIST);
                self.anythings(field, depth)?;
                self.out.close(list);
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = self
                    .lexer
                    .number()?
                    .parse::<f64>()
                    .ok()
                    .filter(|n| n.is_finite());
                let wrong = || self.lexer.error(Problem::Value(field), offset);
                self.out.double(value::NUMBER, number.ok_or_else(wrong)?);
            }
            _ if self.lexer.literal("null") => self.out.varint(value::NULL, 0),
            _ => match self.boolean()? {
                Some(truth) => self.out.varint(value::BOOL, u64::from(truth)),
                None => self
                    .out
                    .bytes(value::STRING, self.lexer.string()?.as_bytes()),
            },
        }
        self.out.close(open);
        Ok(())
    }

    fn anythings(&mut self, field: &'static Field, depth: u32) -> Result {
        self.lexer.check_depth(depth)?;
        self.lexer.expect(b'[')?;
        let mut first = true;
        while self.lexer.more(&mut first, b']')? {
            self.anything(field, CONTENT, depth + 1)?;
        }
        Ok(())
    }
}
