//! The ceremonies of the standard (WebAuthn level 2 sections 7.1 and 7.2).

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationFormat, Credential, ParsedAttestation, RegisteredExtensions, UserVerificationPolicy,
};

use super::answer;
use crate::domain::webauthn::{KeyKind, UserVerification};
use crate::ports::{
    Candidate, ExpectedRegistration, ExpectedSignature, HashingError, MadeCredential,
    VerifiedSignature, WebAuthnFault,
};

/// A public key as text at most; an RSA key of 8192 bits fits. It stands in the user's row.
const LONGEST_KEY: usize = 2048;
/// Where the flags stand in what the authenticator signs, and the one of credentials that may be copied.
const FLAGS: usize = 32;
const BACKUP_ELIGIBLE: u8 = 0x08;
/// What the library wants to know for options that are not made here.
const UNUSED: &str = "unused";
const UNUSED_TIMEOUT: Duration = Duration::from_mins(5);

/// Verifies the answer to a registration.
pub(super) fn registration(
    expected: &ExpectedRegistration,
    answer: &str,
) -> Result<MadeCredential, WebAuthnFault> {
    let answer = answer::attestation(answer)?;
    let core = core(&expected.rp_id, &answer.response.client_data_json)?;
    let known = expected.known.iter().map(|id| answer::decode(id));
    let known = known.collect::<Result<Vec<_>, _>>()?;
    let builder = core
        .new_challenge_register_builder(UNUSED.as_bytes(), UNUSED, UNUSED)
        .map_err(refused)?
        .user_verification_policy(policy(expected.kind.registration()))
        .exclude_credentials(Some(known));
    let (_, state) = core.generate_challenge_register(builder).map_err(refused)?;
    let state = with_challenge(&state, &expected.challenge)?;
    let made = core
        .register_credential(&answer, &state, None)
        .map_err(refused)?;
    if made.cred_id != answer.raw_id {
        return Err(WebAuthnFault::Refused("another id was attested".into()));
    }
    let public_key = serde_json::to_string(&made.cred).map_err(|_| HashingError::Failed)?;
    if public_key.len() > LONGEST_KEY {
        return Err(WebAuthnFault::Refused("the public key is too long".into()));
    }
    Ok(MadeCredential {
        key_id: answer::encode(&made.cred_id),
        public_key,
        sign_count: made.counter,
    })
}

/// Verifies the answer to a challenge.
pub(super) fn signature(
    expected: &ExpectedSignature,
    answer: &str,
) -> Result<VerifiedSignature, WebAuthnFault> {
    let answer = answer::assertion(answer)?;
    let challenge = &expected.challenge;
    let core = core(&challenge.rp_id, &answer.response.client_data_json)?;
    let candidate = expected
        .candidates
        .iter()
        .find(|candidate| candidate.key_id == answer.id)
        .ok_or(WebAuthnFault::UnknownKey)?;
    if !challenge.allowed.contains(&candidate.key_id) {
        return Err(WebAuthnFault::Refused("another key was asked".into()));
    }
    let handle = answer.response.user_handle.as_deref();
    if handle.is_some_and(|handle| handle != expected.user_handle.as_bytes()) {
        return Err(WebAuthnFault::Refused("the key of another user".into()));
    }
    let requirement = challenge.user_verification;
    let flags = answer.response.authenticator_data.get(FLAGS);
    let credential = credential(
        candidate,
        requirement.keys(),
        answer.raw_id.clone(),
        flags.is_some_and(|flags| flags & BACKUP_ELIGIBLE != 0),
    )?;
    let builder = core
        .new_challenge_authenticate_builder(vec![credential], Some(policy(requirement)))
        .map_err(refused)?;
    let (_, state) = core
        .generate_challenge_authenticate(builder)
        .map_err(refused)?;
    let state = with_challenge(&state, &challenge.challenge)?;
    let verified = core
        .authenticate_credential(&answer, &state)
        .map_err(refused)?;
    Ok(VerifiedSignature {
        key: candidate.key,
        sign_count: verified.counter(),
        user_verified: verified.user_verified(),
    })
}

