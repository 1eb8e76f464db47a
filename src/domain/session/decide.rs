//! What a session answers to a command: events or a refusal.
//!
//! Whatever had to be looked up or proven was looked up and proven before, and comes in as a fact.

use super::{Metadata, Session, SessionError, UserAgent, added, evolve};
use crate::domain::event::{
    FactorChecked, LifetimeSet, MetadataSet, OtpEmailChallenged, OtpSmsChallenged, SessionAdded,
    SessionEvent, SessionTerminated, TokenSet, UserChecked, WebAuthnChecked, WebAuthnSigned,
};
use crate::domain::ids::{OrgId, SessionId, UserId, WebAuthnKeyId};
use crate::domain::permission::Authority;
use crate::domain::secret::HashText;
use crate::domain::time::{Span, Timestamp};
use crate::domain::webauthn::{KeyKind, WebAuthnChallenge};

/// A user that was found and is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFact {
    /// The user.
    pub id: UserId,
    /// The id as the client knows it.
    pub public_id: String,
    /// The user's organisation.
    pub organization: OrgId,
    /// The user's language.
    pub preferred_language: Option<String>,
}

/// What one call changes. Checks stand here as facts: they have succeeded.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a factor that was proven or not"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The user check.
    pub user: Option<UserFact>,
    /// The password was proven.
    pub password: bool,
    /// An identity provider vouched for the user.
    pub intent: bool,
    /// One of the user's passkeys or security keys has signed the challenge of the session.
    pub web_auth_n: Option<WebAuthnProven>,
    /// A code of the user's authenticator app was proven.
    pub totp: bool,
    /// The code by SMS that the session waited for was given back.
    pub otp_sms: bool,
    /// The code by e-mail that the session waited for was given back.
    pub otp_email: bool,
    /// One of the user's recovery codes was proven.
    pub recovery_code: bool,
    /// What a passkey or security key is asked to sign.
    pub web_auth_n_challenge: Option<WebAuthnChallenge>,
    /// A code was made that goes out by SMS.
    pub otp_sms_challenge: Option<OtpSmsChallenged>,
    /// A code was made that goes out by e-mail.
    pub otp_email_challenge: Option<OtpEmailChallenged>,
    /// Keys to set; an empty value removes its key.
    pub metadata: Metadata,
    /// How long the session lives from now on.
    pub lifetime: Option<Span>,
}

/// A signature that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebAuthnProven {
    /// What the key is for.
    pub kind: KeyKind,
    /// The key.
    pub key: WebAuthnKeyId,
    /// Its signature counter.
    pub sign_count: u32,
    /// The authenticator verified its user.
    pub user_verified: bool,
}

impl WebAuthnProven {
    fn events(self, now: Timestamp) -> [SessionEvent; 2] {
        let signed = WebAuthnSigned {
            key: self.key,
            sign_count: self.sign_count,
        };
        let checked = WebAuthnChecked {
            checked_at: now,
            user_verified: self.user_verified,
        };
        [
            SessionEvent::WebAuthnChecked(checked),
            match self.kind {
                KeyKind::Passkey => SessionEvent::PasskeySigned(signed),
                KeyKind::U2f => SessionEvent::U2fSigned(signed),
            },
        ]
    }
}

/// A token for the sequence it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenMade {
    /// Fingerprint of the hash.
    pub fingerprint: String,
    /// The hash for the row.
    pub hash: HashText,
}

/// The events of a new session up to its token, and the session they make.
///
/// The token comes last, made for the session's next sequence: see [`TokenMade`].
pub fn create(
    id: SessionId,
    authority: &Authority,
    now: Timestamp,
    user_agent: Option<UserAgent>,
    changes: &Changes,
) -> (Session, Vec<SessionEvent>) {
    let first = SessionAdded {
        user_agent: user_agent.filter(|agent| !agent.is_empty()),
    };
    let mut session = added(id, authority.actor(), now, first.clone());
    let mut events = vec![SessionEvent::Added(first)];
    for event in changed(&session, now, changes) {
        session = evolve(session, now, &event);
        events.push(event);
    }
    (session, events)
}

/// A session that has not ended; it may have expired.
#[derive(Debug, Clone, Copy)]
pub struct LiveSession<'a>(&'a Session);

impl<'a> LiveSession<'a> {
    pub(super) const fn of(session: &'a Session) -> Self {
        Self(session)
    }

    /// Ends it. `reason` names the event of the user that brought it about, if one did.
    pub fn terminate(self, _authority: &Authority, reason: Option<&str>) -> SessionEvent {
        SessionEvent::Terminated(SessionTerminated {
            reason: reason.map(str::to_owned),
        })
    }

    /// The session as one that can be changed.
    ///
    /// # Errors
    /// [`SessionError::Expired`] when its lifetime is over.
    pub fn active(self, now: Timestamp) -> Result<ActiveSession<'a>, SessionError> {
        if self.0.expired(now) {
            Err(SessionError::Expired)
        } else {
            Ok(ActiveSession(self.0))
        }
    }
}

