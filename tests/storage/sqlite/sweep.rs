//! Sessions that ended long ago lose their row, and then their events to a file.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use bartizan::domain::event::Aggregate;
use bartizan::domain::ids::SessionId;
use bartizan::domain::session::Changes;
use bartizan::domain::time::{Span, Timestamp};
use bartizan::ports::{Store as _, Upkeep as _};
use bartizan::storage::sqlite::{
    ArchiveError, Checked, Options, Scope, Written, archive_to, check_archive,
};

use super::{Kept, assert_clean, block_on, open, raw, verified};
use crate::fixture::{
    TestSeal, all_events, at, change_session, end_session, first_start, history, new_session,
    set_key, written,
};

const EVERYTHING: Scope = Scope {
    until: i64::MAX,
    before: Timestamp::from_micros(i64::MAX),
};

fn lives_for(seconds: i64) -> Changes {
    Changes {
        lifetime: Some(Span::from_seconds(seconds)),
        ..Changes::default()
    }
}

/// Sessions: 1 terminated at 100, 2 expires at 1 s, 3 expires at 100 s, 4 lives on, 5 terminated at 300.
/// Their events alternate.
fn world() -> Kept {
    let kept = Kept::fresh();
    block_on(async {
        written(&kept.store, first_start()).await;
        let (one, commit) = new_session(1, at(0), &Changes::default());
        written(&kept.store, commit).await;
        let (_, commit) = new_session(2, at(0), &lives_for(1));
        written(&kept.store, commit).await;
        let (_, commit) = new_session(3, at(0), &lives_for(100));
        written(&kept.store, commit).await;
        let (four, commit) = new_session(4, at(10), &Changes::default());
        written(&kept.store, commit).await;
        let (_, commit) = end_session(&one, at(100));
        written(&kept.store, commit).await;
        let (five, commit) = new_session(5, at(200), &lives_for(1));
        written(&kept.store, commit).await;
        let (_, commit) = change_session(&four, at(250), &set_key("v"));
        written(&kept.store, commit).await;
        let (_, commit) = end_session(&five, at(300));
        written(&kept.store, commit).await;
    });
    kept
}

fn sweep(kept: &Kept, before: i64, most: u32) -> u64 {
    block_on(kept.store.sweep(at(before), most)).unwrap()
}

fn left(kept: &Kept) -> Vec<i64> {
    let there = |id: &i64| {
        block_on(kept.store.session(SessionId::new(*id)))
            .unwrap()
            .is_some()
    };
    (1..=5).filter(there).collect()
}

fn archive(path: &Path, scope: Scope, file: &Path) -> Result<Written, ArchiveError> {
    archive_to(path, &TestSeal, scope, file, &mut |_| {})
}

fn checked(path: &Path, file: &Path) -> Result<Checked, ArchiveError> {
    let mut file = BufReader::new(fs::File::open(file).unwrap());
    check_archive(path, &TestSeal, &mut file)
}

/// Sweeps all that has ended and archives it.
fn archived() -> (Kept, PathBuf, Written) {
    let kept = world();
    sweep(&kept, 5_000_000, 100);
    let file = kept.folder.path().join("a.jsonl");
    let written = archive(&kept.path(), EVERYTHING, &file).unwrap();
    let removed = block_on(kept.store.remove_archived(written.runs.clone())).unwrap();
    assert_eq!(removed, written.events);
    (kept, file, written)
}

#[test]
fn what_ended_before_the_moment_goes_and_nothing_else() {
    let kept = world();
    assert_eq!(
        (sweep(&kept, 100, 100), left(&kept)),
        (0, vec![1, 2, 3, 4, 5])
    );
    assert_eq!((sweep(&kept, 101, 100), left(&kept)), (1, vec![2, 3, 4, 5]));
    // Five was terminated before it would have expired: its end is the termination.
    assert_eq!((sweep(&kept, 301, 100), left(&kept)), (1, vec![2, 3, 4]));
    assert_eq!((sweep(&kept, 1_000_001, 100), left(&kept)), (1, vec![3, 4]));
    assert_eq!((sweep(&kept, 1_000_001, 100), left(&kept)), (0, vec![3, 4]));
    assert_eq!(sweep(&kept, 1_000_000_000, 100), 1);
    assert_eq!(left(&kept), [4]);
}

#[test]
fn no_more_rows_go_at_once_than_asked_for() {
    let kept = world();
    for left in [2, 1, 0] {
        assert_eq!(sweep(&kept, 5_000_000, 1), 1);
        let held = block_on(kept.store.held(at(5_000_000))).unwrap();
        assert_eq!((held.alive, held.expired), (2, left.min(1)), "{left}");
    }
    assert_eq!(sweep(&kept, 5_000_000, 1), 0);
}

