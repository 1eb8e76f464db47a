//! Writes the binary form.

/// How the value of a field is laid out.
#[derive(Clone, Copy)]
enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
}

/// Bytes kept free for a length that is not known yet: enough for 32 bits.
const LENGTH_BYTES: usize = 5;

#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

/// Where a length has still to be written.
#[must_use]
pub(super) struct Open(usize);

impl Writer {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn varint(&mut self, field: u32, value: u64) {
        self.tag(field, WireType::Varint);
        self.raw(value);
    }

    /// Negative numbers take ten bytes, as the format wants.
    pub(super) fn signed(&mut self, field: u32, value: i64) {
        self.varint(field, value.cast_unsigned());
    }

    pub(super) fn double(&mut self, field: u32, value: f64) {
        self.tag(field, WireType::Fixed64);
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, WireType::Length);
        self.raw(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    /// Begins a message inside this one.
    pub(super) fn open(&mut self, field: u32) -> Open {
        self.tag(field, WireType::Length);
        let start = self.bytes.len();
        self.bytes.extend([0; LENGTH_BYTES]);
        Open(start)
    }

    /// Ends it. The length is padded with zero groups to the room it was
    /// given, so that nothing written since has to move.
    pub(super) fn close(&mut self, Open(start): Open) {
        let end = start + LENGTH_BYTES;
        let mut length = self.bytes.len() - end;
        for (place, byte) in (0..).zip(self.bytes.iter_mut().skip(start).take(LENGTH_BYTES)) {
            let more = if place + 1 < LENGTH_BYTES { 0x80 } else { 0 };
            *byte = low_bits(length as u64) | more;
            length >>= 7;
        }
    }

    fn tag(&mut self, field: u32, kind: WireType) {
        self.raw(u64::from(field) << 3 | kind as u64);
    }

    fn raw(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(low_bits(value) | 0x80);
            value >>= 7;
        }
        self.bytes.push(low_bits(value));
    }
}

fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}
