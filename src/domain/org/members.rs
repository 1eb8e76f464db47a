//! Giving and taking roles.

use super::error::Reason;
use super::{Member, MemberError};
use crate::domain::event::{Event, InstanceEvent, MemberRemoved, MemberRoles, OrgEvent};
use crate::domain::permission::{Authority, Resource, RoleTable};

/// Which answer a change of roles expects: what exists, what does not, or either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    /// The user must not be a member yet.
    Add,
    /// The user must be a member.
    Update,
    /// Whichever it is.
    Set,
}

/// Sorts roles, removes doubles and tests that each exists and fits what it is to be given on.
///
/// As in ZITADEL, roles whose names begin with `IAM_` are for the instance alone and those with
/// `ORG_` for organisations alone: an owner of an organisation must not give more than it has. Other
/// names are the operator's own and fit both.
///
/// # Errors
/// [`MemberError`] without any role or with one that does not fit.
pub fn clean_roles(
    mut roles: Vec<String>,
    table: &RoleTable,
    resource: Resource,
    change: MemberChange,
) -> Result<Vec<String>, MemberError> {
    roles.sort();
    roles.dedup();
    if roles.is_empty() {
        return Err(MemberError::new(Reason::RolesEmpty, resource, change));
    }
    let foreign = match resource {
        Resource::Instance => "ORG_",
        Resource::Org(_) => "IAM_",
    };
    let fits = |role: &String| table.knows(role) && !role.starts_with(foreign);
    if roles.iter().all(fits) {
        Ok(roles)
    } else {
        Err(MemberError::new(Reason::RoleInvalid, resource, change))
    }
}

/// The event that gives a user these roles; `None` if the user has exactly them.
///
/// # Errors
/// [`MemberError`] for one who is a member already or is none, as the change asks for.
pub fn set_member(
    _authority: &Authority,
    resource: Resource,
    public_user_id: &str,
    roles: Vec<String>,
    change: MemberChange,
    current: Option<&Member>,
) -> Result<Option<Event>, MemberError> {
    match (change, current) {
        (MemberChange::Add, Some(_)) => {
            return Err(MemberError::new(Reason::Exists, resource, change));
        }
        (MemberChange::Update, None) => {
            return Err(MemberError::new(Reason::NotFound, resource, change));
        }
        (_, Some(member)) if member.roles == roles => return Ok(None),
        (MemberChange::Add | MemberChange::Update | MemberChange::Set, _) => {}
    }
    let roles = MemberRoles {
        user_id: public_user_id.to_owned(),
        roles,
    };
    Ok(Some(match (resource, current.is_some()) {
        (Resource::Instance, false) => Event::Instance(InstanceEvent::MemberAdded(roles)),
        (Resource::Instance, true) => Event::Instance(InstanceEvent::MemberChanged(roles)),
        (Resource::Org(_), false) => Event::Org(OrgEvent::MemberAdded(roles)),
        (Resource::Org(_), true) => Event::Org(OrgEvent::MemberChanged(roles)),
    }))
}

