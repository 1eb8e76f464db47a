//! How far webhooks have been told of events, and what archives leave them.

use bartizan::domain::ids::Position;
use bartizan::domain::session::Changes;
use bartizan::ports::{Cursor, Feed as _, Store as _, TailQuery};
use bartizan::storage::sqlite::{Options, SqliteStore};

use super::{Kept, assert_clean, block_on, open};
use crate::fixture::{at, first_start, new_session, written};

fn cursor(name: &str, position: i64, changed_at: i64) -> Cursor {
    Cursor {
        name: name.to_owned(),
        position: Position::new(position),
        changed_at: at(changed_at),
    }
}

fn moved(store: &SqliteStore, cursor: Cursor) {
    block_on(store.move_cursor(cursor)).unwrap();
}

#[test]
fn a_cursor_is_made_moved_and_still_there_when_the_file_is_opened_again() {
    let kept = Kept::fresh();
    assert_eq!(block_on(kept.store.cursors()).unwrap(), []);
    moved(&kept.store, cursor("b", 7, 1));
    moved(&kept.store, cursor("a", 9, 2));
    moved(&kept.store, cursor("b", 8, 3));
    let path = kept.path();
    let folder = {
        let Kept { store, folder } = kept;
        drop(store);
        folder
    };
    let store = open(&path, &Options::default());
    assert_eq!(
        block_on(store.cursors()).unwrap(),
        [cursor("a", 9, 2), cursor("b", 8, 3)]
    );
    drop((store, folder));
}

#[test]
fn a_cursor_beside_commits_changes_nothing_of_the_log() {
    let kept = Kept::fresh();
    block_on(async {
        written(&kept.store, first_start()).await;
        let (_, commit) = new_session(1, at(0), &Changes::default());
        let moving = kept.store.move_cursor(cursor("a", 3, 1));
        let (committed, moved) = tokio::join!(kept.store.commit(commit), moving);
        committed.unwrap();
        moved.unwrap();
    });
    assert_clean(&kept.path());
    let end = block_on(kept.store.end()).unwrap().position;
    let query = TailQuery {
        limit: 1_000,
        ..TailQuery::default()
    };
    let stretch = block_on(kept.store.stretch(query)).unwrap();
    assert_eq!((stretch.through, stretch.end), (end, end));
    assert_eq!(i64::try_from(stretch.events.len()).unwrap(), end.number());
}

#[test]
fn whoever_listens_hears_that_a_cursor_was_moved_and_reads_nothing_new() {
    let kept = Kept::fresh();
    block_on(async {
        written(&kept.store, first_start()).await;
        let changed = kept.store.changed();
        kept.store.move_cursor(cursor("a", 3, 1)).await.unwrap();
        changed.await;
    });
}

#[test]
fn the_first_event_that_is_not_old_is_found_behind_a_position() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let before = block_on(kept.store.end()).unwrap().position.number();
    for (id, micros) in [(1, 100), (2, 200)] {
        let (_, commit) = new_session(id, at(micros), &Changes::default());
        block_on(written(&kept.store, commit));
    }
    let end = block_on(kept.store.end()).unwrap().position.number();
    let each = (end - before) / 2;
    let first = |after: i64, since: i64| {
        let found = kept.store.first_since(Position::new(after), at(since));
        block_on(found).unwrap().map(Position::number)
    };
    assert_eq!(first(before, 100), Some(before + 1));
    assert_eq!(first(before + 1, 100), Some(before + 2));
    assert_eq!(first(before, 101), Some(before + each + 1));
    assert_eq!(first(before, 201), None);
    assert_eq!(first(end, 0), None);
}
