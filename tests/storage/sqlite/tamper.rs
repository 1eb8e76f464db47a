//! Whatever is changed in the file behind our back is found, and where.
//!
//! Not here: `unknown_names`, which no event speaks of, and a log whose end was cut off together with
//! the rows that it made. The latter shows only beside a head that was noted elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bartizan::domain::event::{
    CodeAdded, DefaultOrgSet, EmailChanged, Event, HashUpdated, HumanAdded, IdpLinkAdded,
    IdpLinkRemoved, InstanceEvent, IntentEvent, IntentFailed, InviteCodeAdded, MachineAdded,
    MachineChanged, MemberRemoved, MemberRoles, Nothing, OrgEvent, OtpEmailChallenged,
    OtpSmsChallenged, PasswordChanged, PatAdded, PatRemoved, PhoneChanged, ProfileChanged,
    RecoveryCodeUsed, RecoveryCodesAdded, TotpAdded, TotpCheckSucceeded, UserEvent,
    UserMetadataSet, UsernameChanged, event_types,
};
use bartizan::domain::ids::{PatId, UserId};
use bartizan::domain::secret::{HashText, SealedSecret};
use bartizan::domain::session::{Changes, UserAgent};
use bartizan::domain::time::Span;
use bartizan::domain::user::User;
use bartizan::domain::webauthn::KeyKind;
use bartizan::ports::Commit;
use bartizan::storage::sqlite::{Finding, Options};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use super::webauthn::{challenge, key_events, proven};
use super::{Kept, assert_clean, block_on, open, raw, verified};
use crate::fixture::{
    ADMIN, ORG, all_events, at, change_instance, change_intent, change_org, change_session,
    change_user, end_session, fact, fingerprint, first_start, hash_of, human_added, new_human,
    new_intent, new_machine, new_session, new_session_on, new_user, set_key, succeeded, tied_to,
    written,
};

/// The tables that follow from events, and the column by which a finding names a row.
const STATE: [(&str, &str); 10] = [
    ("instance", "id"),
    ("orgs", "id"),
    ("users", "id"),
    ("sessions", "id"),
    ("login_names", "user_id"),
    ("user_metadata", "user_id"),
    ("pats", "id"),
    ("members", "user_id"),
    ("intents", "id"),
    ("idp_links", "user_id"),
];

