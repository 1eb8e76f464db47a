//! How events make a session.

use super::{
    CheckedUser, Factors, Metadata, OtpChallenges, Proof, Session, SessionState, TokenState,
    WebAuthnFactor,
};
use crate::domain::event::{Event, RecordedEvent, SessionAdded, SessionEvent};
use crate::domain::ids::{Sequence, SessionId, UserId, given_user_key};
use crate::domain::time::Timestamp;

/// The session right after `session.added`.
pub fn added(id: SessionId, creator: UserId, at: Timestamp, event: SessionAdded) -> Session {
    Session {
        id,
        state: SessionState::Active,
        sequence: Sequence::new(1),
        created_at: at,
        changed_at: at,
        creator,
        user: None,
        factors: Factors::default(),
        web_auth_n_challenge: None,
        otp_challenges: OtpChallenges::default(),
        metadata: Metadata::new(),
        user_agent: event.user_agent,
        expires_at: None,
        token: None,
    }
}

/// The session after one more event, written at `at`.
pub fn evolve(mut session: Session, at: Timestamp, event: &SessionEvent) -> Session {
    session.sequence = session.sequence.next();
    session.changed_at = at;
    session.otp_challenges.evolve(at, event);
    match event {
        SessionEvent::UserChecked(checked) => {
            session.user = Some(CheckedUser {
                id: given_user_key(&checked.user_id),
                organization: checked.user_resource_owner,
                checked_at: checked.checked_at,
            });
        }
        SessionEvent::PasswordChecked(checked) => {
            session.factors.password = Some(checked.checked_at);
        }
        SessionEvent::TotpChecked(checked) => session.factors.totp = Some(checked.checked_at),
        SessionEvent::OtpSmsChecked(checked) => session.factors.otp_sms = Some(checked.checked_at),
        SessionEvent::OtpEmailChecked(checked) => {
            session.factors.otp_email = Some(checked.checked_at);
        }
        SessionEvent::RecoveryCodeChecked(checked) => {
            session.factors.recovery_code = Some(checked.checked_at);
        }
        SessionEvent::Added(_)
        | SessionEvent::PasskeySigned(_)
        | SessionEvent::U2fSigned(_)
        | SessionEvent::OtpSmsChallenged(_)
        | SessionEvent::OtpEmailChallenged(_) => {}
        SessionEvent::IntentChecked(checked) => {
            session.factors.intent = Some(checked.checked_at);
        }
        SessionEvent::WebAuthnChallenged(challenge) => {
            session.web_auth_n_challenge = Some(challenge.clone());
        }
        SessionEvent::WebAuthnChecked(checked) => {
            session.factors.web_auth_n = Some(WebAuthnFactor {
                checked_at: checked.checked_at,
                user_verified: checked.user_verified,
            });
            session.web_auth_n_challenge = None;
        }
        SessionEvent::MetadataSet(set) => session.metadata.clone_from(&set.metadata),
        SessionEvent::LifetimeSet(set) => session.expires_at = Some(at.plus(set.lifetime)),
        SessionEvent::TokenSet(set) => {
            let proof = set
                .hash
                .clone()
                .map_or_else(|| Proof::Fingerprint(set.token_id.clone()), Proof::Hash);
            session.token = Some(TokenState {
                issued_at: session.sequence,
                proof,
            });
        }
        SessionEvent::Terminated(_) => session.state = SessionState::Terminated,
    }
    session
}

/// The session that a history makes; `None` where it does not begin with `session.added`.
pub fn fold(history: &[RecordedEvent]) -> Option<Session> {
    let mut session = None;
    for recorded in history {
        let Event::Session(event) = &recorded.event else {
            return None;
        };
        session = match (session, event) {
            (None, SessionEvent::Added(first)) => {
                let id = SessionId::new(recorded.aggregate.key());
                Some(added(
                    id,
                    recorded.creator,
                    recorded.created_at,
                    first.clone(),
                ))
            }
            (None, _) => return None,
            (Some(session), event) => Some(evolve(session, recorded.created_at, event)),
        };
    }
    session
}
