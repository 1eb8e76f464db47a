//! The power fails (security.md section 1, row 11).
//!
//! A server is recorded while clients write; then, for many moments, files are made as a disk might
//! hold them if the power had failed then, and the program is asked what it finds. That it would find
//! out: with `synchronous = NORMAL` in `connection.rs` these tests fail.
//!
//! `FAULTS_CUTS=1000 cargo test --test faults power -- --nocapture` for the long run.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use rusqlite::OptionalExtension as _;
use serde_json::json;

use crate::place::Place;
use crate::replay::{Dice, Disk, Luck, Operation, operations};
use crate::shim::{ALL, EIO, Faults, Field, WAL};
use crate::traffic::{Known, asked_for, gaps, look_at, write};

/// A server that writes, and the record of it.
struct Recorded {
    place: Place,
    faults: Faults,
    token: String,
}

/// What a client was told, and how far the record had come by then.
#[derive(Debug)]
struct Told {
    at: u64,
    known: Known,
}

impl Recorded {
    /// A data directory that was set up, and then a disk of which everything is recorded.
    fn new() -> Self {
        let place = Place::new();
        place.serve().stop();
        let token = place.token("login-client.pat");
        let (place, faults) = Faults::new(place);
        Self {
            place,
            faults,
            token,
        }
    }

    /// Lets clients write; what they were told, and what they know at the end.
    fn traffic(&self, clients: usize, rounds: usize) -> (Vec<Told>, Vec<Known>) {
        let server = self.place.serve();
        let told = Mutex::new(Vec::new());
        let known = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..clients)
                .map(|_| {
                    scope.spawn(|| {
                        write(server.address, &self.token, rounds, &mut |known| {
                            let at = self.faults.recorded();
                            let known = known.clone();
                            told.lock().unwrap().push(Told { at, known });
                        })
                    })
                })
                .collect();
            clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect()
        });
        self.faults.set(Field::Record, 0);
        self.faults.mend();
        server.stop();
        let mut told = told.into_inner().unwrap();
        told.sort_by_key(|told| told.at);
        (told, known)
    }
}

/// A directory as it is found when the power is back.
fn found(disk: &Disk<'_>, luck: Luck, dice: &mut Dice, of: &Path) -> Place {
    let place = Place::new();
    fs::create_dir(place.data_dir()).unwrap();
    disk.found_in(&place.data_dir(), luck, dice);
    for name in ["bartizan.key", "admin.pat", "login-client.pat"] {
        fs::copy(of.join(name), place.data_dir().join(name)).unwrap();
    }
    place
}

/// Asserts that everything is there that somebody was told before the power failed.
#[track_caller]
fn keeps(place: &Place, told: &[Told], known: &[Known]) {
    place.verified();
    let connection = look_at(&place.data_dir());
    assert_eq!(gaps(&connection), 0);
    let mut statement = connection
        .prepare_cached("SELECT sequence, state FROM sessions WHERE id = ?1")
        .unwrap();
    for Told { at, known: said } in told {
        let row: Option<(i64, i64)> = statement
            .query_row([&said.id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .unwrap();
        let (sequence, state) =
            row.unwrap_or_else(|| panic!("lost, acknowledged at {at}: {said:?}"));
        assert!(
            sequence >= said.sequence.parse().unwrap(),
            "a change is lost, acknowledged at {at}: {said:?}"
        );
        if said.deleted {
            assert_eq!(state, 2, "a deleted one is back: {said:?}");
        } else if state == 2 {
            let end = known.iter().find(|session| session.id == said.id).unwrap();
            assert!(
                end.deleted || end.asked == Some("DELETE"),
                "nobody has ended it: {said:?}"
            );
        }
    }
}

/// Records traffic and lets the power fail at many moments of it. With `every` only so many of the
/// syncs succeed, and what the others should have written may be lost.
fn power_fails(cuts: usize, every: Option<u32>, rounds: usize) {
    let recorded = Recorded::new();
    let data_dir = recorded.place.data_dir();
    let mut dice = Dice::new(0x706f_7765_7200 + u64::from(every.unwrap_or_default()));
    let mut disk = Disk::of(&data_dir, Luck::Some);
    recorded.faults.set(Field::Record, 1);
    if let Some(every) = every {
        recorded.faults.set(Field::Every, every);
        recorded.faults.fail(Field::SyncError, EIO, ALL);
    }
    let (told, known) = recorded.traffic(6, rounds);
    let done = operations(&recorded.faults.record());
    assert!(
        done.iter().any(Operation::is_of_the_database),
        "too little was written: the log was never written back"
    );
    let (first, last) = (told[0].at, done.last().unwrap().number);
    let mut moments: Vec<u64> = (0..cuts)
        .map(|cut| match cut % 2 {
            // Right behind an acknowledgement, where the most is promised.
            0 => told[usize::try_from(dice.below(told.len() as u64)).unwrap()].at,
            _ => first + dice.below(last - first),
        })
        .collect();
    moments.sort_unstable();
    let begun = Instant::now();
    let mut next = done.iter().peekable();
    for (cut, moment) in moments.iter().enumerate() {
        while let Some(operation) = next.next_if(|operation| operation.number < *moment) {
            disk.take(operation, &mut dice);
        }
        let luck = match cut % 5 {
            0 => Luck::None,
            1 => Luck::All,
            _ => Luck::Some,
        };
        let place = found(&disk, luck, &mut dice, &data_dir);
        let promised = told.partition_point(|told| told.at <= *moment);
        keeps(&place, &told[..promised], &known);
        if cut % 10 == 9 {
            let server = place.serve();
            for Told { known: said, .. } in told[..promised].iter().rev().take(40) {
                let end = known.iter().find(|session| session.id == said.id);
                let settled =
                    end.is_some_and(|end| end.asked.is_none() && end.sequence == said.sequence);
                if settled {
                    said.is_known_to(&server, &recorded.token);
                }
            }
            server.stop();
        }
    }
    println!(
        "{cuts} power failures in {} operations with {} acknowledgements: nothing lost, {:?}",
        done.len(),
        told.len(),
        begun.elapsed()
    );
}

#[test]
fn a_power_failure_loses_nothing_that_was_acknowledged() {
    power_fails(asked_for("FAULTS_CUTS", 24), None, 120);
}

#[test]
fn a_power_failure_after_failed_syncs_loses_nothing_that_was_acknowledged() {
    power_fails(asked_for("FAULTS_CUTS", 12), Some(5), 150);
}

#[test]
fn nothing_is_built_on_what_a_failed_sync_has_lost() {
    let recorded = Recorded::new();
    let data_dir = recorded.place.data_dir();
    let mut dice = Dice::new(1);
    let mut disk = Disk::of(&data_dir, Luck::None);
    recorded.faults.set(Field::Record, 1);
    // Written, refused, and killed before anything is written over it: the next process finds it.
    let server = recorded.place.serve();
    let make = || server.call("POST", "/v2/sessions", &recorded.token, &json!({}));
    let kept = Known::of(&make().unwrap());
    recorded.faults.fail(Field::SyncError, EIO, WAL);
    assert_eq!(make().unwrap().status, 503);
    drop(server);
    recorded.faults.mend();
    // The disk works again, and lacks what it was to write.
    let (mut told, mut known) = recorded.traffic(2, 6);
    told.insert(
        0,
        Told {
            at: 0,
            known: kept.clone(),
        },
    );
    known.push(kept);
    let done = operations(&recorded.faults.record());
    for operation in &done {
        disk.take(operation, &mut dice);
    }
    keeps(
        &found(&disk, Luck::None, &mut dice, &data_dir),
        &told,
        &known,
    );
}