fn roles(user: UserId, roles: &[&str]) -> MemberRoles {
    MemberRoles {
        user_id: user.to_string(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

fn gone(user: UserId) -> MemberRemoved {
    MemberRemoved {
        user_id: user.to_string(),
    }
}

fn code(digest: &str) -> CodeAdded {
    CodeAdded {
        expiry: Span::from_seconds(3_600),
        code_returned: false,
        digest: digest.to_owned(),
    }
}

fn invite(digest: &str) -> UserEvent {
    UserEvent::InviteCodeAdded(InviteCodeAdded {
        expiry: Span::from_seconds(3_600),
        code_returned: false,
        digest: digest.to_owned(),
        url_template: Some("https://login.example/{{.Code}}".to_owned()),
        application_name: Some("App".to_owned()),
    })
}

fn totp(secret: &str) -> UserEvent {
    let secret = SealedSecret::new(format!("x1.{secret}"));
    UserEvent::TotpAdded(TotpAdded {
        secret_id: fingerprint(&HashText::new(secret.as_str())),
        secret: Some(secret),
    })
}

fn recovery_codes(digests: &[&str]) -> UserEvent {
    UserEvent::RecoveryCodesAdded(RecoveryCodesAdded {
        codes: digests.iter().map(|digest| (*digest).to_owned()).collect(),
    })
}

/// A session that waits for codes by SMS and by e-mail.
fn waits_for_codes() -> Changes {
    Changes {
        otp_sms_challenge: Some(OtpSmsChallenged {
            expiry: Span::from_seconds(300),
            code_returned: true,
            digest: "sms".to_owned(),
        }),
        otp_email_challenge: Some(OtpEmailChallenged {
            expiry: Span::from_seconds(300),
            return_code: false,
            url_tmpl: Some("https://x.example/{{.Code}}".to_owned()),
            digest: "email".to_owned(),
        }),
        ..Changes::default()
    }
}

fn linked(external: &str) -> UserEvent {
    UserEvent::IdpLinkAdded(IdpLinkAdded {
        idp_config_id: "acme".to_owned(),
        user_id: external.to_owned(),
        display_name: "somebody".to_owned(),
    })
}

fn pat(id: i64) -> PatAdded {
    let hash = hash_of(&format!("pat {id}"));
    PatAdded {
        token_id: PatId::new(id),
        expiration: at(1_000_000),
        hash_id: fingerprint(&hash),
        hash: Some(hash),
    }
}

/// Codes of every kind, taken, wrong and waiting.
fn given_codes() -> Vec<UserEvent> {
    vec![
        invite("taken up"),
        UserEvent::InviteCheckFailed(Nothing {}),
        UserEvent::InviteCheckSucceeded(Nothing {}),
        UserEvent::EmailVerificationFailed(Nothing {}),
        UserEvent::PhoneVerificationFailed(Nothing {}),
        UserEvent::PasswordCodeAdded(code("password")),
        UserEvent::PasswordCodeFailed(Nothing {}),
        UserEvent::MfaInitSkipped(Nothing {}),
    ]
}

fn waiting_codes() -> [UserEvent; 4] {
    [
        UserEvent::EmailCodeAdded(code("email")),
        UserEvent::PhoneCodeAdded(code("phone")),
        UserEvent::PasswordCheckFailed(Nothing {}),
        invite("waiting"),
    ]
}

async fn add(kept: &Kept, made: (User, Commit)) -> User {
    written(&kept.store, made.1).await;
    made.0
}

/// Two people with all that one can have, one of them with everything pending, and one who is gone.
async fn people(kept: &Kept) -> User {
    let full = HumanAdded {
        nick_name: Some("Annie".to_owned()),
        preferred_language: Some("de-CH".to_owned()),
        gender: 1,
        phone: Some("+41791234567".to_owned()),
        ..human_added("ann")
    };
    let ann = vec![UserEvent::HumanAdded(full.clone())];
    let ann = add(kept, new_user(UserId::new(3_010), at(0), ann)).await;
    let (changed, updated) = (hash_of("changed"), hash_of("updated"));
    let events = vec![
        UserEvent::EmailCodeAdded(code("email")),
        UserEvent::EmailVerified(Nothing {}),
        UserEvent::PhoneCodeAdded(code("phone")),
        UserEvent::PhoneVerified(Nothing {}),
        UserEvent::PasswordChanged(PasswordChanged {
            hash_id: fingerprint(&changed),
            change_required: true,
            hash: Some(changed),
        }),
        UserEvent::PasswordHashUpdated(HashUpdated {
            hash_id: fingerprint(&updated),
            hash: Some(updated),
        }),
        UserEvent::PasswordCheckFailed(Nothing {}),
        UserEvent::PasswordCheckSucceeded(Nothing {}),
        UserEvent::MetadataSet(UserMetadataSet {
            key: "k".to_owned(),
            value: "dg==".to_owned(),
        }),
        totp("first"),
        UserEvent::TotpRemoved(Nothing {}),
        totp("second"),
        UserEvent::TotpVerified(Nothing {}),
        linked("ann there"),
        linked("ann elsewhere"),
        UserEvent::IdpLinkRemoved(IdpLinkRemoved {
            idp_config_id: "acme".to_owned(),
            user_id: "ann elsewhere".to_owned(),
        }),
        UserEvent::Locked(Nothing {}),
        UserEvent::Unlocked(Nothing {}),
        UserEvent::TotpCheckSucceeded(TotpCheckSucceeded { step: 59_455_385 }),
        UserEvent::TotpCheckFailed(Nothing {}),
        recovery_codes(&["old"]),
        UserEvent::RecoveryCodesRemoved(Nothing {}),
        recovery_codes(&["first", "second", "third"]),
        UserEvent::RecoveryCodeCheckSucceeded(RecoveryCodeUsed {
            code: "second".to_owned(),
        }),
        UserEvent::OtpSmsAdded(Nothing {}),
        UserEvent::OtpSmsRemoved(Nothing {}),
        UserEvent::OtpSmsAdded(Nothing {}),
        UserEvent::OtpSmsCheckSucceeded(Nothing {}),
        UserEvent::OtpEmailAdded(Nothing {}),
        UserEvent::OtpEmailRemoved(Nothing {}),
        UserEvent::OtpEmailAdded(Nothing {}),
        UserEvent::OtpEmailCheckSucceeded(Nothing {}),
        UserEvent::OtpSmsCheckFailed(Nothing {}),
        UserEvent::OtpEmailCheckFailed(Nothing {}),
        UserEvent::RecoveryCodeCheckFailed(Nothing {}),
        UserEvent::Deactivated(Nothing {}),
        UserEvent::Reactivated(Nothing {}),
    ];
    let ann = add(kept, change_user(&ann, at(10), events)).await;
    let ann = add(kept, change_user(&ann, at(15), given_codes())).await;
    let ann = add(kept, change_user(&ann, at(16), key_events())).await;

    let pending = HumanAdded {
        given_id: Some("bob's own".to_owned()),
        user_name: "bob".to_owned(),
        ..full
    };
    let mut bob = vec![UserEvent::HumanAdded(pending)];
    bob.extend(waiting_codes());
    add(kept, new_user(UserId::new(3_011), at(20), bob)).await;

    let eve = add(kept, new_human(UserId::new(3_012), "eve")).await;
    let events = vec![
        UserEvent::UsernameChanged(UsernameChanged {
            user_name: "adam".to_owned(),
        }),
        UserEvent::ProfileChanged(ProfileChanged {
            first_name: Some("Adam".to_owned()),
            gender: Some(2),
            ..ProfileChanged::default()
        }),
        UserEvent::EmailChanged(EmailChanged {
            email: "adam@mail.example".to_owned(),
        }),
        UserEvent::PhoneChanged(PhoneChanged {
            phone: "+41791234567".to_owned(),
        }),
        UserEvent::PhoneRemoved(Nothing {}),
        linked("eve there"),
    ];
    let (eve, mut commit) = change_user(&eve, at(25), events);
    commit.login_names = vec![(eve.id, "adam".to_owned())];
    written(&kept.store, commit).await;
    let removed = vec![UserEvent::Removed(Nothing {})];
    add(kept, change_user(&eve, at(30), removed)).await;
    ann
}

/// Service users with and without roles and tokens.
async fn machines(kept: &Kept) {
    let admin = vec![UserEvent::MachineAdded(MachineAdded {
        user_name: "admin".to_owned(),
        name: "Admin".to_owned(),
        description: Some("first".to_owned()),
        ..MachineAdded::default()
    })];
    let admin = add(kept, new_user(ADMIN, at(0), admin)).await;
    let tokens = vec![
        UserEvent::PatAdded(pat(5_001)),
        UserEvent::PatAdded(pat(5_002)),
        UserEvent::PatRemoved(PatRemoved {
            token_id: PatId::new(5_001),
        }),
    ];
    add(kept, change_user(&admin, at(40), tokens)).await;
    let [second, third] = [3_020, 3_021].map(UserId::new);
    add(kept, new_machine(second, "second")).await;
    let third_user = add(kept, new_machine(third, "third")).await;
    let changed = vec![UserEvent::MachineChanged(MachineChanged {
        name: Some("Third".to_owned()),
        description: Some("renamed".to_owned()),
    })];
    add(kept, change_user(&third_user, at(45), changed)).await;
    for event in [
        InstanceEvent::DefaultOrgSet(DefaultOrgSet { org_id: ORG }),
        InstanceEvent::MemberAdded(roles(ADMIN, &["IAM_OWNER"])),
        InstanceEvent::MemberChanged(roles(ADMIN, &["IAM_OWNER", "IAM_USER_MANAGER"])),
        InstanceEvent::MemberAdded(roles(second, &["IAM_OWNER_VIEWER"])),
        InstanceEvent::MemberRemoved(gone(second)),
        InstanceEvent::MemberAdded(roles(third, &["IAM_OWNER_VIEWER"])),
        InstanceEvent::MemberCascadeRemoved(gone(third)),
    ] {
        change_instance(&kept.store, at(50), Event::Instance(event)).await;
    }
    for event in [
        OrgEvent::MemberAdded(roles(ADMIN, &["ORG_OWNER"])),
        OrgEvent::MemberChanged(roles(ADMIN, &["ORG_OWNER", "ORG_USER_MANAGER"])),
        OrgEvent::MemberAdded(roles(second, &["ORG_OWNER"])),
        OrgEvent::MemberRemoved(gone(second)),
        OrgEvent::MemberAdded(roles(third, &["ORG_OWNER"])),
        OrgEvent::MemberCascadeRemoved(gone(third)),
    ] {
        change_org(&kept.store, ORG, at(60), Event::Org(event)).await;
    }
}

/// A session with all that one can have, one with nothing, and one that has ended.
async fn sessions(kept: &Kept, user: &User) {
    let agent = UserAgent {
        fingerprint_id: Some("device".to_owned()),
        ip: Some("192.0.2.7".to_owned()),
        description: Some("Firefox".to_owned()),
        header: [("accept".to_owned(), vec!["*/*".to_owned()])].into(),
    };
    let (session, commit) = new_session_on(Some(agent), 4_001, at(70), &tied_to(user));
    written(&kept.store, commit).await;
    let changes = Changes {
        user: Some(fact(user)),
        password: true,
        intent: true,
        web_auth_n: Some(proven(KeyKind::Passkey)),
        totp: true,
        web_auth_n_challenge: Some(challenge()),
        otp_sms: true,
        otp_email: true,
        recovery_code: true,
        lifetime: Some(Span::from_seconds(3_600)),
        metadata: set_key("value").metadata,
        ..waits_for_codes()
    };
    let (_, commit) = change_session(&session, at(80), &changes);
    written(&kept.store, commit).await;
    let u2f = Changes {
        web_auth_n: Some(proven(KeyKind::U2f)),
        ..tied_to(user)
    };
    let (_, commit) = new_session(4_004, at(90), &u2f);
    written(&kept.store, commit).await;
    let (_, commit) = new_session(4_002, at(90), &Changes::default());
    written(&kept.store, commit).await;
    let (ended, commit) = new_session(4_003, at(90), &tied_to(user));
    written(&kept.store, commit).await;
    let (_, commit) = end_session(&ended, at(100));
    written(&kept.store, commit).await;
}

/// Logins at an identity provider: under way, done, failed, and used up.
async fn intents(kept: &Kept, user: &User) {
    let done = succeeded(Some(user.id));
    let failed = IntentEvent::Failed(IntentFailed {
        reason: "access_denied".to_owned(),
    });
    let consumed = IntentEvent::Consumed(Nothing {});
    for (id, events) in [
        (6_001, vec![]),
        (6_002, vec![done.clone()]),
        (6_003, vec![failed]),
        (6_004, vec![done, consumed]),
    ] {
        let (mut intent, commit) = new_intent(id, at(62));
        written(&kept.store, commit).await;
        for event in events {
            let (after, commit) = change_intent(&intent, at(64), event);
            written(&kept.store, commit).await;
            intent = after;
        }
    }
}

/// A database with every kind of event, and a place for copies that are tampered with.
struct World {
    file: PathBuf,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let kept = Kept::fresh();
        let kinds: BTreeSet<_> = block_on(async {
            written(&kept.store, first_start()).await;
            machines(&kept).await;
            let ann = people(&kept).await;
            intents(&kept, &ann).await;
            sessions(&kept, &ann).await;
            let events = all_events(&kept.store).await;
            events.iter().map(|event| event.event.name()).collect()
        });
        let all: BTreeSet<_> = event_types().map(|(_, name)| name).collect();
        assert_eq!(kinds, all, "every kind of event");
        let file = kept.path();
        let Kept { store, folder } = kept;
        store.close();
        drop(store);
        assert_clean(&file);
        Self { file, folder }
    }

    /// An intruder on a copy, whom no foreign key stops.
    fn copy(&self) -> Copied {
        let path = self.folder.path().join("copy.db");
        for left in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            fs::remove_file(self.folder.path().join(left)).ok();
        }
        fs::copy(&self.file, &path).unwrap();
        let intruder = raw(&path);
        intruder
            .execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")
            .unwrap();
        Copied {
            path,
            intruder,
            triggers: Vec::new(),
        }
    }

    /// What is found after a change, which must be something; nothing if the file took no change.
    #[track_caller]
    fn found(&self, change: impl FnOnce(&Connection) -> rusqlite::Result<usize>) -> Option<Found> {
        self.copy().after(change)
    }

    /// The same, of a change that the triggers on events would refuse.
    #[track_caller]
    fn found_in_log(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Option<Found> {
        let mut copied = self.copy();
        copied.drop_triggers();
        copied.after(change)
    }

    /// All values of a statement with one column.
    fn keys(&self, sql: &str) -> Vec<Value> {
        values(&raw(&self.file), sql)
    }
}

struct Copied {
    path: PathBuf,
    intruder: Connection,
    triggers: Vec<String>,
}

impl Copied {
    fn drop_triggers(&mut self) {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'trigger'";
        self.triggers = texts(&self.intruder, sql);
        self.intruder
            .execute_batch(
                "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted;",
            )
            .unwrap();
    }

    fn after(self, change: impl FnOnce(&Connection) -> rusqlite::Result<usize>) -> Option<Found> {
        match change(&self.intruder) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(Found(self.verified())),
        }
    }

    /// What is found after the traces are covered.
    fn verified(self) -> Vec<Finding> {
        for trigger in &self.triggers {
            self.intruder.execute_batch(trigger).unwrap();
        }
        drop(self.intruder);
        verified(&self.path).findings
    }
}

/// What was found.
#[derive(Debug)]
struct Found(Vec<Finding>);

impl Found {
    /// Whether one of the findings names one of these numbers as its place.
    #[track_caller]
    fn at(&self, keys: &[i64], what: &str) {
        let named = |finding: &Finding| {
            let words: Vec<_> = finding
                .place
                .split(|c: char| !c.is_ascii_digit() && c != '-')
                .collect();
            keys.iter()
                .any(|key| words.contains(&key.to_string().as_str()))
        };
        assert!(self.0.iter().any(named), "{what}: {:#?}", self.0);
    }
}

fn values(connection: &Connection, sql: &str) -> Vec<Value> {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let text = |value| {
        let Value::Text(text) = value else {
            panic!("{value:?}");
        };
        text
    };
    values(connection, sql).into_iter().map(text).collect()
}

fn int(value: &Value) -> i64 {
    let Value::Integer(number) = value else {
        panic!("{value:?}");
    };
    *number
}

fn columns(path: &Path, table: &str) -> Vec<String> {
    texts(
        &raw(path),
        &format!("SELECT name FROM pragma_table_info('{table}')"),
    )
}

/// Other values for a cell: one of its kind, and NULL or something in the place of NULL.
const OTHERS: [&str; 3] = [
    // Of its kind.
    "CASE typeof({c}) WHEN 'integer' THEN {c} + 1 WHEN 'text' THEN {c} || 'x' \
     WHEN 'blob' THEN zeroblob(length({c})) END",
    "NULL",
    // STRICT tables turn the number into a text where the column is one.
    "CASE WHEN {c} IS NULL THEN 1 ELSE 0 END",
];

#[test]
fn every_column_of_every_kind_of_event_counts() {
    let world = World::new();
    let mut changes = 0;
    let one_of_each = world.keys("SELECT min(position) FROM events GROUP BY event_type");
    for column in columns(&world.file, "events") {
        for position in &one_of_each {
            let position = int(position);
            for other in &OTHERS[..2] {
                let other = other.replace("{c}", &column);
                let sql = format!(
                    "UPDATE events SET {column} = {other}
                     WHERE position = {position} AND {column} IS NOT {other}"
                );
                if let Some(found) = world.found_in_log(|intruder| intruder.execute(&sql, [])) {
                    // A moved event is missed where it was, or met where it is.
                    found.at(&[position, position + 1], &sql);
                    changes += 1;
                }
            }
        }
    }
    assert!(changes > 300, "{changes}");
}

#[test]
fn every_column_of_every_row_counts() {
    let world = World::new();
    let mut changed = BTreeSet::new();
    for (table, key) in STATE {
        let rows = world.keys(&format!("SELECT DISTINCT {key} FROM {table}"));
        assert!(!rows.is_empty(), "{table}");
        for column in columns(&world.file, table) {
            for row in &rows {
                let row = int(row);
                for other in OTHERS {
                    let other = other.replace("{c}", &column);
                    let sql = format!(
                        "UPDATE {table} SET {column} = {other}
                         WHERE {key} = {row} AND {column} IS NOT {other}"
                    );
                    if let Some(found) = world.found(|intruder| intruder.execute(&sql, [])) {
                        // The new key may be all that is left to name.
                        found.at(&[row, row + 1, 0, 1], &sql);
                        changed.insert(format!("{table}.{column}"));
                    }
                }
            }
        }
    }
    let all: BTreeSet<_> = STATE
        .iter()
        .flat_map(|(table, _)| {
            let columns = columns(&world.file, table);
            columns
                .into_iter()
                .map(move |column| format!("{table}.{column}"))
        })
        .collect();
    assert_eq!(changed, all, "every column was changed in some row");
}

#[test]
fn every_row_that_is_missing_or_too_many_is_found() {
    let world = World::new();
    for (table, key) in STATE {
        for row in world.keys(&format!("SELECT DISTINCT {key} FROM {table}")) {
            let row = int(&row);
            let sql = format!("DELETE FROM {table} WHERE {key} = {row}");
            let found = world.found(|intruder| intruder.execute(&sql, []));
            found.unwrap().at(&[row], &sql);
        }
        let columns = columns(&world.file, table);
        // A copy under a key that nobody has.
        let copied: Vec<_> = columns
            .iter()
            .map(|column| {
                if column == key {
                    "9999"
                } else if (column == "name" && table == "login_names")
                    || (column == "external_id" && table == "idp_links")
                {
                    "'nobody'"
                } else {
                    column
                }
            })
            .collect();
        let sql = format!(
            "INSERT INTO {table} SELECT {} FROM {table} LIMIT 1",
            copied.join(", ")
        );
        let found = world.found(|intruder| intruder.execute(&sql, [])).unwrap();
        assert!(!found.0.is_empty(), "{sql}");
    }
}

#[test]
fn a_name_more_and_a_name_of_another_form_are_found() {
    let world = World::new();
    for sql in [
        "INSERT INTO login_names VALUES ('ann@acme.example', 3010)",
        "UPDATE login_names SET name = 'ann@acme.example' WHERE user_id = 3010",
    ] {
        let found = world.found(|intruder| intruder.execute(sql, []));
        found.unwrap().at(&[3_010], sql);
    }
}

#[test]
fn an_event_that_is_missing_is_found() {
    let world = World::new();
    let last = int(&world.keys("SELECT max(position) FROM events")[0]);
    for position in 1..last {
        let sql = format!("DELETE FROM events WHERE position = {position}");
        let found = world.found_in_log(|intruder| intruder.execute(&sql, []));
        found.unwrap().at(&[position + 1], &sql);
    }
    // The last one is missed by the row that it made.
    let sql = format!("DELETE FROM events WHERE position = {last}");
    let found = world.found_in_log(|intruder| intruder.execute(&sql, []));
    found.unwrap().at(&[4_003], &sql);
}

#[test]
fn events_that_change_places_are_found() {
    let world = World::new();
    let last = int(&world.keys("SELECT max(position) FROM events")[0]);
    for (one, other) in (1..last)
        .map(|one| (one, one + 1))
        .chain([(1, last), (2, last / 2)])
    {
        let found = world.found_in_log(|intruder| {
            intruder.execute_batch(&format!(
                "UPDATE events SET position = -1 WHERE position = {one};
                 UPDATE events SET position = {one} WHERE position = {other};
                 UPDATE events SET position = {other} WHERE position = -1;"
            ))?;
            Ok(1)
        });
        let what = format!("{one} and {other}");
        let found = found.unwrap();
        found.at(&[one], &what);
        found.at(&[other], &what);
    }
}

#[test]
fn an_event_that_was_slipped_in_is_found() {
    let world = World::new();
    let last = int(&world.keys("SELECT max(position) FROM events")[0]);
    let columns = "aggregate_type, aggregate_id, 999, event_type, revision, created_at, creator, \
                   owner, payload, link";
    for position in [last + 1, last + 7, 0, -1] {
        for copied in [1, last / 2, last] {
            let sql = format!(
                "INSERT INTO events SELECT {position}, {columns} FROM events
                 WHERE position = {copied}"
            );
            let found = world.found_in_log(|intruder| intruder.execute(&sql, []));
            found.unwrap().at(&[position], &sql);
        }
    }
    // In the middle, with all that follows moved on.
    let middle = last / 2;
    let found = world.found_in_log(|intruder| {
        intruder.execute_batch(&format!(
            "UPDATE events SET position = -position - 1 WHERE position >= {middle};
             UPDATE events SET position = -position WHERE position < 0;
             INSERT INTO events SELECT {middle}, {columns} FROM events WHERE position = 1;"
        ))?;
        Ok(1)
    });
    found.unwrap().at(&[middle], "in the middle");
}

#[test]
fn every_bit_of_every_payload_counts() {
    let world = World::new();
    let intruder = raw(&world.file);
    let mut statement = intruder
        .prepare_cached(
            "SELECT position, CAST(payload AS BLOB) FROM events WHERE payload IS NOT NULL",
        )
        .unwrap();
    let payloads = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect::<Vec<(i64, Vec<u8>)>>();
    drop(statement);
    let mut flipped = 0;
    for (position, payload) in payloads {
        // A bit in each seventh byte, another one each time.
        for index in (0..payload.len()).step_by(7) {
            let mut payload = payload.clone();
            payload[index] ^= 1 << (flipped % 8);
            let sql = "UPDATE events SET payload = CAST(?1 AS TEXT) WHERE position = ?2";
            let found = world.found_in_log(|intruder| {
                intruder.execute(sql, rusqlite::params![payload, position])
            });
            let what = format!("bit {} of byte {index} of event {position}", flipped % 8);
            found.unwrap().at(&[position], &what);
            flipped += 1;
        }
    }
    assert!(flipped > 200, "{flipped}");
}

#[test]
fn names_of_event_types_and_the_schema_are_tested_too() {
    let world = World::new();
    for code in world.keys("SELECT code FROM event_types") {
        let code = int(&code);
        for sql in [
            format!("UPDATE event_types SET name = name || 'x' WHERE code = {code}"),
            format!("UPDATE event_types SET code = 999 WHERE code = {code}"),
            format!("DELETE FROM event_types WHERE code = {code}"),
        ] {
            let found = world.found(|intruder| intruder.execute(&sql, []));
            found.unwrap().at(&[code], &sql);
        }
    }
    // Triggers that are not put back.
    let mut copied = world.copy();
    copied.drop_triggers();
    copied.triggers.clear();
    let found = copied.verified();
    let said: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "the schema: `events_are_never_changed` is missing",
            "the schema: `events_are_never_deleted` is missing",
        ]
    );
}

#[test]
fn a_cut_tail_shows_in_the_head() {
    let world = World::new();
    let whole = verified(&world.file);
    let mut copied = world.copy();
    copied.drop_triggers();
    copied
        .intruder
        .execute_batch(
            "DELETE FROM events WHERE aggregate_id = 4003;
             DELETE FROM sessions WHERE id = 4003;",
        )
        .unwrap();
    let path = copied.path.clone();
    assert_eq!(
        copied.verified(),
        [],
        "from inside the file it cannot be seen"
    );
    let cut = verified(&path);
    assert!(cut.head < whole.head && cut.link != whole.link);
    // What is left is a whole database, as an older copy would be.
    drop(open(&path, &Options::default()));
}