/// A session that can be changed.
#[derive(Debug, Clone, Copy)]
pub struct ActiveSession<'a>(&'a Session);

impl ActiveSession<'_> {
    /// Whether this user may be checked: the session's own, or any while it has none.
    ///
    /// # Errors
    /// [`SessionError::UserChange`] for another user than the session's.
    pub fn accepts(self, user: UserId) -> Result<(), SessionError> {
        if self.0.user.is_none() || self.0.is_of(user) {
            Ok(())
        } else {
            Err(SessionError::UserChange)
        }
    }

    /// The events of a call, without the token that follows them; none if nothing changes.
    pub fn change(
        self,
        _authority: &Authority,
        now: Timestamp,
        changes: &Changes,
    ) -> Vec<SessionEvent> {
        changed(self.0, now, changes)
    }
}

impl TokenMade {
    /// The event that ends every effective call: it gives the session this token.
    pub fn into_event(self) -> SessionEvent {
        SessionEvent::TokenSet(TokenSet {
            token_id: self.fingerprint,
            hash: Some(self.hash),
        })
    }
}

/// Checks in their fixed order, then metadata, then lifetime (spec section 8.3).
fn changed(session: &Session, now: Timestamp, changes: &Changes) -> Vec<SessionEvent> {
    let mut events = Vec::with_capacity(6);
    if let Some(user) = &changes.user {
        events.push(SessionEvent::UserChecked(UserChecked {
            user_id: user.public_id.clone(),
            user_resource_owner: user.organization,
            checked_at: now,
            preferred_language: user.preferred_language.clone(),
        }));
    }
    if changes.password {
        events.push(SessionEvent::PasswordChecked(FactorChecked {
            checked_at: now,
        }));
    }
    if changes.intent {
        events.push(SessionEvent::IntentChecked(FactorChecked {
            checked_at: now,
        }));
    }
    if let Some(proven) = changes.web_auth_n {
        events.extend(proven.events(now));
    }
    if changes.totp {
        events.push(SessionEvent::TotpChecked(FactorChecked { checked_at: now }));
    }
    let checked = FactorChecked { checked_at: now };
    events.extend(
        changes
            .otp_sms
            .then_some(SessionEvent::OtpSmsChecked(checked)),
    );
    events.extend(
        changes
            .otp_email
            .then_some(SessionEvent::OtpEmailChecked(checked)),
    );
    events.extend(
        changes
            .recovery_code
            .then_some(SessionEvent::RecoveryCodeChecked(checked)),
    );
    if let Some(challenge) = &changes.web_auth_n_challenge {
        events.push(SessionEvent::WebAuthnChallenged(challenge.clone()));
    }
    let sms = changes.otp_sms_challenge.clone();
    events.extend(sms.map(SessionEvent::OtpSmsChallenged));
    let email = changes.otp_email_challenge.clone();
    events.extend(email.map(SessionEvent::OtpEmailChallenged));
    if let Some(metadata) = merged(&session.metadata, &changes.metadata) {
        events.push(SessionEvent::MetadataSet(MetadataSet { metadata }));
    }
    if let Some(lifetime) = changes.lifetime {
        events.push(SessionEvent::LifetimeSet(LifetimeSet { lifetime }));
    }
    events
}

