//! Passkeys and security keys of a user, and the codes with which passkeys are registered.
//!
//! Whether a signature is right is found out before; here it is decided what follows.

use serde::{Deserialize, Serialize};

use super::{Human, User, UserError, UserState};
use crate::domain::event::{
    PasskeyCodeAdded, PasskeyCodeChecked, UserEvent, WebAuthnAdded, WebAuthnRemoved,
    WebAuthnSigned, WebAuthnVerified,
};
use crate::domain::ids::{PasskeyCodeId, UserId, WebAuthnKeyId};
use crate::domain::permission::Authority;
use crate::domain::time::{Span, Timestamp};
use crate::domain::webauthn::{KeyKind, counter_rises};

/// Keys of a user at most, registrations that are open among them: they stand in the user's row.
const MOST_KEYS: usize = 32;
/// Open registrations of one kind at most: another one takes the place of the oldest.
const MOST_OPEN: usize = 4;
/// Codes that wait at most: another one takes the place of the oldest.
const MOST_CODES: usize = 8;
/// Wrong answers to a code after which it is void.
const MOST_FAILURES: u8 = 10;

/// What a user has of passkeys and security keys: the form of its column, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAuthnKeys {
    /// The keys, oldest first.
    pub keys: Vec<WebAuthnKey>,
    /// The codes that wait for being used, oldest first.
    pub codes: Vec<PasskeyCode>,
}

/// A passkey or security key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAuthnKey {
    /// Its id.
    pub id: WebAuthnKeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// The domain that it is bound to.
    pub rp_id: String,
    /// How far it is.
    pub state: KeyState,
}

/// How far a key is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It has yet to prove itself.
    Registering(Registration),
    /// It can be used.
    Ready(Credential),
}

/// A registration that waits for the authenticator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// What the authenticator has to sign, as base64url.
    pub challenge: String,
    /// Who opened it with a code, and may go on with it.
    pub opened_by: Option<UserId>,
}

/// What an authenticator has proven to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The name that the user gave it.
    pub name: String,
    /// The id that the authenticator gave it, as base64url.
    pub key_id: String,
    /// The public key, in the form that the verifier reads.
    pub public_key: String,
    /// The signature counter of the last signature.
    pub sign_count: u32,
}

/// A code with which a passkey can be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyCode {
    /// Its id.
    pub id: PasskeyCodeId,
    /// Base64url of the keyed digest.
    pub digest: String,
    /// The moment from which it is refused.
    pub expires_at: Timestamp,
    /// Wrong answers so far.
    pub failures: u8,
}

impl WebAuthnKey {
    /// What the authenticator has proven to have, if it has.
    pub const fn credential(&self) -> Option<&Credential> {
        match &self.state {
            KeyState::Ready(credential) => Some(credential),
            KeyState::Registering(_) => None,
        }
    }
}

