//! A world to write into a store: decisions of the domain turned into commits.

use std::collections::BTreeMap;
use std::panic::Location;

use bartizan::domain::event::{
    Aggregate, Event, HumanAdded, InstanceAdded, InstanceEvent, IntentEvent, IntentStarted,
    IntentSucceeded, MachineAdded, OrgAdded, OrgDomain, OrgEvent, RecordedEvent, SessionEvent,
    UserEvent, UsernameChanged,
};
use bartizan::domain::ids::{InstanceId, IntentId, OrgId, Position, Sequence, SessionId, UserId};
use bartizan::domain::intent::{self, Intent};
use bartizan::domain::org::{evolve_instance, evolve_org, first_instance, first_org};
use bartizan::domain::permission::{Authority, Caller, Credential};
use bartizan::domain::secret::{HashText, SealedSecret};
use bartizan::domain::session::{self, Changes, Session, TokenMade, UserAgent, UserFact};
use bartizan::domain::time::Timestamp;
use bartizan::domain::user::{self, User, login_name};
use bartizan::ports::{Append, Commit, EventQuery, LinkHash, Seal, State, Store};

pub(crate) const INSTANCE: InstanceId = InstanceId::new(1_000);
pub(crate) const ORG: OrgId = OrgId::new(2_000);
pub(crate) const ADMIN: UserId = UserId::new(3_000);

/// The authority of who makes all this.
fn authority() -> Authority {
    let admin = Caller {
        user: ADMIN,
        organization: ORG,
        credential: Credential::CommandLine,
        memberships: Vec::new(),
        from: None,
    };
    admin.authority()
}

/// A moment so many microseconds after a fixed one.
pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_783_661_559_000_000 + micros)
}

/// A seal with a key that everybody knows.
#[derive(Debug)]
pub(crate) struct TestSeal;

impl Seal for TestSeal {
    fn link(&self, previous: &LinkHash, event: &[u8]) -> LinkHash {
        let mut hasher = blake3::Hasher::new_keyed(&[7; 32]);
        hasher.update(previous).update(event);
        let mut link = [0; 16];
        link.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        link
    }
}

/// The fingerprint of a stored hash, as events carry it.
pub(crate) fn fingerprint(hash: &HashText) -> String {
    digest(hash.as_str(), 22)
}

/// A hash that looks like one of ours.
pub(crate) fn hash_of(secret: &str) -> HashText {
    let digest = digest(secret, 43);
    HashText::new(format!(
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA${digest}"
    ))
}

fn digest(text: &str, length: usize) -> String {
    let digest = blake3::hash(text.as_bytes()).to_hex();
    digest.chars().take(length).collect()
}

fn append(expected: Sequence, owner: i64, events: Vec<Event>, state: State) -> Append {
    Append {
        expected,
        owner,
        events,
        state,
    }
}

/// Instance and organisation, as the first start makes them.
pub(crate) fn first_start() -> Commit {
    let instance = InstanceEvent::Added(InstanceAdded {
        name: "test".to_owned(),
    });
    let state = first_instance(INSTANCE, at(0), &instance).unwrap();
    let events = vec![Event::Instance(instance)];
    let instance = append(
        Sequence::NONE,
        INSTANCE.key(),
        events,
        State::Instance(state),
    );
    Commit::new(
        at(0),
        UserId::SYSTEM,
        vec![instance, new_org(ORG, "acme.example")],
    )
}

/// An organisation with its domain.
pub(crate) fn new_org(id: OrgId, domain: &str) -> Append {
    let added = OrgEvent::Added(OrgAdded {
        name: domain.to_owned(),
    });
    let named = OrgEvent::PrimaryDomainSet(OrgDomain {
        domain: domain.to_owned(),
    });
    let org = evolve_org(first_org(id, at(0), &added).unwrap(), at(0), &named);
    let events = vec![Event::Org(added), Event::Org(named)];
    append(Sequence::NONE, id.key(), events, State::Org(org))
}

/// A new user out of its events, with its login name.
pub(crate) fn new_user(id: UserId, now: Timestamp, events: Vec<UserEvent>) -> (User, Commit) {
    let (head, tail) = events.split_first().unwrap();
    let first = user::first(id, ORG, now, head).unwrap();
    let user = tail
        .iter()
        .fold(first, |user, event| user::evolve(user, now, event));
    let events = events.into_iter().map(Event::User).collect();
    let state = State::User(Box::new(user.clone()));
    let mut commit = Commit::new(
        now,
        ADMIN,
        vec![append(Sequence::NONE, ORG.key(), events, state)],
    );
    commit.login_names = vec![(id, login_name::normalize(&user.username))];
    (user, commit)
}

