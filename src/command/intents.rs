//! Logins at identity providers: sending a browser there, and taking it back (adjacent.md section 10.1).

use url::Url;

use crate::core::Core;
use crate::domain::event::{Event, IntentEvent};
use crate::domain::ids::{IntentId, Sequence};
use crate::domain::intent::{self, Intent, IntentError, NewIntent, Proven, startable};
use crate::domain::permission::{Authority, Caller};
use crate::domain::secret::{HashText, SealedSecret, Secret};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::error::Error;
use crate::ports::{Append, Commit, FederationFault, Handshake, State, StoreError};
use crate::query::identity_place;

use super::{Details, Rounds};

/// A login to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartIntent {
    /// At which provider.
    pub idp_id: String,
    /// Where the browser is sent when all went well.
    pub success_url: String,
    /// Where it is sent when something did not.
    pub failure_url: String,
}

/// A login that was started.
#[derive(Debug, Clone)]
pub struct StartedIntent {
    /// Details of the intent.
    pub details: Details,
    /// Where the browser goes.
    pub auth_url: String,
}

/// Starts a login at a provider. Any caller may; what comes of it is told to who has its token alone.
///
/// # Errors
/// [`IntentError::NotAllowed`]; `COMMAND-39n221fs`; `COMMAND-x8j3bk`, `COMMAND-x8j4bk` for addresses
/// that no browser can be sent to; [`IntentError::ProviderUnreachable`].
pub async fn start_intent(
    core: &Core,
    caller: &Caller,
    command: StartIntent,
) -> Result<StartedIntent, Error> {
    if !core.policies.login.allow_external_idp {
        return Err(IntentError::NotAllowed.into());
    }
    target(&command.success_url).ok_or(IntentError::SuccessUrl)?;
    target(&command.failure_url).ok_or(IntentError::FailureUrl)?;
    core.idps
        .find(&command.idp_id)
        .ok_or(IntentError::ProviderUnknown)?;
    let authority = caller.authority();
    let mut rounds = Rounds::new(core);
    loop {
        let now = core.clock.now();
        let id = IntentId::new(core.ids.next(now));
        let state = core.idps.tokens.state(id)?;
        let departure = core.idps.federation.depart(&command.idp_id, &state).await?;
        let handshake = sealed_handshake(core, id, &departure.handshake)?;
        let new = NewIntent {
            idp_id: command.idp_id.clone(),
            success_url: command.success_url.clone(),
            failure_url: command.failure_url.clone(),
            fingerprint: fingerprint(core, &handshake),
            handshake,
        };
        let event = intent::start(&authority, new);
        let Some(started) = intent::first(id, now, &event) else {
            return Err(Error::internal("an intent does not begin with its start"));
        };
        let append = append(core, Sequence::NONE, &started, event);
        let commit = Commit::new(now, authority.actor(), vec![append]);
        match core.store.commit(commit).await {
            Ok(_) => {
                return Ok(StartedIntent {
                    details: details(core, &started),
                    auth_url: departure.url,
                });
            }
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// An address that a browser can be sent to: absolute, and nothing that runs in a page.
fn target(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let harmless = !matches!(
        url.scheme(),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about"
    );
    harmless.then_some(url)
}

/// What a browser brings along from a provider (RFC 6749 sections 4.1.2 and 4.1.2.1).
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// Which login it is about.
    pub state: Option<String>,
    /// What is exchanged for tokens.
    pub code: Option<Secret>,
    /// Why there is none.
    pub error: Option<String>,
    /// The same in words.
    pub error_description: Option<String>,
}

/// Where a browser is sent on.
#[derive(Clone, PartialEq, Eq)]
pub struct Onward(String);

impl Onward {
    /// The address, with a token in it.
    pub fn url(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Onward {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Onward(…)")
    }
}

/// A browser that was sent on, and for the log why the login failed, if it did.
#[derive(Debug)]
pub struct Returned {
    /// Where it is sent.
    pub onward: Onward,
    /// What went wrong.
    pub failure: Option<Error>,
}

/// Takes a browser back from a provider: exchanges its code, writes down who it is about, and sends it
/// on to one of the two addresses of its login, and nowhere else.
///
/// It works once: whatever comes of it ends the login.
///
/// # Errors
/// `IDP-Hk38e` where it is not known which login it is about, so that there is nowhere to send it; what
/// the store says.
pub async fn return_from_idp(core: &Core, callback: Callback) -> Result<Returned, Error> {
    let state = callback.state.as_deref().filter(|text| !text.is_empty());
    let state = state.ok_or(IntentError::StateMissing)?;
    let id = core.idps.tokens.read_state(state);
    let id = id.ok_or(IntentError::Unknown)?;
    let intent = core.store.intent(id).await?;
    let intent = intent.ok_or(IntentError::Unknown)?;
    let now = core.now_after(intent.changed_at);
    let handshake = match startable(&intent, now) {
        Ok(sealed) => opened_handshake(core, id, sealed)?,
        // It stays as it is: there is nothing left to fail, or nobody waits for it any more.
        Err(refusal) => return failed(&intent, refusal.into()),
    };
    if let Some(error) = callback.error.filter(|text| !text.is_empty()) {
        let description = callback.error_description.unwrap_or_default();
        if let Some(race) = end_badly(core, &intent, now, &error).await? {
            return failed(&intent, race);
        }
        let onward = failure(&intent, &error, &description)?;
        return Ok(Returned {
            onward,
            failure: None,
        });
    }
    let Some(grant) = callback.code.filter(|code| !code.is_empty()) else {
        return refuse(core, &intent, now, IntentError::CodeMissing.into()).await;
    };
    match arrive(core, &intent, grant, handshake).await {
        Ok(returned) => Ok(returned),
        Err(Stopped::Provider(fault)) => refuse(core, &intent, now, fault.into()).await,
        Err(Stopped::Used) => failed(&intent, IntentError::NotStarted.into()),
        Err(Stopped::Ours(error)) => Err(error),
    }
}

/// Why a login did not succeed.
enum Stopped {
    /// The provider did not say who it is about.
    Provider(FederationFault),
    /// Another browser came back with the same state, and was faster.
    Used,
    /// The store failed: it may be tried again.
    Ours(Error),
}

impl<E: Into<Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Ours(error.into())
    }
}

async fn arrive(
    core: &Core,
    intent: &Intent,
    grant: Secret,
    handshake: Handshake,
) -> Result<Returned, Stopped> {
    let arrival = core
        .idps
        .federation
        .arrive(&intent.idp_id, grant, handshake);
    let identity = arrival.await.map_err(Stopped::Provider)?;
    let now = core.now_after(intent.changed_at);
    let external_id = &identity.external_id;
    let owner = core.store.idp_link_owner(&intent.idp_id, external_id);
    let user = match owner.await? {
        Some(owner) => core.store.user(owner).await?.filter(User::exists),
        None => None,
    };
    let user = user.map(|user| user.public_id());
    let text = serde_json::to_vec(&identity).map_err(Error::internal)?;
    let text = zeroize::Zeroizing::new(text);
    let place = identity_place(intent.id);
    let sealed = core.idps.vault.seal(place.as_bytes(), &text)?;
    let proven = Proven {
        external_id: identity.external_id,
        external_name: identity.external_name,
        user: user.clone(),
        fingerprint: fingerprint(core, &sealed),
        identity: sealed,
    };
    let event = intent::succeed(intent, now, proven).map_err(|_| Stopped::Used)?;
    let token = core.idps.tokens.token(intent.id)?;
    match write(core, intent, now, event).await {
        Ok(()) => {}
        Err(StoreError::Conflict(_)) => return Err(Stopped::Used),
        Err(error) => return Err(error.into()),
    }
    let id = intent.id.to_string();
    let mut values = vec![("id", id.as_str()), ("token", token.expose())];
    values.extend(user.as_deref().map(|user| ("user", user)));
    Ok(Returned {
        onward: with_values(&intent.success_url, &values)?,
        failure: None,
    })
}

/// Ends a login that failed, and tells the browser.
async fn refuse(
    core: &Core,
    intent: &Intent,
    now: Timestamp,
    error: Error,
) -> Result<Returned, Error> {
    let reason = error.id.unwrap_or_default();
    let race = end_badly(core, intent, now, reason).await?;
    failed(intent, race.unwrap_or(error))
}

/// Writes that a login failed; what another browser was told, if it came back earlier.
async fn end_badly(
    core: &Core,
    intent: &Intent,
    now: Timestamp,
    reason: &str,
) -> Result<Option<Error>, Error> {
    let reason: String = reason.chars().take(200).collect();
    let event = intent::fail(intent, &reason)?;
    match write(core, intent, now, event).await {
        Ok(()) => Ok(None),
        Err(StoreError::Conflict(_)) => Ok(Some(IntentError::NotStarted.into())),
        Err(error) => Err(error.into()),
    }
}

fn failed(intent: &Intent, error: Error) -> Result<Returned, Error> {
    let id = error.id.unwrap_or_default();
    Ok(Returned {
        onward: failure(intent, id, &error.message)?,
        failure: Some(error),
    })
}

/// The address for failure, as ZITADEL fills it.
fn failure(intent: &Intent, error: &str, description: &str) -> Result<Onward, Error> {
    let id = intent.id.to_string();
    let values = [
        ("id", id.as_str()),
        ("error", error),
        ("error_description", description),
    ];
    with_values(&intent.failure_url, &values)
}

/// An address with values in its query, in the place of others of their names.
fn with_values(address: &str, values: &[(&str, &str)]) -> Result<Onward, Error> {
    let mut url = Url::parse(address).map_err(Error::internal)?;
    let kept: Vec<_> = url
        .query_pairs()
        .filter(|(name, _)| values.iter().all(|(ours, _)| ours != name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .extend_pairs(values);
    Ok(Onward(url.into()))
}

/// Writes one more event of an intent; nobody asked for it who is known.
async fn write(
    core: &Core,
    intent: &Intent,
    now: Timestamp,
    event: IntentEvent,
) -> Result<(), StoreError> {
    let after = intent::evolve(intent.clone(), now, &event);
    let append = append(core, intent.sequence, &after, event);
    let actor = Authority::system().actor();
    core.store
        .commit(Commit::new(now, actor, vec![append]))
        .await?;
    Ok(())
}

/// An event of an intent and the row that it makes; the instance owns it.
pub(super) fn append(
    core: &Core,
    expected: Sequence,
    after: &Intent,
    event: IntentEvent,
) -> Append {
    Append {
        expected,
        owner: core.instance.key(),
        events: vec![Event::Intent(event)],
        state: State::Intent(Box::new(after.clone())),
    }
}

fn details(core: &Core, intent: &Intent) -> Details {
    Details {
        sequence: intent.sequence,
        changed_at: intent.changed_at,
        owner: core.instance.key(),
    }
}

fn fingerprint(core: &Core, sealed: &SealedSecret) -> String {
    core.tokens.fingerprint(&HashText::new(sealed.as_str()))
}

fn handshake_place(id: IntentId) -> String {
    format!("handshake of intent {id}")
}

/// Nonce and verifier, with a line break between them: both are base64url.
fn sealed_handshake(
    core: &Core,
    id: IntentId,
    handshake: &Handshake,
) -> Result<SealedSecret, Error> {
    let (nonce, verifier) = (handshake.nonce.expose(), handshake.verifier.expose());
    let text = zeroize::Zeroizing::new(format!("{nonce}\n{verifier}"));
    let place = handshake_place(id);
    Ok(core.idps.vault.seal(place.as_bytes(), text.as_bytes())?)
}

fn opened_handshake(core: &Core, id: IntentId, sealed: &SealedSecret) -> Result<Handshake, Error> {
    let place = handshake_place(id);
    let text = core.idps.vault.open(place.as_bytes(), sealed);
    let text = text.ok_or_else(|| Error::internal("a handshake cannot be decrypted"))?;
    let parts = std::str::from_utf8(&text).ok();
    let parts = parts.and_then(|text| text.split_once('\n'));
    let (nonce, verifier) = parts.ok_or_else(|| Error::internal("a handshake cannot be read"))?;
    Ok(Handshake {
        nonce: Secret::new(nonce.to_owned()),
        verifier: Secret::new(verifier.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_sent_to_absolute_addresses_that_run_nothing() {
        for good in [
            "https://login.example.com/ok?a=b#c",
            "http://localhost:3000/idp/google/success",
            "com.example.app:/callback",
        ] {
            assert!(target(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "/relative",
            "//host/path",
            "login.example.com/ok",
            ":",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://",
        ] {
            assert!(target(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn values_take_the_place_of_their_like_and_leave_the_rest() {
        let url = |address, values: &[_]| with_values(address, values).unwrap().0;
        assert_eq!(
            url(
                "https://a.example/ok?x=1&token=old#top",
                &[("id", "7"), ("token", "a b&c")]
            ),
            "https://a.example/ok?x=1&id=7&token=a+b%26c#top"
        );
        assert_eq!(
            url(
                "https://a.example/no",
                &[("error_description", "no\r\nX: y")]
            ),
            "https://a.example/no?error_description=no%0D%0AX%3A+y"
        );
    }
}