impl WebAuthnKeys {
    /// Whether there is nothing at all.
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.codes.is_empty()
    }

    /// The keys that can be used, oldest first.
    pub fn ready(&self, kind: KeyKind) -> impl Iterator<Item = (&WebAuthnKey, &Credential)> {
        self.keys
            .iter()
            .filter(move |key| key.kind == kind)
            .filter_map(|key| Some((key, key.credential()?)))
    }

    /// Whether a security key can be used as a second factor.
    pub fn u2f_ready(&self) -> bool {
        self.ready(KeyKind::U2f).next().is_some()
    }

    fn of_kind(&self, kind: KeyKind, id: WebAuthnKeyId) -> Option<&WebAuthnKey> {
        self.keys
            .iter()
            .find(|key| key.id == id && key.kind == kind)
    }

    fn open(&self, kind: KeyKind) -> impl DoubleEndedIterator<Item = &WebAuthnKey> {
        self.keys
            .iter()
            .filter(move |key| key.kind == kind && key.credential().is_none())
    }

    /// What an event of the user makes of them.
    pub(super) fn evolve(&mut self, at: Timestamp, event: &UserEvent) {
        if let UserEvent::PasskeyAdded(added) = event {
            self.keys.push(registering(KeyKind::Passkey, added));
        } else if let UserEvent::U2fAdded(added) = event {
            self.keys.push(registering(KeyKind::U2f, added));
        } else if let UserEvent::PasskeyVerified(verified) | UserEvent::U2fVerified(verified) =
            event
        {
            if let Some(key) = self.keys.iter_mut().find(|key| key.id == verified.key) {
                key.state = KeyState::Ready(Credential {
                    name: verified.name.clone(),
                    key_id: verified.key_id.clone(),
                    public_key: verified.public_key.clone(),
                    sign_count: verified.sign_count,
                });
            }
        } else if let UserEvent::PasskeyRemoved(removed) | UserEvent::U2fRemoved(removed) = event {
            self.keys.retain(|key| key.id != removed.key);
        } else if let UserEvent::PasskeyCheckSucceeded(signed)
        | UserEvent::U2fCheckSucceeded(signed) = event
        {
            self.signed(signed);
        } else if matches!(event, UserEvent::Removed(_)) {
            *self = Self::default();
        } else {
            self.evolve_codes(at, event);
        }
    }

    fn signed(&mut self, signed: &WebAuthnSigned) {
        let mut keys = self.keys.iter_mut();
        if let Some(key) = keys.find(|key| key.id == signed.key)
            && let KeyState::Ready(credential) = &mut key.state
        {
            credential.sign_count = signed.sign_count;
        }
    }

    fn evolve_codes(&mut self, at: Timestamp, event: &UserEvent) {
        if let UserEvent::PasskeyCodeAdded(added) | UserEvent::PasskeyCodeRequested(added) = event {
            self.codes.retain(|code| code.expires_at > at);
            if self.codes.len() >= MOST_CODES {
                self.codes.remove(0);
            }
            self.codes.push(PasskeyCode {
                id: added.id,
                digest: added.digest.clone(),
                expires_at: at.plus(added.expiry),
                failures: 0,
            });
        } else if let UserEvent::PasskeyCodeCheckSucceeded(checked) = event {
            self.codes.retain(|code| code.id != checked.id);
        } else if let UserEvent::PasskeyCodeCheckFailed(checked) = event {
            if let Some(code) = self.codes.iter_mut().find(|code| code.id == checked.id) {
                code.failures = code.failures.saturating_add(1);
            }
            self.codes.retain(|code| code.failures < MOST_FAILURES);
        }
    }
}

fn registering(kind: KeyKind, added: &WebAuthnAdded) -> WebAuthnKey {
    WebAuthnKey {
        id: added.key,
        kind,
        rp_id: added.rp_id.clone(),
        state: KeyState::Registering(Registration {
            challenge: added.challenge.clone(),
            opened_by: added.opened_by,
        }),
    }
}

/// How authenticators name the user, as bytes: its id, which never changes. They take 64 bytes at most
/// (WebAuthn level 2 section 5.4.3), so a longer id that a client chose gives way to the key.
pub fn user_handle(user: &User) -> String {
    const LONGEST: usize = 64;
    let public = user.public_id();
    if public.len() <= LONGEST {
        public
    } else {
        user.id.to_string()
    }
}

fn person(user: &User) -> Option<&Human> {
    user.human().filter(|_| user.exists())
}

/// A key to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its id.
    pub id: WebAuthnKeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// The domain that it is to be bound to.
    pub rp_id: String,
    /// What the authenticator has to sign, as base64url.
    pub challenge: String,
    /// Who opens it with a code.
    pub opened_by: Option<UserId>,
}

