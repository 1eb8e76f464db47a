//! Software authenticators that make real attestations and assertions.

use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::{Value, json};
use url::Url;

use super::answer::Answer;
use super::server::{Human, NewSession, TestServer, wait};

/// The domain that keys of tests are bound to.
pub(crate) const DOMAIN: &str = "login.example.com";

/// The user in front of the authenticator, who agrees to everything.
#[derive(Debug, Clone, Copy)]
struct Person {
    verifies: bool,
}

impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    fn check_user<'hint, 'person, 'out>(
        &'person self,
        _hint: UiHint<'hint, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'out>>
    where
        'hint: 'out,
        'person: 'out,
    {
        let verification = verification && self.verifies;
        Box::pin(async move {
            Ok(UserCheck {
                presence,
                verification,
            })
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        self.verifies.then_some(true)
    }
}

/// An authenticator with at most one credential, and the browser before it.
pub(crate) struct Key {
    person: Person,
    counts: bool,
    stored: Option<Passkey>,
}

impl Key {
    /// One that verifies its user, as phones and laptops do. Its counter is always zero.
    pub(crate) const fn passkey() -> Self {
        Self {
            person: Person { verifies: true },
            counts: false,
            stored: None,
        }
    }

    /// One that tests whether somebody is there and counts signatures, as security keys do.
    pub(crate) const fn security_key() -> Self {
        Self {
            person: Person { verifies: false },
            counts: true,
            stored: None,
        }
    }

    /// The same, with a counter.
    pub(crate) const fn counting(mut self) -> Self {
        self.counts = true;
        self
    }

    /// A second authenticator with the same credential and the same counter.
    pub(crate) fn clone_of(&self) -> Self {
        Self {
            person: self.person,
            counts: self.counts,
            stored: self.stored.clone(),
        }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Person, RustCryptoBackend> {
        let stored = self.stored.clone();
        let mut authenticator =
            Authenticator::new(Aaguid::new_empty(), stored, self.person, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(self.counts);
        authenticator
    }

    /// Answers options for `navigator.credentials.create()` on a page of this origin.
    #[track_caller]
    pub(crate) fn create_at(&mut self, origin: &str, options: &Value) -> Value {
        let options: CredentialCreationOptions = serde_json::from_value(options.clone()).unwrap();
        let origin = Url::parse(origin).unwrap();
        let browser = Client::new(self.authenticator());
        let mut browser = browser.user_verification_when_preferred(self.person.verifies);
        let made = wait(browser.register(&origin, options, DefaultClientData)).unwrap();
        self.stored.clone_from(browser.authenticator().store());
        json!({
            "id": made.id,
            "rawId": text(&made.raw_id),
            "type": "public-key",
            "response": {
                "attestationObject": text(&made.response.attestation_object),
                "clientDataJSON": text(&made.response.client_data_json),
            },
        })
    }

    /// Answers options for `navigator.credentials.create()` on the page of [`DOMAIN`].
    #[track_caller]
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        self.create_at(&format!("https://{DOMAIN}"), options)
    }

    /// Answers options for `navigator.credentials.get()` on a page of this origin.
    #[track_caller]
    pub(crate) fn sign_at(&mut self, origin: &str, options: &Value) -> Value {
        let options: CredentialRequestOptions = serde_json::from_value(options.clone()).unwrap();
        let origin = Url::parse(origin).unwrap();
        let browser = Client::new(self.authenticator());
        let mut browser = browser.user_verification_when_preferred(self.person.verifies);
        let signed = wait(browser.authenticate(&origin, options, DefaultClientData)).unwrap();
        self.stored.clone_from(browser.authenticator().store());
        let handle = signed.response.user_handle.as_deref();
        let handle = handle.map(|handle| text(handle));
        json!({
            "id": signed.id,
            "rawId": text(&signed.raw_id),
            "type": "public-key",
            "response": {
                "authenticatorData": text(&signed.response.authenticator_data),
                "clientDataJSON": text(&signed.response.client_data_json),
                "signature": text(&signed.response.signature),
                "userHandle": handle,
            },
        })
    }

    /// Answers options for `navigator.credentials.get()` on the page of [`DOMAIN`].
    #[track_caller]
    pub(crate) fn sign(&mut self, options: &Value) -> Value {
        self.sign_at(&format!("https://{DOMAIN}"), options)
    }
}

/// Base64url, as browsers write what is binary.
pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Which keys are meant, in the words of their paths and messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of {
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// Passkeys.
pub(crate) const PASSKEY: Of = Of {
    path: "passkeys",
    id: "passkeyId",
    name: "passkeyName",
};

/// Security keys.
pub(crate) const U2F: Of = Of {
    path: "u2f",
    id: "u2fId",
    name: "tokenName",
};

impl TestServer {
    /// Opens a registration for [`DOMAIN`].
    #[track_caller]
    pub(crate) fn open_key(&self, human: &Human, of: Of) -> (String, Value) {
        let path = format!("/v2/users/{}/{}", human.id, of.path);
        let opened = self
            .login_client()
            .post(&path, &json!({ "domain": DOMAIN }));
        let opened = opened.succeeds().json();
        (
            opened[of.id].as_str().unwrap().to_owned(),
            opened["publicKeyCredentialCreationOptions"].clone(),
        )
    }

    /// Hands in what an authenticator has answered to a registration.
    #[track_caller]
    pub(crate) fn finish_key(&self, human: &Human, of: Of, id: &str, answer: &Value) -> Answer {
        let path = format!("/v2/users/{}/{}/{id}", human.id, of.path);
        let body = json!({ of.name: "my key", "publicKeyCredential": answer });
        self.login_client().post(&path, &body)
    }

    /// Registers a key; its id.
    #[track_caller]
    pub(crate) fn add_key(&self, human: &Human, of: Of, key: &mut Key) -> String {
        let (id, options) = self.open_key(human, of);
        let answer = key.create(&options);
        self.finish_key(human, of, &id, &answer).succeeds();
        id
    }

    /// Asks a key in a session; the options for the browser.
    #[track_caller]
    pub(crate) fn ask_key(&self, session: &NewSession, requirement: &str) -> Value {
        let asked = self
            .login_client()
            .patch(&session.path(), &ask(requirement));
        asked.succeeds().json()["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"]
            .clone()
    }

    /// Hands in what a key has signed.
    #[track_caller]
    pub(crate) fn check_key(&self, session: &NewSession, answer: &Value) -> Answer {
        let body = json!({ "checks": { "webAuthN": { "credentialAssertionData": answer } } });
        self.login_client().patch(&session.path(), &body)
    }
}

/// The body that asks a key of [`DOMAIN`].
pub(crate) fn ask(requirement: &str) -> Value {
    json!({ "challenges": { "webAuthN": {
        "domain": DOMAIN,
        "userVerificationRequirement": format!("USER_VERIFICATION_REQUIREMENT_{requirement}"),
    } } })
}
