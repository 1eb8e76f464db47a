//! The library between the program and the system (`shim.c`): how it is built, and told what to do.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::place::Place;

/// What a call fails with.
pub(crate) const EIO: u32 = 5;
pub(crate) const EINTR: u32 = 4;
pub(crate) const ENOSPC: u32 = 28;
pub(crate) const EROFS: u32 = 30;

/// The files of a data directory, as bits of [`Field::Files`].
pub(crate) const DATABASE: u32 = 1 << 1;
pub(crate) const WAL: u32 = 1 << 2;
pub(crate) const SHARED_MEMORY: u32 = 1 << 3;
pub(crate) const ALL: u32 = u32::MAX;

/// A number in the control file, by its offset.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    WriteError = 0,
    SyncError = 4,
    OpenError = 8,
    Files = 12,
    Every = 16,
    Times = 20,
    SyncDelay = 24,
    ShortWrites = 28,
    Record = 32,
    Syncing = 36,
}

const CLOCK_OFFSET: u64 = 40;
const RECORDED: u64 = 48;
const FAILED: u64 = 56;

/// Where faults are ordered and operations recorded.
#[derive(Debug)]
pub(crate) struct Faults {
    control: File,
    folder: TempDir,
}

/// Compiles the library once; a C compiler is there, SQLite needs it too.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = folder.join("faults.so");
        let fresh = folder.join(format!("faults-{}.so", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.c");
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let status = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&fresh, &source])
            .args(["-ldl", "-lpthread"])
            .status()
            .unwrap();
        assert!(status.success(), "the C compiler fails");
        // In one step: another process may be loading it.
        fs::rename(&fresh, &library).unwrap();
        library
    })
}

impl Faults {
    /// A place whose programs run with the library, and what controls it.
    pub(crate) fn new(place: Place) -> (Place, Self) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        fs::write(&path, [0; 4096]).unwrap();
        let control = File::options().read(true).write(true).open(&path).unwrap();
        let faults = Self { control, folder };
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let data = text(&place.data_dir());
        let place = place
            .with("LD_PRELOAD", &text(library()))
            .with("FAULTS_CONTROL", &text(&path))
            .with("FAULTS_RECORD", &text(&faults.record()))
            .with("FAULTS_DIR", &data);
        (place, faults)
    }

    /// Where operations are recorded.
    pub(crate) fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    pub(crate) fn set(&self, field: Field, value: u32) {
        let bytes = value.to_ne_bytes();
        self.control.write_all_at(&bytes, field as u64).unwrap();
    }

    pub(crate) fn get(&self, field: Field) -> u32 {
        let mut bytes = [0; 4];
        self.control
            .read_exact_at(&mut bytes, field as u64)
            .unwrap();
        u32::from_ne_bytes(bytes)
    }

    fn number(&self, offset: u64) -> u64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, offset).unwrap();
        u64::from_ne_bytes(bytes)
    }

    /// From now on these files fail so; only writes, syncs or openings, as the field says.
    pub(crate) fn fail(&self, field: Field, error: u32, files: u32) {
        self.set(Field::Files, files);
        self.control.write_all_at(&[0; 8], FAILED).unwrap();
        self.set(field, error);
    }

    /// Everything works again; whether operations are recorded stays.
    pub(crate) fn mend(&self) {
        for field in [
            Field::WriteError,
            Field::SyncError,
            Field::OpenError,
            Field::Every,
            Field::Times,
            Field::SyncDelay,
            Field::ShortWrites,
        ] {
            self.set(field, 0);
        }
    }

    /// How many calls have failed since the last order.
    pub(crate) fn failed(&self) -> u64 {
        self.number(FAILED)
    }

    /// How many operations are in the record.
    pub(crate) fn recorded(&self) -> u64 {
        self.number(RECORDED)
    }

    /// Moves the program's time of day by so many seconds from the true one.
    pub(crate) fn shift_clock(&self, seconds: i64) {
        let nanos = seconds * 1_000_000_000;
        self.control
            .write_all_at(&nanos.to_ne_bytes(), CLOCK_OFFSET)
            .unwrap();
    }
}
