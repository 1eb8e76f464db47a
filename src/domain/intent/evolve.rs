//! How events make an intent.

use super::{Intent, Outcome, Phase};
use crate::domain::event::{Event, IntentEvent, IntentStarted, IntentSucceeded, RecordedEvent};
use crate::domain::ids::{IntentId, Sequence, given_user_key};
use crate::domain::secret::SealedSecret;
use crate::domain::time::Timestamp;
use crate::domain::user::StoredSecret;

/// The intent right after its first event; `None` if that is not `idpintent.started`.
pub fn first(id: IntentId, at: Timestamp, event: &IntentEvent) -> Option<Intent> {
    let IntentEvent::Started(started) = event else {
        return None;
    };
    let IntentStarted {
        success_url,
        failure_url,
        idp_id,
        handshake_id,
        handshake,
    } = started.clone();
    Some(Intent {
        id,
        sequence: Sequence::new(1),
        created_at: at,
        changed_at: at,
        idp_id,
        success_url,
        failure_url,
        phase: Phase::Started {
            handshake: stored(handshake, handshake_id),
        },
    })
}

/// The intent after one more event, written at `at`.
pub fn evolve(mut intent: Intent, at: Timestamp, event: &IntentEvent) -> Intent {
    intent.sequence = intent.sequence.next();
    intent.changed_at = at;
    match event {
        IntentEvent::Started(_) => {}
        IntentEvent::Succeeded(succeeded) => {
            intent.phase = Phase::Succeeded(outcome(succeeded.clone()));
        }
        IntentEvent::Failed(_) => intent.phase = Phase::Failed,
        IntentEvent::Consumed(_) => intent.phase = Phase::Consumed,
    }
    intent
}

fn outcome(succeeded: IntentSucceeded) -> Outcome {
    Outcome {
        external_id: succeeded.idp_user_id,
        external_name: succeeded.idp_user_name,
        user: succeeded.user_id.as_deref().map(given_user_key),
        expires_at: succeeded.expires_at,
        identity: stored(succeeded.identity, succeeded.identity_id),
    }
}

fn stored(sealed: Option<SealedSecret>, fingerprint: String) -> StoredSecret {
    sealed.map_or(StoredSecret::Fingerprint(fingerprint), StoredSecret::Sealed)
}

/// The intent that a history makes; `None` where it does not begin with `idpintent.started`.
pub fn fold(history: &[RecordedEvent]) -> Option<Intent> {
    let mut intent = None;
    for recorded in history {
        let Event::Intent(event) = &recorded.event else {
            return None;
        };
        let at = recorded.created_at;
        intent = match intent {
            None => Some(first(IntentId::new(recorded.aggregate.key()), at, event)?),
            Some(intent) => Some(evolve(intent, at, event)),
        };
    }
    intent
}