/// The key as the library has it. Its counter is left at zero, because whether counters rise is judged
/// by the row that is written; and it may turn into one that is copied between devices, as ZITADEL
/// lets it.
fn credential(
    candidate: &Candidate,
    kind: KeyKind,
    cred_id: Vec<u8>,
    backup_eligible: bool,
) -> Result<Credential, WebAuthnFault> {
    Ok(Credential {
        cred_id,
        cred: serde_json::from_str(&candidate.public_key).map_err(|_| HashingError::Failed)?,
        counter: 0,
        transports: None,
        user_verified: false,
        backup_eligible,
        backup_state: false,
        registration_policy: policy(kind.registration()),
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    })
}

/// The library for one relying party. Nothing is configured that would say which pages are its own,
/// but those below its domain are: browsers let no others ask for its keys. Apps name themselves in
/// schemes of their own, and the systems that they run on see to it that they may.
fn core(rp_id: &str, client_data: &[u8]) -> Result<WebauthnCore, WebAuthnFault> {
    let origin = answer::origin(client_data)?;
    let of_the_web = matches!(origin.scheme(), "http" | "https");
    if of_the_web && !origin.host_str().is_some_and(|host| is_below(host, rp_id)) {
        return Err(WebAuthnFault::Refused(format!(
            "a page of another domain: `{}`",
            origin.host_str().unwrap_or_default()
        )));
    }
    Ok(core_of(rp_id, origin))
}

fn core_of(rp_id: &str, origin: Url) -> WebauthnCore {
    WebauthnCore::new_unsafe_experts_only(UNUSED, rp_id, vec![origin], UNUSED_TIMEOUT, None, None)
}

fn is_below(host: &str, rp_id: &str) -> bool {
    host.strip_suffix(rp_id)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

const fn policy(requirement: UserVerification) -> UserVerificationPolicy {
    match requirement {
        UserVerification::Required => UserVerificationPolicy::Required,
        UserVerification::Preferred => UserVerificationPolicy::Preferred,
        UserVerification::Discouraged => UserVerificationPolicy::Discouraged_DO_NOT_USE,
    }
}

/// The library's state with the challenge that was sent. It makes challenges of its own and lets none
/// in, but its states are made for being stored as text.
fn with_challenge<S: Serialize + DeserializeOwned>(
    state: &S,
    challenge: &str,
) -> Result<S, HashingError> {
    let mut stored = serde_json::to_value(state).map_err(|_| HashingError::Failed)?;
    let place = stored.get_mut("challenge").ok_or(HashingError::Failed)?;
    *place = Value::from(challenge);
    serde_json::from_value(stored).map_err(|_| HashingError::Failed)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "for `map_err`, which hands out errors"
)]
fn refused(error: WebauthnError) -> WebAuthnFault {
    WebAuthnFault::Refused(format!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_below_the_domain_are_its_own() {
        for (host, fine) in [
            ("example.com", true),
            ("login.example.com", true),
            ("a.b.example.com", true),
            ("badexample.com", false),
            ("example.com.evil.org", false),
            ("com", false),
            ("", false),
        ] {
            assert_eq!(is_below(host, "example.com"), fine, "{host}");
        }
        let data = |origin: &str| format!(r#"{{"origin":"{origin}"}}"#).into_bytes();
        for (origin, fine) in [
            ("https://example.com", true),
            ("https://login.example.com:8443", true),
            ("http://example.com", true),
            ("https://evil.org", false),
            ("https://example.com@evil.org", false),
            (
                "android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0",
                true,
            ),
        ] {
            assert_eq!(core("example.com", &data(origin)).is_ok(), fine, "{origin}");
        }
        for client_data in [&b""[..], b"{}", b"[]", b"\xff", br#"{"origin":""}"#] {
            let error = core("example.com", client_data).unwrap_err();
            assert_eq!(error, WebAuthnFault::Unparsable);
        }
    }

    #[test]
    fn the_algorithms_that_are_offered_are_those_that_the_library_takes() {
        use webauthn_rs_core::proto::COSEAlgorithm;
        let taken: Vec<_> = COSEAlgorithm::secure_algs()
            .into_iter()
            .map(|algorithm| algorithm as i64)
            .collect();
        assert_eq!(taken, crate::domain::webauthn::ALGORITHMS);
    }
}
