//! Logins at identity providers, and links to their users.

use bartizan::domain::event::{
    Aggregate, IdpLinkAdded, IdpLinkRemoved, IntentEvent, IntentFailed, Nothing, UserEvent,
};
use bartizan::domain::ids::{IntentId, UserId};
use bartizan::domain::intent;
use bartizan::domain::user::{IdpLink, StoredSecret};
use bartizan::ports::{Store, StoreError};

use crate::fixture::{
    at, change_intent, change_user, fingerprint, first_start, history, new_human, new_intent,
    succeeded, written,
};

fn link(idp: &str, external: &str) -> IdpLink {
    IdpLink {
        idp_id: idp.to_owned(),
        external_id: external.to_owned(),
        name: "somebody".to_owned(),
    }
}

fn added(idp: &str, external: &str) -> UserEvent {
    UserEvent::IdpLinkAdded(IdpLinkAdded {
        idp_config_id: idp.to_owned(),
        user_id: external.to_owned(),
        display_name: "somebody".to_owned(),
    })
}

pub(crate) async fn an_intent_is_read_back_as_it_was_written(store: &dyn Store) {
    written(store, first_start()).await;
    let failed = IntentEvent::Failed(IntentFailed {
        reason: "access_denied".to_owned(),
    });
    let consumed = IntentEvent::Consumed(Nothing {});
    for (id, events) in [
        (1, vec![]),
        (2, vec![succeeded(None)]),
        (3, vec![succeeded(Some(UserId::new(7)))]),
        (4, vec![failed]),
        (5, vec![succeeded(None), consumed]),
    ] {
        let (mut intent, commit) = new_intent(id, at(1));
        written(store, commit).await;
        for event in events {
            let (after, commit) = change_intent(&intent, at(2), event);
            written(store, commit).await;
            intent = after;
        }
        let row = store.intent(intent.id).await.unwrap();
        assert_eq!(row.as_ref(), Some(&intent));
        // And the log says the same, but for what is sealed.
        let mut row = row.unwrap();
        let print = |secret: &mut StoredSecret| {
            *secret = StoredSecret::Fingerprint(secret.fingerprint(fingerprint));
        };
        match &mut row.phase {
            intent::Phase::Started { handshake } => print(handshake),
            intent::Phase::Succeeded(outcome) => print(&mut outcome.identity),
            intent::Phase::Failed | intent::Phase::Consumed => {}
        }
        let events = history(store, Aggregate::Intent(intent.id)).await;
        assert_eq!(intent::fold(&events), Some(row));
    }
    assert_eq!(store.intent(IntentId::new(99)).await.unwrap(), None);
}

pub(crate) async fn an_intent_is_used_once(store: &dyn Store) {
    written(store, first_start()).await;
    let (intent, commit) = new_intent(1, at(1));
    written(store, commit).await;
    let (intent, commit) = change_intent(&intent, at(2), succeeded(None));
    written(store, commit).await;
    let (_, first) = change_intent(&intent, at(3), IntentEvent::Consumed(Nothing {}));
    let second = first.clone();
    written(store, first).await;
    let refused = store.commit(second).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Conflict(Aggregate::Intent(_))
    ));
}

pub(crate) async fn a_user_of_a_provider_is_linked_once(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (bob, commit) = new_human(UserId::new(8), "bob");
    written(store, commit).await;
    let (ann, commit) = change_user(&ann, at(1), vec![added("b", "1"), added("a", "1")]);
    written(store, commit).await;
    let links = store.idp_links(ann.id).await.unwrap();
    assert_eq!(links, [link("a", "1"), link("b", "1")]);
    assert_eq!(store.idp_link_owner("a", "1").await.unwrap(), Some(ann.id));
    for nobody in [("a", "2"), ("c", "1"), ("", "")] {
        assert_eq!(
            store.idp_link_owner(nobody.0, nobody.1).await.unwrap(),
            None
        );
    }
    for events in [
        vec![added("a", "1")],
        vec![added("c", "1"), added("a", "1")],
        vec![added("c", "1"), added("c", "1")],
    ] {
        let (_, commit) = change_user(&bob, at(2), events);
        let refused = store.commit(commit).await.unwrap_err();
        assert!(matches!(refused, StoreError::IdpLinkTaken), "{refused}");
        assert_eq!(store.idp_links(bob.id).await.unwrap(), []);
        assert_eq!(store.user(bob.id).await.unwrap().as_ref(), Some(&bob));
    }
    // Free once it is removed, and once its user is.
    let removed = UserEvent::IdpLinkRemoved(IdpLinkRemoved {
        idp_config_id: "a".to_owned(),
        user_id: "1".to_owned(),
    });
    let (ann, commit) = change_user(&ann, at(3), vec![removed]);
    written(store, commit).await;
    assert_eq!(store.idp_links(ann.id).await.unwrap(), [link("b", "1")]);
    let (bob, commit) = change_user(&bob, at(3), vec![added("a", "1")]);
    written(store, commit).await;
    let (_, commit) = change_user(&ann, at(4), vec![UserEvent::Removed(Nothing {})]);
    written(store, commit).await;
    assert_eq!(store.idp_link_owner("b", "1").await.unwrap(), None);
    let (_, commit) = change_user(&bob, at(5), vec![added("b", "1")]);
    written(store, commit).await;
}
