//! Reads: who is asking, and what may be shown to whom.

mod authenticate;
mod authentication;
mod bearer;
mod events;
mod intents;
mod members;
mod orgs;
mod pats;
pub(crate) mod sessions;
mod settings;
mod users;

pub use authenticate::authenticate;
pub use authentication::{
    AuthenticationMethod, AuthenticationMethods, Factor, FactorState, Passkey, Passkeys,
    list_authentication_factors, list_authentication_methods, list_passkeys,
};
pub use bearer::{BearerSession, bearer_session, introspect};
pub use events::follow_events;
pub use intents::{
    IdpLinkList, ListIdpLinks, RetrievedIntent, get_identity_provider, list_identity_providers,
    list_idp_links, retrieve_intent,
};
pub(crate) use intents::{identity_place, verify_intent_token};
pub use members::{ListMembers, MemberList, list_members};
pub use orgs::{ListOrgs, OrgList, list_orgs};
pub use pats::{ListPats, PatList, list_pats};
pub use sessions::{
    ListSessions, SessionList, counted_factors, get_session, list_sessions, password_checked_at,
};
pub use settings::{SettingsDetails, read_instance_settings, read_settings, read_translation};
pub use users::{ListUsers, UserList, get_user, list_users};

use crate::core::{Core, ListLimits};
use crate::domain::error::Kind;
use crate::error::Error;

/// The limit of a page (spec session-service.md section 9.2).
fn page_limit(limits: ListLimits, asked: u32) -> Result<u32, Error> {
    if limits.max > 0 && asked > limits.max {
        return Err(Error::new(
            Kind::InvalidArgument,
            "QUERY-4M0fs",
            "Limit exceeded",
        ));
    }
    Ok(match applied_limit(limits, asked) {
        0 => u32::MAX,
        limit => limit,
    })
}

/// The limit as newer answers tell it; 0 where there is none.
const fn applied_limit(limits: ListLimits, asked: u32) -> u32 {
    if asked == 0 { limits.default } else { asked }
}

/// The moment that a list answer names: when the log was last written.
async fn list_timestamp(core: &Core) -> Result<Option<crate::domain::time::Timestamp>, Error> {
    Ok(core.store.head().await?.created_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_a_default_and_a_maximum() {
        let limits = ListLimits::default();
        let off = ListLimits { default: 0, max: 0 };
        let table = [
            (limits, 0, Some(100)),
            (limits, 1, Some(1)),
            (limits, 1000, Some(1000)),
            (limits, 1001, None),
            (off, 0, Some(u32::MAX)),
            (off, 5000, Some(5000)),
        ];
        for (limits, asked, expected) in table {
            assert_eq!(page_limit(limits, asked).ok(), expected, "{asked}");
        }
        assert_eq!(
            page_limit(limits, 1001).unwrap_err().text(),
            "Limit exceeded (QUERY-4M0fs)"
        );
    }
}