/// Opens a registration. The oldest one that was never finished gives way where there are many.
///
/// # Errors
/// [`UserError::WebAuthnUserNotFound`] for nobody and for machines; [`UserError::WebAuthnTooMany`].
pub fn register_key(
    _authority: &Authority,
    user: &User,
    new: NewKey,
) -> Result<Vec<UserEvent>, UserError> {
    let human = person(user).ok_or(UserError::WebAuthnUserNotFound)?;
    let keys = &human.web_auth_n;
    let open = keys.open(new.kind).count();
    let excess = (open + 1).saturating_sub(MOST_OPEN);
    if keys.keys.len() - excess >= MOST_KEYS {
        return Err(UserError::WebAuthnTooMany);
    }
    let dropped = keys.open(new.kind).take(excess);
    let mut events: Vec<_> = dropped.map(|key| removed(new.kind, key.id)).collect();
    let added = WebAuthnAdded {
        key: new.id,
        challenge: new.challenge,
        rp_id: new.rp_id,
        opened_by: new.opened_by,
    };
    events.push(match new.kind {
        KeyKind::Passkey => UserEvent::PasskeyAdded(added),
        KeyKind::U2f => UserEvent::U2fAdded(added),
    });
    Ok(events)
}

const fn removed(kind: KeyKind, key: WebAuthnKeyId) -> UserEvent {
    let removed = WebAuthnRemoved { key };
    match kind {
        KeyKind::Passkey => UserEvent::PasskeyRemoved(removed),
        KeyKind::U2f => UserEvent::U2fRemoved(removed),
    }
}

/// A registration that is open, with the domain of its key.
///
/// # Errors
/// [`UserError::WebAuthnNotRegistering`].
pub fn verifiable_key(
    user: &User,
    kind: KeyKind,
    id: WebAuthnKeyId,
) -> Result<(&Registration, &str), UserError> {
    let key = person(user).and_then(|human| human.web_auth_n.of_kind(kind, id));
    match key {
        Some(WebAuthnKey {
            state: KeyState::Registering(registration),
            rp_id,
            ..
        }) => Ok((registration, rp_id)),
        Some(_) | None => Err(UserError::WebAuthnNotRegistering),
    }
}

/// Makes a key usable that has proven itself.
///
/// # Errors
/// As [`verifiable_key`].
pub fn verify_key(
    _authority: &Authority,
    user: &User,
    kind: KeyKind,
    id: WebAuthnKeyId,
    credential: Credential,
) -> Result<UserEvent, UserError> {
    verifiable_key(user, kind, id)?;
    let verified = WebAuthnVerified {
        key: id,
        key_id: credential.key_id,
        public_key: credential.public_key,
        name: credential.name,
        sign_count: credential.sign_count,
    };
    Ok(match kind {
        KeyKind::Passkey => UserEvent::PasskeyVerified(verified),
        KeyKind::U2f => UserEvent::U2fVerified(verified),
    })
}

/// Removes a key or an open registration.
///
/// # Errors
/// [`UserError::WebAuthnNotFound`].
pub fn remove_key(
    _authority: &Authority,
    user: &User,
    kind: KeyKind,
    id: WebAuthnKeyId,
) -> Result<UserEvent, UserError> {
    person(user)
        .and_then(|human| human.web_auth_n.of_kind(kind, id))
        .map(|key| removed(kind, key.id))
        .ok_or(UserError::WebAuthnNotFound)
}

/// A code that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskeyCode {
    /// Its id.
    pub id: PasskeyCodeId,
    /// Base64url of the keyed digest.
    pub digest: String,
    /// How long it is good.
    pub expiry: Span,
    /// Whether the caller gets it in the answer; else it is sent.
    pub returned: bool,
}

/// Gives a person a code with which a passkey can be registered.
///
/// # Errors
/// [`UserError::WebAuthnUserNotFound`] for nobody and for machines.
pub fn add_passkey_code(
    _authority: &Authority,
    user: &User,
    new: NewPasskeyCode,
) -> Result<UserEvent, UserError> {
    person(user).ok_or(UserError::WebAuthnUserNotFound)?;
    let added = PasskeyCodeAdded {
        id: new.id,
        expiry: new.expiry,
        digest: new.digest,
    };
    Ok(if new.returned {
        UserEvent::PasskeyCodeAdded(added)
    } else {
        UserEvent::PasskeyCodeRequested(added)
    })
}

