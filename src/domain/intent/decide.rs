//! What an intent answers to a command: an event or a refusal.

use super::{Intent, IntentError, Outcome, Phase, STARTED_FOR, SUCCEEDED_FOR};
use crate::domain::event::{IntentEvent, IntentFailed, IntentStarted, IntentSucceeded, Nothing};
use crate::domain::ids::UserId;
use crate::domain::permission::Authority;
use crate::domain::secret::SealedSecret;
use crate::domain::time::Timestamp;

/// A login to start at a provider that is known to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// The provider.
    pub idp_id: String,
    /// Where the browser is sent when all went well.
    pub success_url: String,
    /// Where it is sent when something did not.
    pub failure_url: String,
    /// What the provider's answer must fit, encrypted.
    pub handshake: SealedSecret,
    /// Its fingerprint, for the event.
    pub fingerprint: String,
}

/// Starts a login.
pub fn start(_authority: &Authority, new: NewIntent) -> IntentEvent {
    IntentEvent::Started(IntentStarted {
        success_url: new.success_url,
        failure_url: new.failure_url,
        idp_id: new.idp_id,
        handshake_id: new.fingerprint,
        handshake: Some(new.handshake),
    })
}

/// What the provider's answer must fit, of a login whose browser comes back in time.
///
/// # Errors
/// [`IntentError::NotStarted`]; [`IntentError::StartedTooLongAgo`].
pub fn startable(intent: &Intent, now: Timestamp) -> Result<&SealedSecret, IntentError> {
    let Phase::Started { handshake } = &intent.phase else {
        return Err(IntentError::NotStarted);
    };
    if intent.created_at.plus(STARTED_FOR) <= now {
        return Err(IntentError::StartedTooLongAgo);
    }
    handshake.sealed().ok_or(IntentError::NotStarted)
}

/// What a provider said, with all of it encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The user's id there.
    pub external_id: String,
    /// The user's name there.
    pub external_name: String,
    /// The id, as clients know it, of the user here who is linked to it.
    pub user: Option<String>,
    /// All that was said.
    pub identity: SealedSecret,
    /// Its fingerprint, for the event.
    pub fingerprint: String,
}

/// Ends a login well.
///
/// # Errors
/// [`IntentError::NotStarted`].
pub fn succeed(
    intent: &Intent,
    now: Timestamp,
    proven: Proven,
) -> Result<IntentEvent, IntentError> {
    let Phase::Started { .. } = intent.phase else {
        return Err(IntentError::NotStarted);
    };
    Ok(IntentEvent::Succeeded(IntentSucceeded {
        idp_user_id: proven.external_id,
        idp_user_name: proven.external_name,
        user_id: proven.user,
        expires_at: now.plus(SUCCEEDED_FOR),
        identity_id: proven.fingerprint,
        identity: Some(proven.identity),
    }))
}

/// Ends a login that came to nothing.
///
/// # Errors
/// [`IntentError::NotStarted`].
pub fn fail(intent: &Intent, reason: &str) -> Result<IntentEvent, IntentError> {
    let Phase::Started { .. } = intent.phase else {
        return Err(IntentError::NotStarted);
    };
    Ok(IntentEvent::Failed(IntentFailed {
        reason: reason.to_owned(),
    }))
}

/// What came of an intent that is to be read.
///
/// # Errors
/// [`IntentError::ReadNotSucceeded`]; [`IntentError::ReadExpired`].
pub fn readable(intent: &Intent, now: Timestamp) -> Result<&Outcome, IntentError> {
    match &intent.phase {
        Phase::Succeeded(outcome) if outcome.expires_at > now => Ok(outcome),
        Phase::Succeeded(_) => Err(IntentError::ReadExpired),
        Phase::Started { .. } | Phase::Failed | Phase::Consumed => {
            Err(IntentError::ReadNotSucceeded)
        }
    }
}

/// Tests that an intent proves who the user of a session is. `linked` is who has the link now.
///
/// ZITADEL looks at the link alone where the intent names nobody; here it must be there in any case,
/// so that a link that was removed meanwhile opens nothing.
///
/// # Errors
/// [`IntentError::NotSucceeded`]; [`IntentError::Expired`]; [`IntentError::OtherUser`].
pub fn judge(
    intent: &Intent,
    user: UserId,
    linked: Option<UserId>,
    now: Timestamp,
) -> Result<(), IntentError> {
    let Phase::Succeeded(outcome) = &intent.phase else {
        return Err(IntentError::NotSucceeded);
    };
    if outcome.expires_at <= now {
        return Err(IntentError::Expired);
    }
    let named = outcome.user.is_none_or(|named| named == user);
    if named && linked == Some(user) {
        Ok(())
    } else {
        Err(IntentError::OtherUser)
    }
}

