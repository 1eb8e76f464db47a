//! `GET /idps/callback`: browsers that come back from identity providers.
//!
//! Nobody has to say who they are: the state that a browser brings was made here, names one login, and
//! works once. The answer is a redirect to one of the addresses of that login and to nothing else.

use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use url::form_urlencoded;

use super::method;
use super::rest::error;
use crate::command::{self, Callback};
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::secret::Secret;
use crate::error::{Error, Failure};

/// The path, as ZITADEL has it.
pub(super) const PATH: &str = "/idps/callback";

/// Answers a browser.
pub(super) async fn handle(request: &HttpRequest, core: &Core) -> HttpResponse {
    if request.method() != Method::GET {
        return method::not_allowed("GET");
    }
    match answer(request.uri().query(), core).await {
        Ok(response) => {
            let (response, failure) = response;
            if let Some(failure) = failure {
                request.extensions_mut().insert(Failure(failure));
            }
            response
        }
        Err(failed) => {
            let response = error::respond(error::answer(&failed));
            request.extensions_mut().insert(Failure(failed));
            response
        }
    }
}

async fn answer(query: Option<&str>, core: &Core) -> Result<(HttpResponse, Option<Error>), Error> {
    let callback = callback(query.unwrap_or_default())?;
    let returned = command::return_from_idp(core, callback).await?;
    let response = HttpResponse::Found()
        .insert_header((LOCATION, returned.onward.url()))
        .finish();
    Ok((response, returned.failure))
}

/// What a browser brings. One value for each name: a second one would be somebody else's.
fn callback(query: &str) -> Result<Callback, Error> {
    let mut callback = Callback::default();
    let mut code = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "state" => &mut callback.state,
            "code" => &mut code,
            "error" => &mut callback.error,
            "error_description" => &mut callback.error_description,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            let text = format!("too many values for field \"{name}\"");
            return Err(Error::plain(Kind::InvalidArgument, text));
        }
    }
    callback.code = code.map(Secret::new);
    Ok(callback)
}