/// Judges a code by its digest: the event that uses it up. A wrong answer is told apart from a code
/// that does not exist by what is to be written about it, as `PasskeyCodeCheckFailed`.
///
/// # Errors
/// What is to be written, or nothing, behind [`UserError::PasskeyCodeInvalid`].
pub fn judge_passkey_code(
    user: &User,
    id: PasskeyCodeId,
    digest: &str,
    now: Timestamp,
) -> Result<UserEvent, Option<PasskeyCodeChecked>> {
    let codes = person(user).map(|human| &human.web_auth_n.codes);
    let mut codes = codes.into_iter().flatten();
    let code = codes.find(|code| code.id == id && code.expires_at > now);
    let code = code.ok_or(None)?;
    let checked = PasskeyCodeChecked { id };
    if code.digest == digest {
        Ok(UserEvent::PasskeyCodeCheckSucceeded(checked))
    } else {
        Err(Some(checked))
    }
}

fn active(user: &User) -> Result<&Human, UserError> {
    user.human()
        .filter(|_| user.state == UserState::Active)
        .ok_or(UserError::WebAuthnUserNotActive)
}

/// The keys of an active user that can be used, of whatever domain.
///
/// # Errors
/// [`UserError::WebAuthnUserNotActive`] for others, for nobody and for machines.
pub fn signing_keys(
    user: &User,
    kind: KeyKind,
) -> Result<impl Iterator<Item = (&WebAuthnKey, &Credential)>, UserError> {
    Ok(active(user)?.web_auth_n.ready(kind))
}

/// A signature that is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// What the key is for.
    pub kind: KeyKind,
    /// The key.
    pub key: WebAuthnKeyId,
    /// Its signature counter.
    pub sign_count: u32,
}

