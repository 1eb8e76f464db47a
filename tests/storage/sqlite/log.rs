//! The log as SQLite has it.

use bartizan::domain::session::Changes;
use bartizan::ports::LinkHash;
use bartizan::ports::Seal as _;

use super::{Kept, block_on, raw};
use crate::fixture::{ADMIN, INSTANCE, TestSeal, at, first_start, new_session, written};

fn kept() -> Kept {
    let kept = Kept::fresh();
    block_on(async {
        written(&kept.store, first_start()).await;
        let (_, commit) = new_session(1, at(1), &Changes::default());
        written(&kept.store, commit).await;
    });
    kept
}

#[test]
fn events_are_neither_changed_nor_deleted() {
    let kept = kept();
    let intruder = raw(&kept.path());
    for sql in [
        "UPDATE events SET creator = 1",
        "UPDATE events SET payload = '{}' WHERE position = 4",
        "DELETE FROM events",
        "DELETE FROM events WHERE position = 5",
    ] {
        let refused = intruder.execute_batch(sql).unwrap_err();
        assert!(
            refused.to_string().contains("events are append-only"),
            "{sql}: {refused}"
        );
    }
    // Nor by replacing, on a connection with the pragmas of ours.
    intruder
        .pragma_update(None, "recursive_triggers", true)
        .unwrap();
    let replace = "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 5";
    let refused = intruder.execute_batch(replace).unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
}

/// The layout is part of the format: whoever changes it breaks every chain that exists.
#[test]
fn the_chain_is_made_of_the_documented_bytes() {
    let kept = kept();
    let intruder = raw(&kept.path());
    let link = |position: i64| -> LinkHash {
        intruder
            .prepare_cached("SELECT link FROM events WHERE position = ?1")
            .unwrap()
            .query_row([position], |row| row.get(0))
            .unwrap()
    };
    let mut bytes = Vec::new();
    bytes.extend(4_i64.to_be_bytes()); // position
    bytes.push(4); // session
    bytes.extend(1_i64.to_be_bytes()); // its id
    bytes.extend(1_u32.to_be_bytes()); // sequence
    bytes.extend(401_u16.to_be_bytes()); // session.added
    bytes.extend(1_u16.to_be_bytes()); // revision
    bytes.extend(at(1).micros().to_be_bytes());
    bytes.extend(ADMIN.key().to_be_bytes()); // creator
    bytes.extend(0_i64.to_be_bytes()); // owner: the instance
    bytes.push(0); // no payload
    bytes.extend(0_u64.to_be_bytes());
    assert_eq!(TestSeal.link(&link(3), &bytes), link(4));

    let first = intruder
        .prepare_cached("SELECT payload FROM events WHERE position = 1")
        .unwrap()
        .query_row([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut bytes = Vec::new();
    bytes.extend(1_i64.to_be_bytes());
    bytes.push(1); // instance
    bytes.extend(INSTANCE.key().to_be_bytes());
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(101_u16.to_be_bytes()); // instance.added
    bytes.extend(1_u16.to_be_bytes());
    bytes.extend(at(0).micros().to_be_bytes());
    bytes.extend(0_i64.to_be_bytes());
    bytes.extend(INSTANCE.key().to_be_bytes());
    bytes.push(1);
    bytes.extend((first.len() as u64).to_be_bytes());
    bytes.extend(first.as_bytes());
    assert_eq!(TestSeal.link(&[0; 16], &bytes), link(1));
}