#[test]
fn what_had_expired_before_it_was_terminated_goes_as_what_expired() {
    let kept = Kept::fresh();
    block_on(async {
        written(&kept.store, first_start()).await;
        let (one, commit) = new_session(1, at(0), &lives_for(1));
        written(&kept.store, commit).await;
        let (_, commit) = end_session(&one, at(9_000_000));
        written(&kept.store, commit).await;
    });
    let held = block_on(kept.store.held(at(9_000_000))).unwrap();
    assert_eq!((held.alive, held.expired), (0, 0), "terminated is neither");
    assert_eq!(sweep(&kept, 1_000_000, 100), 0);
    assert_eq!(sweep(&kept, 1_000_001, 100), 1);
    assert_eq!(assert_clean(&kept.path()).swept, 1);
}

#[test]
fn a_swept_session_keeps_its_events_and_is_accounted_for() {
    let kept = world();
    let before = block_on(all_events(&kept.store));
    assert_eq!(sweep(&kept, 5_000_000, 100), 3);
    assert_eq!(block_on(all_events(&kept.store)), before);
    let report = assert_clean(&kept.path());
    assert_eq!((report.swept, report.sessions), (3, 2));
    let of_one = Aggregate::Session(SessionId::new(1));
    assert_eq!(block_on(history(&kept.store, of_one)).len(), 3);
    // A moment that went back changes nothing.
    assert_eq!(sweep(&kept, 101, 100), 0);
    assert_clean(&kept.path());
}

#[test]
fn a_row_that_was_not_swept_is_missed() {
    for (sql, place) in [
        // It had not ended.
        ("DELETE FROM sessions WHERE id = 4", "session 4"),
        // It ends after what was swept.
        ("DELETE FROM sessions WHERE id = 3", "session 3"),
        // A mark that is not ours.
        (
            "DELETE FROM sessions WHERE id = 3;
             UPDATE sweep SET ended_before = ended_before + 1000000000",
            "session 3",
        ),
        (
            "UPDATE sweep SET ended_before = ended_before - 1",
            "`sweep` row 1",
        ),
        ("DELETE FROM sweep", "session 1"),
    ] {
        let kept = world();
        sweep(&kept, 5_000_000, 100);
        raw(&kept.path()).execute_batch(sql).unwrap();
        let findings = verified(&kept.path()).findings;
        assert!(
            findings.iter().any(|one| one.place == place),
            "{sql}: {findings:?}"
        );
    }
}

#[test]
fn sweeping_uses_its_indexes() {
    let kept = world();
    let intruder = raw(&kept.path());
    for (condition, index) in [
        (
            "state = 2 AND changed_at < 7 ORDER BY changed_at",
            "sessions_by_termination",
        ),
        ("expires_at < 7 ORDER BY expires_at", "sessions_by_expiry"),
    ] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT id FROM sessions WHERE {condition} LIMIT 9");
        let plan: String = intruder
            .prepare_cached(&sql)
            .unwrap()
            .query_row([], |row| row.get(3))
            .unwrap();
        assert!(plan.contains(index), "{plan}");
    }
}

#[test]
fn archived_events_leave_and_the_rest_is_proven_as_before() {
    let kept = world();
    let all = block_on(all_events(&kept.store));
    drop(kept);
    let (kept, file, written) = archived();
    let report = assert_clean(&kept.path());
    assert_eq!(report.archived, written.events);
    assert_eq!(report.events + report.archived, all.len() as u64);
    let rest = block_on(all_events(&kept.store));
    let gone = |event: &&_| !rest.contains(event);
    let gone: Vec<_> = all
        .iter()
        .filter(gone)
        .map(|event| event.aggregate.key())
        .collect();
    // The last event of the log is of session 5, so its history stays.
    assert!(gone.iter().all(|id| [1, 2].contains(id)), "{gone:?}");
    assert_eq!(gone.len() as u64, written.events);
    let checked = checked(&kept.path(), &file).unwrap();
    assert_eq!(checked.findings, []);
    assert_eq!((checked.events, checked.sessions), (written.events, 2));
    // And the log goes on.
    block_on(async {
        let (_, commit) = new_session(6, at(400), &Changes::default());
        super::super::fixture::written(&kept.store, commit).await;
    });
    assert_clean(&kept.path());
}

#[test]
fn what_could_not_be_archived_at_first_goes_later_behind_it() {
    let (kept, _, _) = archived();
    block_on(async {
        let (_, commit) = new_session(6, at(400), &Changes::default());
        written(&kept.store, commit).await;
    });
    sweep(&kept, 1_000_000_000, 100);
    let second = kept.folder.path().join("b.jsonl");
    let more = archive(&kept.path(), EVERYTHING, &second).unwrap();
    assert!(more.events > 0);
    block_on(kept.store.remove_archived(more.runs)).unwrap();
    assert_clean(&kept.path());
    assert_eq!(checked(&kept.path(), &second).unwrap().findings, []);
    let first = kept.folder.path().join("a.jsonl");
    assert_eq!(checked(&kept.path(), &first).unwrap().findings, []);
    // Opened again it is the same.
    let Kept { store, folder } = kept;
    drop(store);
    let path = folder.path().join("test.db");
    drop(open(&path, &Options::default()));
    assert_clean(&path);
}

