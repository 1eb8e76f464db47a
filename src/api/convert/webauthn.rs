//! Passkeys and security keys: what authenticators are asked, and what they answer.

use bartizan_proto::buffa::EnumValue;
use bartizan_proto::buffa_types::google::protobuf::Struct;
use bartizan_proto::zitadel::session::v2 as session_wire;
use bartizan_proto::zitadel::session::v2::UserVerificationRequirement as Requirement;
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::create_passkey_registration_link_request::Medium;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::list_details;
use crate::command::{AskKey, CreationOptions, Delivery, PasskeyGrant};
use crate::domain::error::Kind;
use crate::domain::ids::PasskeyCodeId;
use crate::domain::secret::Secret;
use crate::domain::webauthn::{ALGORITHMS, UserVerification, WebAuthnChallenge};
use crate::error::Error;
use crate::query::Passkeys;

/// The name of the relying party, which some authenticators show.
const RP_NAME: &str = "ZITADEL";
const TYPE: &str = "public-key";

/// How the code of a registration link reaches its user.
pub(crate) fn passkey_link(request: wire::CreatePasskeyRegistrationLinkRequest) -> Delivery {
    match request.medium {
        Some(Medium::ReturnCode(_)) => Delivery::Return,
        Some(Medium::SendLink(send)) => Delivery::Send(send.url_template),
        None => Delivery::Send(None),
    }
}

/// A code that goes into the answer.
pub(crate) fn passkey_code((id, code): (PasskeyCodeId, Secret)) -> wire::PasskeyRegistrationCode {
    wire::PasskeyRegistrationCode {
        id: id.to_string(),
        code: code.expose().to_owned(),
        ..wire::PasskeyRegistrationCode::default()
    }
}

/// A code that a client presents.
pub(crate) fn passkey_grant(code: wire::PasskeyRegistrationCode) -> PasskeyGrant {
    PasskeyGrant {
        id: PasskeyCodeId::parse(&code.id),
        code: Secret::new(code.code),
    }
}

/// The answer of an authenticator as JSON.
///
/// # Errors
/// 400 for numbers that are none.
pub(crate) fn json(answer: Option<&Struct>) -> Result<String, Error> {
    let Some(answer) = answer else {
        return Ok("{}".to_owned());
    };
    serde_json::to_string(answer)
        .map_err(|_| Error::plain(Kind::InvalidArgument, "a number that JSON does not have"))
}

/// What the options for browsers are wrapped in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<T> {
    public_key: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Creation<'a> {
    rp: Rp<'a>,
    user: UserEntity<'a>,
    challenge: &'a str,
    pub_key_cred_params: Vec<Parameter>,
    timeout: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exclude_credentials: Vec<Descriptor<'a>>,
    authenticator_selection: Selection,
    attestation: &'static str,
}

#[derive(Serialize)]
struct Rp<'a> {
    id: &'a str,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserEntity<'a> {
    id: String,
    name: &'a str,
    display_name: &'a str,
}

#[derive(Serialize)]
struct Parameter {
    #[serde(rename = "type")]
    kind: &'static str,
    alg: i64,
}

#[derive(Serialize)]
struct Descriptor<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<&'static str>,
    user_verification: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    challenge: &'a str,
    timeout: u32,
    rp_id: &'a str,
    allow_credentials: Vec<Descriptor<'a>>,
    user_verification: &'static str,
}

fn descriptors(ids: &[String]) -> Vec<Descriptor<'_>> {
    ids.iter().map(|id| Descriptor { kind: TYPE, id }).collect()
}

fn wrapped(options: impl Serialize) -> Result<Struct, Error> {
    let options = Options {
        public_key: options,
    };
    let text = serde_json::to_string(&options).map_err(Error::internal)?;
    serde_json::from_str(&text).map_err(Error::internal)
}

/// What browsers are to hand to `navigator.credentials.create()`.
///
/// # Errors
/// None that a client could bring about.
pub(crate) fn creation_options(
    options: &CreationOptions,
    authenticator: EnumValue<wire::PasskeyAuthenticator>,
) -> Result<Struct, Error> {
    let verification = options.kind.registration();
    let authenticator_attachment = if authenticator
        == wire::PasskeyAuthenticator::PASSKEY_AUTHENTICATOR_PLATFORM
    {
        Some("platform")
    } else if authenticator == wire::PasskeyAuthenticator::PASSKEY_AUTHENTICATOR_CROSS_PLATFORM {
        Some("cross-platform")
    } else {
        None
    };
    wrapped(Creation {
        rp: Rp {
            id: &options.rp_id,
            name: RP_NAME,
        },
        user: UserEntity {
            id: URL_SAFE_NO_PAD.encode(&options.user_handle),
            name: &options.user_name,
            display_name: &options.display_name,
        },
        challenge: &options.challenge,
        pub_key_cred_params: ALGORITHMS
            .into_iter()
            .map(|alg| Parameter { kind: TYPE, alg })
            .collect(),
        timeout: verification.timeout(),
        exclude_credentials: descriptors(&options.exclude),
        authenticator_selection: Selection {
            authenticator_attachment,
            user_verification: verification.word(),
        },
        attestation: "none",
    })
}

/// What browsers are to hand to `navigator.credentials.get()`.
///
/// # Errors
/// None that a client could bring about.
pub(super) fn request_options(
    challenge: &WebAuthnChallenge,
) -> Result<session_wire::challenges::WebAuthN, Error> {
    let options = wrapped(Request {
        challenge: &challenge.challenge,
        timeout: challenge.user_verification.timeout(),
        rp_id: &challenge.rp_id,
        allow_credentials: descriptors(&challenge.allowed),
        user_verification: challenge.user_verification.word(),
    })?;
    Ok(session_wire::challenges::WebAuthN {
        public_key_credential_request_options: options.into(),
        ..session_wire::challenges::WebAuthN::default()
    })
}

/// What a call asks a key. Undefined requirements were refused by the validation.
pub(super) fn ask_key(asked: session_wire::request_challenges::WebAuthN) -> AskKey {
    let requirement = asked.user_verification_requirement;
    let user_verification = if requirement == Requirement::USER_VERIFICATION_REQUIREMENT_PREFERRED {
        UserVerification::Preferred
    } else if requirement == Requirement::USER_VERIFICATION_REQUIREMENT_DISCOURAGED {
        UserVerification::Discouraged
    } else {
        UserVerification::Required
    };
    AskKey {
        domain: asked.domain,
        user_verification,
    }
}

/// The answer of `ListPasskeys`.
pub(crate) fn passkeys(found: Passkeys) -> wire::ListPasskeysResponse {
    let total = u64::try_from(found.passkeys.len()).unwrap_or(u64::MAX);
    wire::ListPasskeysResponse {
        details: list_details(total, found.timestamp).into(),
        result: found
            .passkeys
            .into_iter()
            .map(|passkey| wire::Passkey {
                id: passkey.id.to_string(),
                state: wire::AuthFactorState::AUTH_FACTOR_STATE_READY.into(),
                name: passkey.name,
                ..wire::Passkey::default()
            })
            .collect(),
        ..wire::ListPasskeysResponse::default()
    }
}
