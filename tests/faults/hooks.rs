//! Killed while a webhook is told of events.
//!
//! `FAULTS_HOOK_KILLS=100 cargo test --test faults told_of -- --nocapture` for the long run.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::time::Instant;

use serde_json::Value;

use crate::place::{PATIENCE, Place};
use crate::receiver::{Hooks, KEY};
use crate::replay::Dice;
use crate::traffic::{asked_for, look_at, write};

const WRITERS: usize = 2;

/// Which deliveries are not taken.
fn fails(number: usize) -> bool {
    [20, 500].contains(&number)
}

/// How far the webhook is, as the next process will read it.
fn cursor(place: &Place) -> i64 {
    let position = "SELECT max(position) FROM webhook_cursors";
    look_at(&place.data_dir())
        .query_row(position, [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_webhook_is_told_of_every_event_in_order_although_the_process_is_killed() {
    let kills = asked_for("FAULTS_HOOK_KILLS", 3);
    let mut dice = Dice::new(0x686f_6f6b);
    let hooks = Hooks::answering(|number| if fails(number) { 500 } else { 200 });
    let webhook = |key: &str| format!("BARTIZAN_EVENTS__WEBHOOK__0__{key}");
    let place = Place::new()
        .with("BARTIZAN_NOTIFICATIONS__WEBHOOK__ALLOW_HTTP", "true")
        .with("BARTIZAN_NOTIFICATIONS__WEBHOOK__ALLOW", "127.0.0.1")
        .with(&webhook("NAME"), "audit")
        .with(&webhook("ENDPOINT"), &hooks.endpoint())
        .with(&webhook("SIGNING_KEY"), KEY)
        .with(&webhook("START"), "0");
    let mut server = place.serve();
    let token = place.token("login-client.pat");
    for kill in 0..kills {
        let (sender, told) = channel();
        let (address, enough) = (server.address, 1 + dice.below(60));
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    let (sender, token) = (sender.clone(), token.as_str());
                    scope.spawn(move || {
                        write(address, token, usize::MAX, &mut |_| {
                            sender.send(()).ok();
                        })
                    })
                })
                .collect();
            for _ in 0..enough {
                told.recv_timeout(PATIENCE).unwrap();
            }
            // Sometimes before its cursor was ever written, sometimes behind it.
            let (written, begun) = (cursor(&place), Instant::now());
            while kill % 2 == 1 && cursor(&place) == written {
                assert!(begun.elapsed() < PATIENCE, "it is never written");
                std::thread::yield_now();
            }
            server.child.kill().unwrap();
            for writer in writers {
                writer.join().unwrap();
            }
        });
        drop(server);
        server = place.serve();
    }
    let events: i64 = look_at(&place.data_dir())
        .query_row("SELECT max(position) FROM events", [], |row| row.get(0))
        .unwrap();
    let received = hooks.until(|hook| hook.position() == events && !fails(hook.number));
    server.stop();
    assert_eq!(cursor(&place), events);
    let mut reached = 0;
    let mut again = 0_usize;
    let mut known: BTreeMap<i64, (String, Value)> = BTreeMap::new();
    for hook in received.iter().filter(|hook| !fails(hook.number)) {
        assert!(hook.is_signed());
        let (position, event) = (hook.position(), hook.event());
        let delivery = hook.header("bartizan-delivery").unwrap().to_owned();
        if position <= reached {
            // Told before: the same again.
            again += 1;
            assert_eq!(known[&position], (delivery, event), "{position}");
            continue;
        }
        assert_eq!(position, reached + 1, "one is missing");
        reached = position;
        known.insert(position, (delivery, event));
    }
    assert_eq!(reached, events);
    println!("{kills} kills: {events} events, all told in order, {again} of them again");
    place.verified();
}
