//! The same work for everybody: what a check of a password costs tells nothing of its user.
//!
//! Times are compared by `bench/attacks.py timing`; here hashes are counted, which no busy machine
//! makes unsure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bartizan::command::{Checks, CreateSession, UserSelector, create_session};
use bartizan::core::Core;
use bartizan::domain::secret::{HashText, Secret};
use bartizan::ports::{HashingError, PasswordCheck, Passwords, Pending};
use serde_json::json;

use crate::helpers::{PASSWORD, TestServer, wait};

/// Counts what goes to the hashing threads.
#[derive(Debug)]
struct Counted {
    passwords: Arc<dyn Passwords>,
    work: AtomicU32,
}

impl Passwords for Counted {
    fn hash(&self, password: Secret) -> Pending<'_, Result<HashText, HashingError>> {
        self.work.fetch_add(1, Ordering::SeqCst);
        self.passwords.hash(password)
    }

    fn check(
        &self,
        password: Secret,
        hash: HashText,
    ) -> Pending<'_, Result<PasswordCheck, HashingError>> {
        self.work.fetch_add(1, Ordering::SeqCst);
        self.passwords.check(password, hash)
    }

    fn check_nobody(&self, password: Secret) -> Pending<'_, Result<(), HashingError>> {
        self.work.fetch_add(1, Ordering::SeqCst);
        self.passwords.check_nobody(password)
    }

    fn accepts(&self, imported: &str) -> bool {
        self.passwords.accepts(imported)
    }
}

/// CVE-2026-80199, ASVS 6.3.8.
#[test]
fn known_and_unknown_users_cost_the_same_hashes() {
    let server = TestServer::start();
    server.human("mini");
    server.human_with("without", &json!({}));
    let counted = Arc::new(Counted {
        passwords: Arc::clone(&server.core().passwords),
        work: AtomicU32::new(0),
    });
    let core = Core {
        passwords: Arc::<Counted>::clone(&counted),
        ..server.core().clone()
    };
    for (name, password) in [
        ("mini", "wrong"),
        ("mini", PASSWORD),
        ("MINI", "wrong"),
        ("without", "wrong"),
        ("nobody", "wrong"),
        ("admin-sa", "wrong"),
        ("", "wrong"),
    ] {
        counted.work.store(0, Ordering::SeqCst);
        let command = CreateSession {
            checks: Checks {
                user: Some(UserSelector::LoginName(name.to_owned())),
                password: Some(Secret::new(password.to_owned())),
                ..Checks::default()
            },
            ..CreateSession::default()
        };
        let answered = wait(create_session(&core, &server.caller(), command));
        assert_eq!(answered.is_ok(), password == PASSWORD, "{name}");
        assert_eq!(counted.work.load(Ordering::SeqCst), 1, "{name} {password}");
    }
}