/// Judges a right signature by the key as it is now.
///
/// A counter that does not rise is refused, which ZITADEL only warns of: two authenticators have the
/// key, and one of them is not the user's.
///
/// # Errors
/// As [`signing_keys`]; [`UserError::WebAuthnKeyUnknown`]; [`UserError::WebAuthnCloned`].
pub fn judge_signature(user: &User, signed: Signed) -> Result<UserEvent, UserError> {
    let mut keys = signing_keys(user, signed.kind)?;
    let (_, credential) = keys
        .find(|(key, _)| key.id == signed.key)
        .ok_or(UserError::WebAuthnKeyUnknown)?;
    if !counter_rises(credential.sign_count, signed.sign_count) {
        return Err(UserError::WebAuthnCloned);
    }
    let payload = WebAuthnSigned {
        key: signed.key,
        sign_count: signed.sign_count,
    };
    Ok(match signed.kind {
        KeyKind::Passkey => UserEvent::PasskeyCheckSucceeded(payload),
        KeyKind::U2f => UserEvent::U2fCheckSucceeded(payload),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{HumanAdded, MachineAdded, Nothing};
    use crate::domain::ids::OrgId;
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);
    const HOUR: Span = Span::from_seconds(3600);

    fn user() -> User {
        let added = UserEvent::HumanAdded(HumanAdded::default());
        first(UserId::new(7), OrgId::new(3), NOW, &added).unwrap()
    }

    fn machine() -> User {
        let added = UserEvent::MachineAdded(MachineAdded::default());
        first(UserId::new(8), OrgId::new(3), NOW, &added).unwrap()
    }

    fn then(user: User, events: &[UserEvent]) -> User {
        events
            .iter()
            .fold(user, |user, event| evolve(user, NOW, event))
    }

    fn key(kind: KeyKind, id: i64) -> NewKey {
        NewKey {
            id: WebAuthnKeyId::new(id),
            kind,
            rp_id: "localhost".to_owned(),
            challenge: "Y2g".to_owned(),
            opened_by: None,
        }
    }

    fn open(user: User, kind: KeyKind, id: i64) -> User {
        let events = register_key(&Authority::system(), &user, key(kind, id)).unwrap();
        then(user, &events)
    }

    fn ready(user: User, kind: KeyKind, id: i64, sign_count: u32) -> User {
        let user = open(user, kind, id);
        let credential = Credential {
            name: "key".to_owned(),
            key_id: format!("id{id}"),
            public_key: "{}".to_owned(),
            sign_count,
        };
        let id = WebAuthnKeyId::new(id);
        let event = verify_key(&Authority::system(), &user, kind, id, credential).unwrap();
        then(user, &[event])
    }

    fn signed(kind: KeyKind, id: i64, sign_count: u32) -> Signed {
        Signed {
            kind,
            key: WebAuthnKeyId::new(id),
            sign_count,
        }
    }

    #[test]
    fn a_key_is_registered_then_verified_then_removed_and_nothing_else() {
        use KeyKind::{Passkey, U2f};
        let authority = Authority::system();
        let id = WebAuthnKeyId::new(5);
        for (kind, other) in [(Passkey, U2f), (U2f, Passkey)] {
            let waiting = open(user(), kind, 5);
            let done = ready(user(), kind, 5, 0);
            let gone = then(
                done.clone(),
                &[remove_key(&authority, &done, kind, id).unwrap()],
            );
            let removed = then(waiting.clone(), &[UserEvent::Removed(Nothing {})]);
            for (user, kind, verifiable, removable) in [
                (&user(), kind, false, false),
                (&waiting, kind, true, true),
                (&waiting, other, false, false),
                (&done, kind, false, true),
                (&done, other, false, false),
                (&gone, kind, false, false),
                (&removed, kind, false, false),
                (&machine(), kind, false, false),
            ] {
                let verify = verifiable_key(user, kind, id);
                assert_eq!(verify.is_ok(), verifiable);
                if !verifiable {
                    assert_eq!(verify, Err(UserError::WebAuthnNotRegistering));
                }
                let remove = remove_key(&authority, user, kind, id);
                assert_eq!(remove.is_ok(), removable);
                if !removable {
                    assert_eq!(remove, Err(UserError::WebAuthnNotFound));
                }
            }
            assert_eq!(done.human().unwrap().web_auth_n.u2f_ready(), kind == U2f);
            assert!(gone.human().unwrap().web_auth_n.is_empty());
            assert!(removed.human().unwrap().web_auth_n.is_empty());
        }
        for nobody in [machine(), then(user(), &[UserEvent::Removed(Nothing {})])] {
            assert_eq!(
                register_key(&authority, &nobody, key(Passkey, 5)),
                Err(UserError::WebAuthnUserNotFound)
            );
        }
    }

    #[test]
    fn registrations_that_are_never_finished_give_way_and_keys_are_bounded() {
        let mut user = user();
        for id in 1..=6 {
            user = open(user, KeyKind::Passkey, id);
        }
        user = open(user, KeyKind::U2f, 7);
        let keys = &user.human().unwrap().web_auth_n.keys;
        let ids: Vec<_> = keys.iter().map(|key| key.id.key()).collect();
        assert_eq!(ids, [3, 4, 5, 6, 7]);
        for id in 8..35 {
            user = ready(user, KeyKind::U2f, id, 0);
        }
        let refused = register_key(&Authority::system(), &user, key(KeyKind::U2f, 40));
        assert_eq!(refused, Err(UserError::WebAuthnTooMany));
        // Where one gives way, there is room.
        let taken = register_key(&Authority::system(), &user, key(KeyKind::Passkey, 41)).unwrap();
        assert_eq!(taken.len(), 2);
        assert_eq!(
            then(user, &taken).human().unwrap().web_auth_n.keys.len(),
            MOST_KEYS
        );
    }

    #[test]
    fn only_a_key_of_an_active_user_signs_and_its_counter_has_to_rise() {
        use KeyKind::{Passkey, U2f};
        let user = ready(ready(open(user(), Passkey, 4), Passkey, 5, 3), U2f, 6, 0);
        for (of, expected) in [
            (signed(Passkey, 5, 4), None),
            (signed(Passkey, 5, 3), Some(UserError::WebAuthnCloned)),
            (signed(Passkey, 5, 0), Some(UserError::WebAuthnCloned)),
            (signed(U2f, 6, 0), None),
            (signed(U2f, 6, 1), None),
            (signed(U2f, 5, 4), Some(UserError::WebAuthnKeyUnknown)),
            (signed(Passkey, 6, 4), Some(UserError::WebAuthnKeyUnknown)),
            (signed(Passkey, 4, 4), Some(UserError::WebAuthnKeyUnknown)),
            (signed(Passkey, 9, 4), Some(UserError::WebAuthnKeyUnknown)),
        ] {
            assert_eq!(judge_signature(&user, of).err(), expected, "{of:?}");
        }
        let event = judge_signature(&user, signed(Passkey, 5, 4)).unwrap();
        let after = then(user.clone(), std::slice::from_ref(&event));
        assert_eq!(
            judge_signature(&after, signed(Passkey, 5, 4)),
            Err(UserError::WebAuthnCloned),
            "the same signature again"
        );
        for event in [
            UserEvent::Locked(Nothing {}),
            UserEvent::Deactivated(Nothing {}),
            UserEvent::Removed(Nothing {}),
        ] {
            let user = then(user.clone(), &[event]);
            assert_eq!(
                judge_signature(&user, signed(Passkey, 5, 9)),
                Err(UserError::WebAuthnUserNotActive)
            );
        }
        assert_eq!(
            judge_signature(&machine(), signed(Passkey, 5, 9)),
            Err(UserError::WebAuthnUserNotActive)
        );
    }

    #[test]
    fn a_code_is_good_once_for_its_time_and_for_a_few_wrong_answers() {
        let code = |id: i64| NewPasskeyCode {
            id: PasskeyCodeId::new(id),
            digest: format!("d{id}"),
            expiry: HOUR,
            returned: id % 2 == 0,
        };
        let add = |user: User, id: i64| {
            let event = add_passkey_code(&Authority::system(), &user, code(id)).unwrap();
            then(user, &[event])
        };
        let given = add(add(user(), 1), 2);
        let one = PasskeyCodeId::new(1);
        let right = judge_passkey_code(&given, one, "d1", NOW).unwrap();
        let wrong = judge_passkey_code(&given, one, "d2", NOW).unwrap_err();
        let wrong = UserEvent::PasskeyCodeCheckFailed(wrong.unwrap());
        let used = then(given.clone(), std::slice::from_ref(&right));
        assert_eq!(judge_passkey_code(&used, one, "d1", NOW), Err(None));
        assert!(judge_passkey_code(&used, PasskeyCodeId::new(2), "d2", NOW).is_ok());
        assert_eq!(
            judge_passkey_code(&given, one, "d1", NOW.plus(HOUR)),
            Err(None)
        );
        let wrong = vec![wrong; usize::from(MOST_FAILURES)];
        let almost = then(given.clone(), &wrong[1..]);
        assert!(judge_passkey_code(&almost, one, "d1", NOW).is_ok());
        let void = then(given.clone(), &wrong);
        assert_eq!(judge_passkey_code(&void, one, "d1", NOW), Err(None));
        let many = (3..12).fold(given, add);
        assert_eq!(many.human().unwrap().web_auth_n.codes.len(), MOST_CODES);
        assert_eq!(judge_passkey_code(&many, one, "d1", NOW), Err(None));
    }

    #[test]
    fn a_long_id_that_a_client_chose_is_no_handle() {
        let mut user = user();
        assert_eq!(user_handle(&user), "7");
        user.given_id = Some("x".repeat(64));
        assert_eq!(user_handle(&user).len(), 64);
        user.given_id = Some("x".repeat(65));
        assert_eq!(user_handle(&user), "7");
    }

    #[test]
    fn the_column_reads_back_and_takes_nothing_else() {
        let user = ready(open(user(), KeyKind::Passkey, 4), KeyKind::U2f, 6, 9);
        let keys = &user.human().unwrap().web_auth_n;
        let text = serde_json::to_string(keys).unwrap();
        assert_eq!(&serde_json::from_str::<WebAuthnKeys>(&text).unwrap(), keys);
        let more = text.replace("\"codes\":[]", "\"codes\":[],\"x\":1");
        assert!(serde_json::from_str::<WebAuthnKeys>(&more).is_err());
    }
}