/// A person who can log in.
pub(crate) fn new_human(id: UserId, name: &str) -> (User, Commit) {
    new_user(id, at(0), vec![UserEvent::HumanAdded(human_added(name))])
}

pub(crate) fn human_added(name: &str) -> HumanAdded {
    let hash = hash_of(name);
    HumanAdded {
        user_name: name.to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "Ample".to_owned(),
        display_name: format!("Ann {name}"),
        email: format!("{name}@mail.example"),
        hash_id: Some(fingerprint(&hash)),
        hash: Some(hash),
        ..HumanAdded::default()
    }
}

/// A service user.
pub(crate) fn new_machine(id: UserId, name: &str) -> (User, Commit) {
    let added = MachineAdded {
        user_name: name.to_owned(),
        name: name.to_owned(),
        ..MachineAdded::default()
    };
    new_user(id, at(0), vec![UserEvent::MachineAdded(added)])
}

/// A login at an identity provider, owned by the instance.
pub(crate) fn new_intent(id: i64, now: Timestamp) -> (Intent, Commit) {
    let handshake = "x1.handshake";
    let event = IntentEvent::Started(IntentStarted {
        success_url: "https://login.example/ok".to_owned(),
        failure_url: "https://login.example/no".to_owned(),
        idp_id: "acme".to_owned(),
        handshake_id: fingerprint(&HashText::new(handshake)),
        handshake: Some(SealedSecret::new(handshake)),
    });
    let intent = intent::first(IntentId::new(id), now, &event).unwrap();
    let append = of_intent(Sequence::NONE, event, &intent);
    (intent, Commit::new(now, ADMIN, vec![append]))
}

/// One more event of a login.
pub(crate) fn change_intent(
    intent: &Intent,
    now: Timestamp,
    event: IntentEvent,
) -> (Intent, Commit) {
    let after = intent::evolve(intent.clone(), now, &event);
    let append = of_intent(intent.sequence, event, &after);
    (after, Commit::new(now, ADMIN, vec![append]))
}

fn of_intent(expected: Sequence, event: IntentEvent, after: &Intent) -> Append {
    let state = State::Intent(Box::new(after.clone()));
    append(expected, INSTANCE.key(), vec![Event::Intent(event)], state)
}

/// That a login went well.
pub(crate) fn succeeded(user: Option<UserId>) -> IntentEvent {
    let identity = "x1.identity";
    IntentEvent::Succeeded(IntentSucceeded {
        idp_user_id: "ann there".to_owned(),
        idp_user_name: "ann".to_owned(),
        user_id: user.map(|user| user.to_string()),
        expires_at: at(3_720),
        identity_id: fingerprint(&HashText::new(identity)),
        identity: Some(SealedSecret::new(identity)),
    })
}

/// More events of a user.
pub(crate) fn change_user(user: &User, now: Timestamp, events: Vec<UserEvent>) -> (User, Commit) {
    let after = events
        .iter()
        .fold(user.clone(), |user, event| user::evolve(user, now, event));
    let events = events.into_iter().map(Event::User).collect();
    let state = State::User(Box::new(after.clone()));
    let append = append(user.sequence, ORG.key(), events, state);
    (after, Commit::new(now, ADMIN, vec![append]))
}

/// A user under another name.
pub(crate) fn renamed(user: &User, now: Timestamp, name: &str) -> (User, Commit) {
    let changed = UserEvent::UsernameChanged(UsernameChanged {
        user_name: name.to_owned(),
    });
    let (user, mut commit) = change_user(user, now, vec![changed]);
    commit.login_names = vec![(user.id, login_name::normalize(name))];
    (user, commit)
}

/// What ties a session to a user.
pub(crate) fn fact(user: &User) -> UserFact {
    UserFact {
        id: user.id,
        public_id: user.public_id(),
        organization: user.organization,
        preferred_language: user.preferred_language().map(str::to_owned),
    }
}

fn with_token(
    expected: Sequence,
    mut session: Session,
    now: Timestamp,
    mut events: Vec<SessionEvent>,
) -> (Session, Commit) {
    let hash = hash_of(&format!("{} {}", session.id, session.sequence.next()));
    let token = TokenMade {
        fingerprint: fingerprint(&hash),
        hash,
    };
    let event = token.into_event();
    session = session::evolve(session, now, &event);
    events.push(event);
    (
        session.clone(),
        commit_session(expected, session, now, events),
    )
}

/// A commit of a session's events.
pub(crate) fn commit_session(
    expected: Sequence,
    session: Session,
    now: Timestamp,
    events: Vec<SessionEvent>,
) -> Commit {
    let events = events.into_iter().map(Event::Session).collect();
    let user = session.user.as_ref().map(|user| user.id);
    let state = State::Session(Box::new(session));
    let append = append(expected, INSTANCE.key(), events, state);
    let mut commit = Commit::new(now, ADMIN, vec![append]);
    commit.active_users.extend(user);
    commit
}

