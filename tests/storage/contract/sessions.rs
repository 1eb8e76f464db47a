//! Rows of sessions.

use std::collections::BTreeMap;

use bartizan::domain::event::{
    Aggregate, Event, Nothing, OtpEmailChallenged, OtpSmsChallenged, SessionEvent, UserEvent,
};
use bartizan::domain::ids::{SessionId, UserId, WebAuthnKeyId};
use bartizan::domain::session::{Changes, SessionState, UserAgent, WebAuthnProven};
use bartizan::domain::time::Span;
use bartizan::domain::webauthn::{KeyKind, UserVerification, WebAuthnChallenge};
use bartizan::ports::{Commit, EndSessions, Store, StoreError, Whose};

use crate::fixture::{
    ADMIN, INSTANCE, all_events, at, change_session, change_user, end_session, fact, first_start,
    history, new_human, new_machine, new_session, new_session_on, set_key, tied_to, written,
};

pub(crate) async fn a_session_is_read_back_as_it_was_written(store: &dyn Store) {
    written(store, first_start()).await;
    let (user, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let agent = UserAgent {
        fingerprint_id: Some("device".to_owned()),
        ip: Some("::1".to_owned()),
        description: Some("a \"quoted\" \u{1f600} text".to_owned()),
        header: BTreeMap::from([("Accept".to_owned(), vec!["a".to_owned(), String::new()])]),
    };
    let only_fingerprint = UserAgent {
        fingerprint_id: Some("device".to_owned()),
        ..UserAgent::default()
    };
    let only_ip = UserAgent {
        ip: Some("127.0.0.1".to_owned()),
        ..UserAgent::default()
    };
    let full = Changes {
        user: Some(fact(&user)),
        password: true,
        intent: true,
        web_auth_n: Some(WebAuthnProven {
            kind: KeyKind::U2f,
            key: WebAuthnKeyId::new(5),
            sign_count: 9,
            user_verified: false,
        }),
        totp: true,
        web_auth_n_challenge: Some(WebAuthnChallenge {
            challenge: "c".to_owned(),
            allowed: Vec::new(),
            user_verification: UserVerification::Required,
            rp_id: "localhost".to_owned(),
        }),
        otp_sms: true,
        otp_email: true,
        recovery_code: true,
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
        metadata: BTreeMap::from([
            (String::new(), vec![0, 255]),
            ("k\u{e4}y".to_owned(), b"v".to_vec()),
        ]),
        lifetime: Some(Span::from_seconds(60)),
    };
    let cases = [
        (None, Changes::default()),
        (Some(agent), full),
        (Some(only_fingerprint), tied_to(&user)),
        (Some(only_ip), set_key("a")),
    ];
    for (id, (agent, changes)) in (1..).zip(cases) {
        let (session, commit) = new_session_on(agent, id, at(id), &changes);
        written(store, commit).await;
        assert_eq!(store.session(session.id).await.unwrap(), Some(session));
    }
    assert_eq!(store.session(SessionId::new(99)).await.unwrap(), None);
}

pub(crate) async fn a_change_is_read_back(store: &dyn Store) {
    written(store, first_start()).await;
    let (user, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (mut session, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    let password = Changes {
        password: true,
        ..Changes::default()
    };
    let lifetime = Changes {
        lifetime: Some(Span::from_seconds(9)),
        ..Changes::default()
    };
    let without_key = Changes {
        metadata: BTreeMap::from([("k".to_owned(), Vec::new())]),
        ..Changes::default()
    };
    let steps = [
        tied_to(&user),
        password,
        set_key("a"),
        lifetime,
        without_key,
    ];
    for (micros, changes) in (2..).zip(steps) {
        let (changed, commit) = change_session(&session, at(micros), &changes);
        written(store, commit).await;
        session = changed;
        assert_eq!(
            store.session(session.id).await.unwrap().as_ref(),
            Some(&session)
        );
    }
}

pub(crate) async fn an_ended_session_stays_readable(store: &dyn Store) {
    written(store, first_start()).await;
    let (session, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    let (ended, commit) = end_session(&session, at(2));
    written(store, commit).await;
    let row = store.session(session.id).await.unwrap().unwrap();
    assert_eq!((row.state, &row), (SessionState::Terminated, &ended));
    let state = store.session_state(session.id).await.unwrap();
    assert_eq!(state, Some(SessionState::Terminated));
    let view = store.session_view(session.id).await.unwrap().unwrap();
    assert_eq!((view.session, view.user), (ended, None));
}

pub(crate) async fn a_view_shows_the_user(store: &dyn Store) {
    written(store, first_start()).await;
    let (user, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (session, commit) = new_session(1, at(1), &tied_to(&user));
    written(store, commit).await;
    let state = store.session_state(session.id).await.unwrap();
    assert_eq!(state, Some(SessionState::Active));
    assert_eq!(store.session_state(SessionId::new(2)).await.unwrap(), None);
    let view = store.session_view(session.id).await.unwrap().unwrap();
    assert_eq!(view.session, session);
    let shown = view.user.unwrap();
    assert_eq!(shown.public_id, "7");
    assert_eq!(shown.username, "ann");
    assert_eq!(shown.org_domain, "acme.example");
    assert_eq!(shown.display_name.as_deref(), Some("Ann ann"));
    assert_eq!(
        (shown.active, shown.password_changed_at),
        (true, Some(at(0)))
    );

    let (_, commit) = change_user(&user, at(2), vec![UserEvent::Locked(Nothing {})]);
    written(store, commit).await;
    let view = store.session_view(session.id).await.unwrap().unwrap();
    assert!(!view.user.unwrap().active);
    assert_eq!(store.session_view(SessionId::new(2)).await.unwrap(), None);
}

pub(crate) async fn a_view_of_a_service_user_has_no_display_name(store: &dyn Store) {
    written(store, first_start()).await;
    let (user, commit) = new_machine(UserId::new(7), "robot");
    written(store, commit).await;
    let (session, commit) = new_session(1, at(1), &tied_to(&user));
    written(store, commit).await;
    let shown = store.session_view(session.id).await.unwrap().unwrap();
    let shown = shown.user.unwrap();
    assert_eq!(
        (shown.display_name, shown.password_changed_at),
        (None, None)
    );
}

pub(crate) async fn sessions_of_a_user_end_together(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (bob, commit) = new_human(UserId::new(8), "bob");
    written(store, commit).await;
    for id in 1..=40 {
        let (_, commit) = new_session(id, at(id), &tied_to(&ann));
        written(store, commit).await;
    }
    let (ended, commit) = new_session(50, at(50), &tied_to(&ann));
    written(store, commit).await;
    let (ended, commit) = end_session(&ended, at(51));
    written(store, commit).await;
    let (others, commit) = new_session(60, at(60), &tied_to(&bob));
    written(store, commit).await;
    let (nobodys, commit) = new_session(61, at(61), &Changes::default());
    written(store, commit).await;

    let (_, mut commit) = change_user(&ann, at(100), vec![UserEvent::Locked(Nothing {})]);
    commit.end_sessions = Some(EndSessions::because(ann.id, "user.locked"));
    let events_before = all_events(store).await.len();
    let committed = store.commit(commit).await.unwrap();
    assert_eq!(committed.ended.count, 40);
    assert_eq!(
        committed.ended.ids,
        (1..=40).map(SessionId::new).collect::<Vec<_>>()
    );
    assert_eq!(committed.position, store.head().await.unwrap().position);
    assert_eq!(all_events(store).await.len(), events_before + 41);
    for id in 1..=40 {
        let row = store.session(SessionId::new(id)).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.changed_at),
            (SessionState::Terminated, at(100))
        );
        let last = history(store, Aggregate::Session(row.id))
            .await
            .pop()
            .unwrap();
        assert_eq!(
            (last.creator, last.owner, last.created_at),
            (ADMIN, INSTANCE.key(), at(100))
        );
        assert_eq!(last.sequence, row.sequence);
        let Event::Session(SessionEvent::Terminated(why)) = last.event else {
            panic!("{last:?}");
        };
        assert_eq!(why.reason.as_deref(), Some("user.locked"));
    }
    for session in [ended, others, nobodys] {
        assert_eq!(store.session(session.id).await.unwrap(), Some(session));
    }
}

pub(crate) async fn ending_sessions_never_goes_back_in_time(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (session, commit) = new_session(1, at(500), &tied_to(&ann));
    written(store, commit).await;
    let (_, mut commit) = change_user(&ann, at(100), vec![UserEvent::Removed(Nothing {})]);
    commit.end_sessions = Some(EndSessions::because(ann.id, "user.removed"));
    written(store, commit).await;
    let row = store.session(session.id).await.unwrap().unwrap();
    assert_eq!(
        (row.state, row.changed_at),
        (SessionState::Terminated, at(500))
    );
}

pub(crate) async fn all_but_one_end_if_that_one_is_as_it_was(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (kept, commit) = new_session(1, at(1), &tied_to(&ann));
    written(store, commit).await;
    let mut others = Vec::new();
    // More than are read at a time, and more than are named.
    for id in 2..=1_102 {
        others.push(new_session(id, at(id), &tied_to(&ann)).1);
    }
    for commit in others {
        written(store, commit).await;
    }
    let end = |sequence| {
        let mut commit = Commit::new(at(2_000), ADMIN, Vec::new());
        commit.end_sessions = Some(EndSessions {
            whose: Whose::User(ann.id),
            keep: Some((kept.id, sequence)),
            reason: None,
        });
        commit
    };
    let head = store.head().await.unwrap();
    let refused = store.commit(end(kept.sequence.next())).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict(Aggregate::Session(id))) if id == kept.id),
        "{refused:?}"
    );
    assert_eq!(store.head().await.unwrap(), head);

    let committed = store.commit(end(kept.sequence)).await.unwrap();
    assert_eq!(committed.ended.count, 1_101);
    assert_eq!(
        committed.ended.ids,
        (2..1_002).map(SessionId::new).collect::<Vec<_>>()
    );
    assert_eq!(committed.position.number(), head.position.number() + 1_101);
    assert_eq!(store.session(kept.id).await.unwrap(), Some(kept));
    for id in 2..=1_102 {
        let row = store.session(SessionId::new(id)).await.unwrap().unwrap();
        assert_eq!(row.state, SessionState::Terminated);
    }
}
