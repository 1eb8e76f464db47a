//! Answers as browsers send them: a `PublicKeyCredential` as JSON, binary values as base64url.
//!
//! Read by hand into the types of the library, so that nothing beyond what is verified comes in:
//! extensions of the client, for instance, are not read at all.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use serde::Deserialize;
use webauthn_rs_core::proto::{
    AuthenticationExtensionsClientOutputs, AuthenticatorAssertionResponseRaw,
    AuthenticatorAttestationResponseRaw, PublicKeyCredential, RegisterPublicKeyCredential,
    RegistrationExtensionsClientOutputs,
};

use crate::ports::WebAuthnFault;

const TYPE: &str = "public-key";

/// Some clients pad.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
struct Wire<R> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: R,
}

#[derive(Deserialize)]
struct Attestation {
    #[serde(rename = "attestationObject")]
    attestation_object: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
}

#[derive(Deserialize)]
struct Assertion {
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    signature: String,
    #[serde(rename = "userHandle")]
    user_handle: Option<String>,
}

#[derive(Deserialize)]
struct ClientData {
    origin: String,
}

/// Encodes as everything binary is encoded that leaves here.
pub(super) fn encode(bytes: &[u8]) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url, with or without padding.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, WebAuthnFault> {
    BASE64URL
        .decode(text)
        .map_err(|_| WebAuthnFault::Unparsable)
}

fn read<'a, R: Deserialize<'a>>(json: &'a str) -> Result<(Wire<R>, Vec<u8>), WebAuthnFault> {
    let wire: Wire<R> = serde_json::from_str(json).map_err(|_| WebAuthnFault::Unparsable)?;
    let raw_id = decode(&wire.raw_id)?;
    if wire.kind != TYPE || raw_id.is_empty() || decode(&wire.id)? != raw_id {
        return Err(WebAuthnFault::Unparsable);
    }
    Ok((wire, raw_id))
}

/// Reads the answer to a registration.
///
/// # Errors
/// [`WebAuthnFault::Unparsable`].
pub(super) fn attestation(json: &str) -> Result<RegisterPublicKeyCredential, WebAuthnFault> {
    let (wire, raw_id) = read::<Attestation>(json)?;
    Ok(RegisterPublicKeyCredential {
        id: encode(&raw_id),
        raw_id,
        response: AuthenticatorAttestationResponseRaw {
            attestation_object: decode(&wire.response.attestation_object)?,
            client_data_json: decode(&wire.response.client_data)?,
            transports: None,
        },
        type_: TYPE.to_owned(),
        extensions: RegistrationExtensionsClientOutputs::default(),
    })
}

/// Reads the answer to a challenge.
///
/// # Errors
/// [`WebAuthnFault::Unparsable`].
pub(super) fn assertion(json: &str) -> Result<PublicKeyCredential, WebAuthnFault> {
    let (wire, raw_id) = read::<Assertion>(json)?;
    let handle = wire.response.user_handle.as_deref();
    let handle = handle.map(decode).transpose()?;
    Ok(PublicKeyCredential {
        id: encode(&raw_id),
        raw_id,
        response: AuthenticatorAssertionResponseRaw {
            authenticator_data: decode(&wire.response.authenticator_data)?,
            client_data_json: decode(&wire.response.client_data)?,
            signature: decode(&wire.response.signature)?,
            user_handle: handle.filter(|handle| !handle.is_empty()),
        },
        extensions: AuthenticationExtensionsClientOutputs::default(),
        type_: TYPE.to_owned(),
    })
}

/// The origin that the client says it was asked from.
///
/// # Errors
/// [`WebAuthnFault::Unparsable`].
pub(super) fn origin(client_data: &[u8]) -> Result<url::Url, WebAuthnFault> {
    let data: ClientData =
        serde_json::from_slice(client_data).map_err(|_| WebAuthnFault::Unparsable)?;
    url::Url::parse(&data.origin).map_err(|_| WebAuthnFault::Unparsable)
}