/// The map after a merge as ZITADEL documents it; `None` when the call has no effect.
///
/// A pair that is set again counts as a change, the removal of an absent key does not.
fn merged(current: &Metadata, changes: &Metadata) -> Option<Metadata> {
    let effective = changes
        .iter()
        .any(|(key, value)| !value.is_empty() || current.contains_key(key));
    if !effective {
        return None;
    }
    let mut map = current.clone();
    for (key, value) in changes {
        if value.is_empty() {
            map.remove(key);
        } else {
            map.insert(key.clone(), value.clone());
        }
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Sequence;
    use crate::domain::session::SessionState;
    use crate::domain::webauthn::UserVerification;

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn authority() -> Authority {
        Authority::system()
    }

    fn map(pairs: &[(&str, &str)]) -> Metadata {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    fn user() -> UserFact {
        UserFact {
            id: UserId::new(7),
            public_id: "7".to_owned(),
            organization: OrgId::new(3),
            preferred_language: None,
        }
    }

    fn challenge() -> WebAuthnChallenge {
        WebAuthnChallenge {
            challenge: "Y2g".to_owned(),
            allowed: vec!["aWQ".to_owned()],
            user_verification: UserVerification::Required,
            rp_id: "localhost".to_owned(),
        }
    }

    fn names(events: &[SessionEvent]) -> Vec<&'static str> {
        events
            .iter()
            .map(|event| crate::domain::event::event_name(event.code()).unwrap())
            .collect()
    }

    #[test]
    fn events_of_a_call_stand_in_their_fixed_order() {
        let changes = Changes {
            user: Some(user()),
            password: true,
            intent: true,
            web_auth_n: Some(WebAuthnProven {
                kind: KeyKind::Passkey,
                key: WebAuthnKeyId::new(5),
                sign_count: 3,
                user_verified: true,
            }),
            totp: true,
            web_auth_n_challenge: Some(challenge()),
            otp_sms: true,
            otp_email: true,
            recovery_code: true,
            otp_sms_challenge: Some(OtpSmsChallenged {
                expiry: Span::from_seconds(300),
                code_returned: false,
                digest: "sms".to_owned(),
            }),
            otp_email_challenge: Some(OtpEmailChallenged {
                expiry: Span::from_seconds(300),
                return_code: false,
                url_tmpl: None,
                digest: "email".to_owned(),
            }),
            metadata: map(&[("k", "v")]),
            lifetime: Some(Span::from_seconds(60)),
        };
        let (session, events) = create(SessionId::new(1), &authority(), NOW, None, &changes);
        assert_eq!(
            names(&events),
            [
                "session.added",
                "session.user.checked",
                "session.password.checked",
                "session.intent.checked",
                "session.webAuthN.checked",
                "user.human.passwordless.token.signcount.changed",
                "session.totp.checked",
                "session.otp.sms.checked",
                "session.otp.email.checked",
                "session.recoveryCode.checked",
                "session.webAuthN.challenged",
                "session.otp.sms.challenged",
                "session.otp.email.challenged",
                "session.metadata.set",
                "session.lifetime.set",
            ]
        );
        assert_eq!(session.sequence, Sequence::new(15));
        // The check ends the challenge of an earlier call, not that of its own.
        assert_eq!(session.web_auth_n_challenge, Some(challenge()));
        assert_eq!(session.expires_at, Some(NOW.plus(Span::from_seconds(60))));
        assert!(session.is_of(UserId::new(7)));
    }

    #[test]
    fn metadata_merges_as_documented() {
        let table = [
            (map(&[]), map(&[]), None),
            (map(&[]), map(&[("a", "")]), None),
            (map(&[("a", "1")]), map(&[("b", "")]), None),
            (
                map(&[("a", "1")]),
                map(&[("b", "2")]),
                Some(map(&[("a", "1"), ("b", "2")])),
            ),
            (map(&[("a", "1")]), map(&[("a", "")]), Some(map(&[]))),
            (
                map(&[("a", "1")]),
                map(&[("a", "1")]),
                Some(map(&[("a", "1")])),
            ),
            (
                map(&[("a", "1")]),
                map(&[("a", ""), ("b", "2")]),
                Some(map(&[("b", "2")])),
            ),
        ];
        for (current, changes, expected) in table {
            assert_eq!(
                merged(&current, &changes),
                expected,
                "{current:?} + {changes:?}"
            );
        }
    }

    #[test]
    fn an_expired_session_cannot_be_changed_but_ended() {
        let changes = Changes {
            lifetime: Some(Span::from_seconds(1)),
            ..Changes::default()
        };
        let (session, _) = create(SessionId::new(1), &authority(), NOW, None, &changes);
        let end = NOW.plus(Span::from_seconds(1));
        let live = session.live().unwrap();
        assert!(live.active(end).is_ok(), "the last moment still counts");
        let after = Timestamp::from_micros(end.micros() + 1);
        assert_eq!(live.active(after).unwrap_err(), SessionError::Expired);
        assert_eq!(
            names(&[live.terminate(&authority(), None)]),
            ["session.terminated"]
        );
    }

    #[test]
    fn a_terminated_session_yields_nothing() {
        let (session, _) = create(
            SessionId::new(1),
            &authority(),
            NOW,
            None,
            &Changes::default(),
        );
        let event = session.live().unwrap().terminate(&authority(), None);
        let ended = evolve(session, NOW, &event);
        assert_eq!(ended.state, SessionState::Terminated);
        assert!(ended.live().is_none());
    }

    #[test]
    fn the_same_user_may_be_checked_again_another_may_not() {
        let changes = Changes {
            user: Some(user()),
            ..Changes::default()
        };
        let (session, _) = create(SessionId::new(1), &authority(), NOW, None, &changes);
        let active = session.live().unwrap().active(NOW).unwrap();
        assert_eq!(active.accepts(UserId::new(7)), Ok(()));
        assert_eq!(
            active.accepts(UserId::new(8)),
            Err(SessionError::UserChange)
        );
        let (empty, _) = create(
            SessionId::new(2),
            &authority(),
            NOW,
            None,
            &Changes::default(),
        );
        assert_eq!(
            empty
                .live()
                .unwrap()
                .active(NOW)
                .unwrap()
                .accepts(UserId::new(8)),
            Ok(())
        );
    }

    #[test]
    fn an_empty_user_agent_is_none() {
        let (session, _) = create(
            SessionId::new(1),
            &authority(),
            NOW,
            Some(UserAgent::default()),
            &Changes::default(),
        );
        assert_eq!(session.user_agent, None);
    }
}