/// The event that takes a user's roles away; `cascade` when the user itself is being removed.
pub fn remove_member(
    _authority: &Authority,
    resource: Resource,
    public_user_id: &str,
    cascade: bool,
) -> Event {
    let removed = MemberRemoved {
        user_id: public_user_id.to_owned(),
    };
    match (resource, cascade) {
        (Resource::Instance, false) => Event::Instance(InstanceEvent::MemberRemoved(removed)),
        (Resource::Instance, true) => Event::Instance(InstanceEvent::MemberCascadeRemoved(removed)),
        (Resource::Org(_), false) => Event::Org(OrgEvent::MemberRemoved(removed)),
        (Resource::Org(_), true) => Event::Org(OrgEvent::MemberCascadeRemoved(removed)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::time::Timestamp;

    fn member(roles: &[&str]) -> Member {
        Member {
            user: UserId::new(1),
            resource: Resource::Instance,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            created_at: Timestamp::from_micros(0),
            changed_at: Timestamp::from_micros(0),
        }
    }

    fn set(
        change: MemberChange,
        current: Option<&Member>,
    ) -> Result<Option<&'static str>, MemberError> {
        let roles = vec!["IAM_OWNER".to_owned()];
        set_member(
            &Authority::system(),
            Resource::Instance,
            "1",
            roles,
            change,
            current,
        )
        .map(|event| event.map(|event| event.name()))
    }

    #[test]
    fn roles_are_sorted_and_known() {
        let table = RoleTable::default();
        let roles = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let clean = |names: &[&str]| {
            clean_roles(roles(names), &table, Resource::Instance, MemberChange::Set)
        };
        assert_eq!(
            clean(&["IAM_OWNER_VIEWER", "IAM_OWNER", "IAM_OWNER_VIEWER"]),
            Ok(roles(&["IAM_OWNER", "IAM_OWNER_VIEWER"]))
        );
        assert!(clean(&[]).is_err() && clean(&["IAM_EMPEROR"]).is_err());
    }

    #[test]
    fn roles_fit_what_they_are_given_on() {
        let own = BTreeMap::from([("SUPPORT".to_owned(), vec!["session.read".to_owned()])]);
        let table = RoleTable::with(&own).unwrap();
        let org = Resource::Org(OrgId::new(1));
        for (resource, role, fits) in [
            (Resource::Instance, "IAM_OWNER", true),
            (Resource::Instance, "ORG_OWNER", false),
            (Resource::Instance, "SUPPORT", true),
            (org, "ORG_OWNER", true),
            (org, "IAM_OWNER", false),
            (org, "SUPPORT", true),
        ] {
            let roles = vec![role.to_owned()];
            let clean = clean_roles(roles, &table, resource, MemberChange::Add);
            assert_eq!(clean.is_ok(), fits, "{role} on {resource:?}");
        }
    }

    #[test]
    fn refusals_have_the_ids_of_what_was_to_be_changed() {
        use MemberChange::{Add, Set, Update};
        let (instance, org) = (Resource::Instance, Resource::Org(OrgId::new(1)));
        let id = |reason, resource, change| MemberError::new(reason, resource, change).id();
        for (reason, resource, change, expected) in [
            (Reason::RoleInvalid, instance, Add, "INSTANCE-4m0fS"),
            (Reason::RoleInvalid, instance, Set, "INSTANCE-4m0fS"),
            (Reason::RoleInvalid, instance, Update, "INSTANCE-3m9fs"),
            (Reason::RoleInvalid, org, Add, "Org-4N8es"),
            (Reason::RoleInvalid, org, Update, "IAM-m9fG8"),
            (Reason::RolesEmpty, instance, Add, "INSTANCE-LiaZi"),
            (Reason::RolesEmpty, instance, Update, "INSTANCE-LiaZi"),
            (Reason::RolesEmpty, org, Add, "ORG-4Mlfs"),
            (Reason::RolesEmpty, org, Update, "Org-LiaZi"),
            (Reason::UserNotFound, instance, Add, "INSTA-GSXOn"),
            (Reason::UserNotFound, org, Add, "ORG-GoXOn"),
            (Reason::Exists, instance, Add, "INSTA-pFDwe"),
            (Reason::Exists, org, Add, "ORG-poWwe"),
            (Reason::NotFound, instance, Update, "INSTANCE-D8JxR"),
            (Reason::NotFound, org, Update, "Org-D8JxR"),
        ] {
            assert_eq!(id(reason, resource, change), expected);
        }
    }

    #[test]
    fn adding_and_updating_expect_what_they_should() {
        let same = member(&["IAM_OWNER"]);
        let other = member(&["IAM_OWNER_VIEWER"]);
        assert_eq!(
            set(MemberChange::Add, None),
            Ok(Some("instance.member.added"))
        );
        assert_eq!(
            set(MemberChange::Add, Some(&other)),
            Err(MemberError::new(
                Reason::Exists,
                Resource::Instance,
                MemberChange::Add
            ))
        );
        assert_eq!(
            set(MemberChange::Update, None),
            Err(MemberError::new(
                Reason::NotFound,
                Resource::Instance,
                MemberChange::Update
            ))
        );
        assert_eq!(
            set(MemberChange::Update, Some(&other)),
            Ok(Some("instance.member.changed"))
        );
        assert_eq!(set(MemberChange::Set, Some(&same)), Ok(None));
        assert_eq!(
            set(MemberChange::Set, None),
            Ok(Some("instance.member.added"))
        );
    }
}
