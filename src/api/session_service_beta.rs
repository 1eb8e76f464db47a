//! `zitadel.session.v2beta.SessionService`: the operations of `v2` under an older name.
//!
//! `v2beta` has fewer checks and searches; what it has means the same. A request is checked by its
//! own rules, then taken over into `v2`, where it is checked again to no harm.

use bartizan_proto::buffa::{DecodeError, Message};
use bartizan_proto::zitadel::session::v2beta as wire;

use super::session_service as v2;
use super::validate::Validate as _;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::permission::Caller;
use crate::error::Error;

/// The same fields in another package: numbers and types of `v2beta` are those of `v2`, as far as it
/// goes, so that the binary form carries over.
fn transcode<To: Message + Default>(from: &impl Message) -> Result<To, DecodeError> {
    To::decode_from_slice(&from.encode_to_vec())
}

fn refused(error: &DecodeError) -> Error {
    let text = format!("unmarshal message: proto: {error}");
    Error::plain(Kind::InvalidArgument, text)
}

/// Declares operations that differ in their messages alone.
macro_rules! as_in_v2 {
    ($( $(#[$doc:meta])* $name:ident($request:ident) -> $response:ident; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            core: &Core,
            caller: &Caller,
            request: wire::$request,
        ) -> Result<wire::$response, Error> {
            request.validate()?;
            // A field that `v2beta` does not know may be one of `v2`, and not be good there.
            let request = transcode(&request).map_err(|error| refused(&error))?;
            let response = v2::$name(core, caller, request).await?;
            transcode(&response).map_err(Error::internal)
        }
    )+ };
}

as_in_v2! {
    /// `CreateSession`.
    create_session(CreateSessionRequest) -> CreateSessionResponse;
    /// `SetSession`.
    set_session(SetSessionRequest) -> SetSessionResponse;
    /// `GetSession`.
    get_session(GetSessionRequest) -> GetSessionResponse;
    /// `ListSessions`.
    list_sessions(ListSessionsRequest) -> ListSessionsResponse;
    /// `DeleteSession`.
    delete_session(DeleteSessionRequest) -> DeleteSessionResponse;
}
