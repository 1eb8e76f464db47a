//! What a disk may hold when the power fails (security.md section 1, row 11).
//!
//! Everything that a finished sync covers is there. Of what was written since, each piece may be there
//! or not, whatever the order, and whole or torn; a file that was made may have no name yet. What a
//! failed sync should have written may be lost for good, whatever is synced later: that is what
//! systems do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const WRITE: u32 = 1;
const TRUNCATE: u32 = 2;
const SYNCED: u32 = 4;
const SYNC_FAILED: u32 = 5;
const CREATE: u32 = 6;
const UNLINK: u32 = 7;

const DATABASE: u32 = 1;
const FOLDER: u32 = 5;

/// The files that a power failure leaves; the index of the log is made anew.
const FILES: &[(u32, &str)] = &[
    (DATABASE, "bartizan.db"),
    (2, "bartizan.db-wal"),
    (4, "bartizan.db-journal"),
];

/// Of which a disk writes all or nothing, or tears even them.
const SECTOR: usize = 512;

/// Numbers that look random and are the same in every run.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below the limit.
    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    const fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// An operation of the record.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) number: u64,
    kind: u32,
    file: u32,
    /// Of a write; of a truncation the length, of a sync the number of its begin.
    offset: u64,
    bytes: Vec<u8>,
}

impl Operation {
    /// Whether it writes to the database itself, and not to its log.
    pub(crate) const fn is_of_the_database(&self) -> bool {
        self.kind == WRITE && self.file == DATABASE
    }
}

/// Reads what the library has recorded.
pub(crate) fn operations(record: &Path) -> Vec<Operation> {
    let bytes = fs::read(record).unwrap();
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, behind) = rest.split_at(32);
        let number = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().unwrap());
        let small = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
        let (bytes, behind) = behind.split_at(usize::try_from(number(24)).unwrap());
        found.push(Operation {
            number: number(0),
            kind: small(8),
            file: small(12),
            offset: number(16),
            bytes: bytes.to_vec(),
        });
        rest = behind;
    }
    found
}

/// What becomes of what no sync covers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Luck {
    /// All of it is lost.
    None,
    /// All of it is there.
    All,
    /// Some of it is there, some is lost, some is torn.
    Some,
}

/// A file on the disk.
#[derive(Debug, Clone, Default)]
struct Stored {
    named: bool,
    bytes: Vec<u8>,
}

/// A disk, as far as one may rely on it, and what is under way to it.
#[derive(Debug)]
pub(crate) struct Disk<'r> {
    durable: BTreeMap<u32, Stored>,
    pending: Vec<&'r Operation>,
    /// What becomes of what a failed sync should have written.
    failed: Luck,
}

impl<'r> Disk<'r> {
    /// The files of a data directory that nobody has open.
    pub(crate) fn of(data_dir: &Path, failed: Luck) -> Self {
        let stored = |name: &str| match fs::read(data_dir.join(name)) {
            Ok(bytes) => Stored { named: true, bytes },
            Err(_) => Stored::default(),
        };
        Self {
            durable: FILES
                .iter()
                .map(|(file, name)| (*file, stored(name)))
                .collect(),
            pending: Vec::new(),
            failed,
        }
    }

    /// What was done next.
    pub(crate) fn take(&mut self, operation: &'r Operation, dice: &mut Dice) {
        let luck = match operation.kind {
            WRITE | TRUNCATE | CREATE | UNLINK => return self.pending.push(operation),
            SYNCED => Luck::All,
            SYNC_FAILED => self.failed,
            _ => return,
        };
        let names = operation.file == FOLDER;
        let covered = |pending: &Operation| {
            let of_folder = matches!(pending.kind, CREATE | UNLINK);
            pending.number < operation.offset
                && of_folder == names
                && (names || pending.file == operation.file)
        };
        for pending in self.pending.extract_if(.., |pending| covered(pending)) {
            reach(&mut self.durable, pending, luck, dice);
        }
    }

    /// What is found when the power is back, written into another directory.
    pub(crate) fn found_in(&self, data_dir: &Path, luck: Luck, dice: &mut Dice) {
        let mut found = self.durable.clone();
        for pending in &self.pending {
            reach(&mut found, pending, luck, dice);
        }
        for (file, name) in FILES {
            if let Some(stored) = found.get(file).filter(|stored| stored.named) {
                fs::write(data_dir.join(name), &stored.bytes).unwrap();
            }
        }
    }
}

/// An operation reaches the disk, or does not, or in part.
fn reach(disk: &mut BTreeMap<u32, Stored>, operation: &Operation, luck: Luck, dice: &mut Dice) {
    let torn = match luck {
        Luck::None => return,
        Luck::All => false,
        Luck::Some => match dice.below(10) {
            0..4 => return,
            4..8 => false,
            _ => true,
        },
    };
    let stored = disk.entry(operation.file).or_default();
    match operation.kind {
        CREATE => stored.named = true,
        UNLINK => *stored = Stored::default(),
        TRUNCATE => stored
            .bytes
            .resize(usize::try_from(operation.offset).unwrap(), 0),
        _ => put(stored, operation, torn, dice),
    }
}

fn put(stored: &mut Stored, write: &Operation, torn: bool, dice: &mut Dice) {
    let start = usize::try_from(write.offset).unwrap();
    let end = start + write.bytes.len();
    if stored.bytes.len() < end {
        stored.bytes.resize(end, 0);
    }
    let mut at = start;
    while at < end {
        let next = end.min((at / SECTOR + 1) * SECTOR);
        let mut length = next - at;
        if torn && dice.one_in(2) {
            // Most often a whole sector is missing, sometimes the rest of one.
            length = if dice.one_in(4) {
                usize::try_from(dice.below(length as u64)).unwrap()
            } else {
                0
            };
        }
        let piece = &write.bytes[at - start..at - start + length];
        stored.bytes[at..at + length].copy_from_slice(piece);
        at = next;
    }
}