/// Uses an intent up, in the transaction of the session's check.
pub fn consume(_authority: &Authority) -> IntentEvent {
    IntentEvent::Consumed(Nothing {})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::ids::IntentId;
    use crate::domain::intent::{evolve, first};

    const ANN: UserId = UserId::new(7);
    const BOB: UserId = UserId::new(8);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn started() -> Intent {
        let event = start(
            &Authority::system(),
            NewIntent {
                idp_id: "1".to_owned(),
                success_url: "https://a/ok".to_owned(),
                failure_url: "https://a/no".to_owned(),
                handshake: SealedSecret::new("x1.h"),
                fingerprint: "h".to_owned(),
            },
        );
        first(IntentId::new(5), at(0), &event).unwrap()
    }

    fn succeeded(user: Option<&str>) -> Intent {
        let proven = Proven {
            external_id: "ext".to_owned(),
            external_name: "ann".to_owned(),
            user: user.map(str::to_owned),
            identity: SealedSecret::new("x1.i"),
            fingerprint: "i".to_owned(),
        };
        let event = succeed(&started(), at(10), proven).unwrap();
        evolve(started(), at(10), &event)
    }

    fn failed() -> Intent {
        let event = fail(&started(), "access_denied").unwrap();
        evolve(started(), at(10), &event)
    }

    fn consumed() -> Intent {
        evolve(succeeded(Some("7")), at(20), &consume(&Authority::system()))
    }

    #[test]
    fn a_browser_comes_back_once_and_within_an_hour() {
        let id = |intent: &Intent, now| {
            let answer = startable(intent, at(now));
            answer
                .map(|sealed| sealed.as_str().to_owned())
                .map_err(|error| error.id().to_owned())
        };
        assert_eq!(id(&started(), 3_599).as_deref(), Ok("x1.h"));
        assert_eq!(id(&started(), 3_600), Err("BTZ-1ntLt".to_owned()));
        for intent in [succeeded(None), failed(), consumed()] {
            assert_eq!(id(&intent, 11), Err("IDP-Sfrgs".to_owned()));
            assert_eq!(fail(&intent, "x"), Err(IntentError::NotStarted));
        }
    }

    #[test]
    fn what_was_said_is_read_until_it_is_used_or_too_old() {
        let id = |intent: &Intent, now| {
            readable(intent, at(now))
                .map(|outcome| outcome.external_id.clone())
                .map_err(|error| error.id())
        };
        let intent = succeeded(None);
        assert_eq!(id(&intent, 3_609).as_deref(), Ok("ext"));
        assert_eq!(id(&intent, 3_610), Err("IDP-Afb2s"));
        for intent in [started(), failed(), consumed()] {
            assert_eq!(id(&intent, 11), Err("IDP-nme4gszsvx"));
        }
    }

    #[test]
    fn an_intent_proves_the_one_it_names_or_the_one_who_is_linked() {
        let (named, nameless) = (succeeded(Some("7")), succeeded(None));
        let table = [
            (&named, ANN, Some(ANN), 11, Ok(())),
            (&nameless, ANN, Some(ANN), 11, Ok(())),
            // Linked to another one, to nobody, and named before the link moved.
            (&named, BOB, Some(ANN), 11, Err("COMMAND-O8xk3w")),
            (&named, BOB, Some(BOB), 11, Err("COMMAND-O8xk3w")),
            (&named, ANN, None, 11, Err("COMMAND-O8xk3w")),
            (&nameless, ANN, None, 11, Err("COMMAND-O8xk3w")),
            (&nameless, ANN, Some(BOB), 11, Err("COMMAND-O8xk3w")),
            // The age is told before the user.
            (&named, ANN, Some(ANN), 3_609, Ok(())),
            (&named, BOB, Some(ANN), 3_610, Err("COMMAND-SAf42")),
            (&started(), ANN, Some(ANN), 11, Err("COMMAND-Df4bw")),
            (&failed(), ANN, Some(ANN), 11, Err("COMMAND-Df4bw")),
            (&consumed(), ANN, Some(ANN), 9_999, Err("COMMAND-Df4bw")),
        ];
        for (intent, user, linked, now, expected) in table {
            let judged = judge(intent, user, linked, at(now)).map_err(|error| error.id());
            assert_eq!(judged, expected, "{intent:?} {user} {linked:?} {now}");
        }
    }

    #[test]
    fn a_used_intent_keeps_nothing_of_what_was_said() {
        let intent = consumed();
        assert_eq!(intent.phase, Phase::Consumed);
        assert_eq!(intent.sequence.number(), 3);
        assert_eq!(intent.changed_at, at(20));
    }
}
