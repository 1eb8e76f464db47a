//! Killed at random moments under 64 writers.
//!
//! `FAULTS_KILLS=200 cargo test --test faults killed_at -- --nocapture` for the long run.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::place::{PATIENCE, Place};
use crate::replay::Dice;
use crate::traffic::{Known, asked_for, gaps, look_at, write};

const WRITERS: usize = 64;

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed_at_any_moment() {
    let kills = asked_for("FAULTS_KILLS", 3);
    let mut dice = Dice::new(0x6b69_6c6c);
    let place = Place::new();
    let mut all: Vec<Known> = Vec::new();
    let (mut acknowledged, begun) = (AtomicUsize::new(0), Instant::now());
    let mut server = place.serve();
    let token = place.token("login-client.pat");
    for kill in 1..=kills {
        let (sender, told) = channel();
        let address = server.address;
        // After so many acknowledgements, and then somewhere within the next few batches.
        let (enough, more) = (
            1 + dice.below(400),
            Duration::from_micros(dice.below(20_000)),
        );
        let known: Vec<Known> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    let (sender, token, acknowledged) =
                        (sender.clone(), token.as_str(), &acknowledged);
                    scope.spawn(move || {
                        write(address, token, usize::MAX, &mut |_| {
                            acknowledged.fetch_add(1, Relaxed);
                            sender.send(()).ok();
                        })
                    })
                })
                .collect();
            for _ in 0..enough {
                told.recv_timeout(PATIENCE).unwrap();
            }
            let until = Instant::now() + more;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                if told.recv_timeout(left).is_err() {
                    break;
                }
            }
            // In the middle of it, and this process alone.
            server.child.kill().unwrap();
            writers
                .into_iter()
                .flat_map(|writer| writer.join().unwrap())
                .collect()
        });
        drop(server);
        server = place.serve();
        for session in &known {
            session.is_known_to(&server, &token);
        }
        all.extend(known);
        if kill % 10 == 0 {
            println!(
                "{kill} kills, {} sessions, {} acknowledgements, {:?}",
                all.len(),
                acknowledged.get_mut(),
                begun.elapsed()
            );
        }
    }
    // What has survived one kill survives the others.
    for session in &all {
        session.is_known_to(&server, &token);
    }
    server.stop();
    let verified = place.verified();
    assert!(verified["sessions"].as_u64().unwrap() >= all.len() as u64);
    assert_eq!(gaps(&look_at(&place.data_dir())), 0);
    println!(
        "{kills} kills: {} sessions, {} acknowledgements, {} events, all there",
        all.len(),
        acknowledged.get_mut(),
        verified["events"]
    );
}