/// A new session.
pub(crate) fn new_session(id: i64, now: Timestamp, changes: &Changes) -> (Session, Commit) {
    new_session_on(None, id, now, changes)
}

/// A new session on a device.
pub(crate) fn new_session_on(
    agent: Option<UserAgent>,
    id: i64,
    now: Timestamp,
    changes: &Changes,
) -> (Session, Commit) {
    let id = SessionId::new(id);
    let (session, events) = session::create(id, &authority(), now, agent, changes);
    let (session, mut commit) = with_token(Sequence::NONE, session, now, events);
    if changes.user.is_none() {
        commit.active_users.clear();
    }
    (session, commit)
}

/// More events of a session.
pub(crate) fn change_session(
    session: &Session,
    now: Timestamp,
    changes: &Changes,
) -> (Session, Commit) {
    let active = session.live().unwrap().active(now).unwrap();
    let events = active.change(&authority(), now, changes);
    let after = events.iter().fold(session.clone(), |session, event| {
        session::evolve(session, now, event)
    });
    with_token(session.sequence, after, now, events)
}

/// Events of a session that no command yields.
pub(crate) fn session_events(
    session: &Session,
    now: Timestamp,
    events: impl IntoIterator<Item = SessionEvent>,
) -> Commit {
    let events: Vec<_> = events.into_iter().collect();
    let after = events.iter().fold(session.clone(), |session, event| {
        session::evolve(session, now, event)
    });
    commit_session(session.sequence, after, now, events)
}

/// The end of a session.
pub(crate) fn end_session(session: &Session, now: Timestamp) -> (Session, Commit) {
    let event = session.live().unwrap().terminate(&authority(), None);
    let after = session::evolve(session.clone(), now, &event);
    let mut commit = commit_session(session.sequence, after.clone(), now, vec![event]);
    commit.active_users.clear();
    (after, commit)
}

/// Writes what must succeed.
#[track_caller]
pub(crate) fn written(store: &dyn Store, commit: Commit) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let answer = store.commit(commit).await;
        assert!(answer.is_ok(), "{answer:?} at {caller}");
    }
}

/// All events from the beginning.
pub(crate) async fn all_events(store: &dyn Store) -> Vec<RecordedEvent> {
    events(store, None).await
}

/// The events of one aggregate.
pub(crate) async fn history(store: &dyn Store, aggregate: Aggregate) -> Vec<RecordedEvent> {
    events(store, Some(aggregate)).await
}

async fn events(store: &dyn Store, aggregate: Option<Aggregate>) -> Vec<RecordedEvent> {
    let query = EventQuery {
        after: Position::START,
        aggregate,
        kind: None,
        limit: 1_000_000,
    };
    store.events(query).await.unwrap()
}

/// A change that ties a session to a user.
pub(crate) fn tied_to(user: &User) -> Changes {
    Changes {
        user: Some(fact(user)),
        ..Changes::default()
    }
}

/// A change of one key of a session's metadata.
pub(crate) fn set_key(value: &str) -> Changes {
    Changes {
        metadata: BTreeMap::from([("k".to_owned(), value.as_bytes().to_vec())]),
        ..Changes::default()
    }
}

/// One more event of the instance.
pub(crate) async fn change_instance(store: &dyn Store, now: Timestamp, event: Event) {
    let before = store.instance().await.unwrap().unwrap();
    let Event::Instance(change) = &event else {
        panic!("{event:?}");
    };
    let after = evolve_instance(before.clone(), now, change);
    let append = append(
        before.sequence,
        before.id.key(),
        vec![event],
        State::Instance(after),
    );
    written(store, Commit::new(now, ADMIN, vec![append])).await;
}

/// One more event of an organisation.
pub(crate) async fn change_org(store: &dyn Store, id: OrgId, now: Timestamp, event: Event) {
    let before = store.org(id).await.unwrap().unwrap();
    let Event::Org(change) = &event else {
        panic!("{event:?}");
    };
    let after = evolve_org(before.clone(), now, change);
    let append = append(before.sequence, id.key(), vec![event], State::Org(after));
    written(store, Commit::new(now, ADMIN, vec![append])).await;
}

/// The same new user in another organisation.
pub(crate) fn owned_by(organization: OrgId, user: &User, commit: Commit) -> Commit {
    let mut commit = commit;
    commit.appends[0].owner = organization.key();
    commit.appends[0].state = State::User(Box::new(User {
        organization,
        ..user.clone()
    }));
    commit
}