#[test]
fn bounds_leave_histories_whole() {
    let kept = world();
    sweep(&kept, 5_000_000, 100);
    let file = kept.folder.path().join("a.jsonl");
    let count = |scope: Scope| {
        fs::remove_file(&file).ok();
        archive(&kept.path(), scope, &file).unwrap().events
    };
    let all = count(EVERYTHING);
    let before = |micros| Scope {
        before: at(micros),
        ..EVERYTHING
    };
    assert_eq!(count(before(0)), 0);
    assert!(!file.exists(), "no file of nothing");
    // Session 2 has its last event at 0, session 1 at 100.
    let (two, both) = (count(before(1)), count(before(101)));
    assert!(0 < two && two < both && both == all, "{two} {both} {all}");
    let until = |until| Scope {
        until,
        ..EVERYTHING
    };
    assert_eq!(count(until(3)), 0);
    assert_eq!(count(until(1_000)), all);
}

#[test]
fn the_database_is_whole_if_the_events_were_not_removed_any_more() {
    let kept = world();
    sweep(&kept, 5_000_000, 100);
    let file = kept.folder.path().join("a.jsonl");
    let written = archive(&kept.path(), EVERYTHING, &file).unwrap();
    assert!(written.events > 0);
    assert_clean(&kept.path());
    assert_eq!(checked(&kept.path(), &file).unwrap().findings, []);
    // A file that is there is not written over.
    let again = archive(&kept.path(), EVERYTHING, &file).unwrap_err();
    assert!(matches!(again, ArchiveError::File(_)), "{again}");
    let other = kept.folder.path().join("b.jsonl");
    assert_eq!(archive(&kept.path(), EVERYTHING, &other).unwrap(), written);
    assert_eq!(fs::read(&file).unwrap(), fs::read(&other).unwrap());
}

#[cfg(unix)]
#[test]
fn an_archive_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_kept, file, _) = archived();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn whatever_is_changed_in_an_archive_is_found() {
    let (kept, file, _) = archived();
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let path = kept.path();
    let changed = kept.folder.path().join("changed.jsonl");
    let found = |text: &str, what: &str| {
        fs::write(&changed, text).unwrap();
        match checked(&path, &changed) {
            Ok(checked) => assert!(!checked.findings.is_empty(), "{what}"),
            Err(ArchiveError::Line(_)) => {}
            Err(error) => panic!("{what}: {error}"),
        }
    };
    for left_out in 0..lines.len() {
        let kept: Vec<_> = (0..lines.len()).filter(|line| *line != left_out).collect();
        let text: String = kept.iter().map(|line| lines[*line]).collect();
        found(&text, &format!("without line {left_out}"));
    }
    for (place, c) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let mut other = text.clone();
        let digit = if c == '9' { "0" } else { "9" };
        other.replace_range(place..=place, digit);
        found(&other, &format!("{c} at {place}"));
    }
    found(&format!("{text}{text}"), "twice");
    found("", "nothing");
}

#[test]
fn events_are_deleted_only_where_they_were_archived() {
    let (kept, _, written) = archived();
    let intruder = raw(&kept.path());
    for sql in [
        "DELETE FROM events",
        "DELETE FROM events WHERE position = 1",
    ] {
        let refused = intruder.execute_batch(sql).unwrap_err();
        assert!(
            refused.to_string().contains("append-only"),
            "{sql}: {refused}"
        );
    }
    // A row that lets go of events is found, because nobody else can seal it.
    let run = written.runs.last().unwrap();
    intruder
        .execute_batch(&format!(
            "INSERT INTO archived SELECT position, position, link, link FROM events
                 WHERE position = {last} + 1;
             DELETE FROM events WHERE position = {last} + 1",
            last = run.last
        ))
        .unwrap();
    assert!(!verified(&kept.path()).is_clean());
}

#[test]
fn whatever_is_changed_about_archived_runs_is_found() {
    for sql in [
        "DELETE FROM archived",
        "DELETE FROM archived WHERE last = (SELECT max(last) FROM archived)",
        "UPDATE archived SET first = first - 1",
        "UPDATE archived SET first = first + 1",
        "UPDATE archived SET last = last + 1",
        "UPDATE archived SET link = seal",
        "UPDATE archived SET seal = link",
        "INSERT INTO archived SELECT last + 1000, first + 1000, link, seal FROM archived LIMIT 1",
    ] {
        let (kept, _, _) = archived();
        raw(&kept.path()).execute_batch(sql).unwrap();
        assert!(!verified(&kept.path()).is_clean(), "{sql}");
    }
}

#[test]
fn events_that_are_not_those_of_the_file_are_not_removed() {
    let kept = world();
    sweep(&kept, 5_000_000, 100);
    let file = kept.folder.path().join("a.jsonl");
    let mut runs = archive(&kept.path(), EVERYTHING, &file).unwrap().runs;
    let all = block_on(all_events(&kept.store));
    let last = runs.len() - 1;
    runs[last].link = [0; 16];
    block_on(kept.store.remove_archived(runs)).unwrap_err();
    assert_eq!(block_on(all_events(&kept.store)), all);
    assert_clean(&kept.path());
}
