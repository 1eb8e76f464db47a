//! Links: which users of identity providers somebody here is.
//!
//! Whether somebody else has the link is for the store to say, in the transaction that writes it.

use super::{User, UserError};
use crate::domain::event::{IdpLinkAdded, IdpLinkRemoved, UserEvent};
use crate::domain::permission::Authority;

/// A user of an identity provider that a person here is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdpLink {
    /// The provider.
    pub idp_id: String,
    /// The user's id there.
    pub external_id: String,
    /// The user's name there.
    pub name: String,
}

impl IdpLink {
    /// The event that gives the link to a person.
    pub fn added(self) -> UserEvent {
        UserEvent::IdpLinkAdded(IdpLinkAdded {
            idp_config_id: self.idp_id,
            user_id: self.external_id,
            display_name: self.name,
        })
    }
}

/// Links a user of a provider that is known to exist.
///
/// # Errors
/// [`UserError::IdpLinkUserNotFound`] for nobody and for machines.
pub fn add_idp_link(
    _authority: &Authority,
    user: &User,
    link: IdpLink,
) -> Result<UserEvent, UserError> {
    if user.exists() && user.human().is_some() {
        Ok(link.added())
    } else {
        Err(UserError::IdpLinkUserNotFound)
    }
}

/// Removes a link; the provider itself may be gone. `links` are those that the user has.
///
/// # Errors
/// [`UserError::IdpLinkNotFound`].
pub fn remove_idp_link(
    _authority: &Authority,
    links: &[IdpLink],
    idp_id: &str,
    external_id: &str,
) -> Result<UserEvent, UserError> {
    let known = links
        .iter()
        .find(|link| link.idp_id == idp_id && link.external_id == external_id)
        .ok_or(UserError::IdpLinkNotFound)?;
    Ok(UserEvent::IdpLinkRemoved(IdpLinkRemoved {
        idp_config_id: known.idp_id.clone(),
        user_id: known.external_id.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{HumanAdded, MachineAdded, Nothing};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::time::Timestamp;
    use crate::domain::user::{evolve, first};

    fn user(event: &UserEvent) -> User {
        let at = Timestamp::default();
        first(UserId::new(7), OrgId::new(3), at, event).unwrap()
    }

    fn link(idp: &str, external: &str) -> IdpLink {
        IdpLink {
            idp_id: idp.to_owned(),
            external_id: external.to_owned(),
            name: "ann".to_owned(),
        }
    }

    #[test]
    fn people_are_linked_and_nobody_else() {
        let person = user(&UserEvent::HumanAdded(HumanAdded::default()));
        let machine = user(&UserEvent::MachineAdded(MachineAdded::default()));
        let removed = UserEvent::Removed(Nothing {});
        let gone = evolve(person.clone(), Timestamp::default(), &removed);
        let add = |user| add_idp_link(&Authority::system(), user, link("1", "ext"));
        let payload = add(&person).unwrap().payload().unwrap();
        assert_eq!(
            payload.as_deref(),
            Some(r#"{"idpConfigId":"1","userId":"ext","displayName":"ann"}"#)
        );
        assert_eq!(add(&machine), Err(UserError::IdpLinkUserNotFound));
        assert_eq!(add(&gone), Err(UserError::IdpLinkUserNotFound));
    }

    #[test]
    fn a_link_is_removed_by_provider_and_id_together() {
        let links = [link("1", "a"), link("2", "b")];
        let remove = |idp, external| remove_idp_link(&Authority::system(), &links, idp, external);
        let payload = remove("2", "b").unwrap().payload().unwrap();
        assert_eq!(
            payload.as_deref(),
            Some(r#"{"idpConfigId":"2","userId":"b"}"#)
        );
        for (idp, external) in [("1", "b"), ("2", "a"), ("3", "a"), ("", "")] {
            assert_eq!(remove(idp, external), Err(UserError::IdpLinkNotFound));
        }
    }
}
