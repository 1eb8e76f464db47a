//! Giving and taking roles.

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

/// Sorts roles, removes doubles and tests that each exists.
///
/// # Errors
/// [`MemberError::RolesEmpty`], [`MemberError::RoleUnknown`].
pub fn clean_roles(roles: Vec<String>, table: &RoleTable) -> Result<Vec<String>, MemberError> {
    let mut roles = roles;
    roles.sort();
    roles.dedup();
    if roles.is_empty() {
        return Err(MemberError::RolesEmpty);
    }
    if roles.iter().all(|role| table.knows(role)) {
        Ok(roles)
    } else {
        Err(MemberError::RoleUnknown)
    }
}

/// The event that gives a user these roles; `None` if the user has exactly them.
///
/// # Errors
/// [`MemberError::Exists`] and [`MemberError::NotFound`], as the change asks for.
pub fn set_member(
    _authority: &Authority,
    resource: Resource,
    public_user_id: &str,
    roles: Vec<String>,
    change: MemberChange,
    current: Option<&Member>,
) -> Result<Option<Event>, MemberError> {
    match (change, current) {
        (MemberChange::Add, Some(_)) => return Err(MemberError::Exists),
        (MemberChange::Update, None) => return Err(MemberError::NotFound),
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
    use super::*;
    use crate::domain::ids::UserId;
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
        let clean = clean_roles(roles(&["ORG_OWNER", "IAM_OWNER", "ORG_OWNER"]), &table);
        assert_eq!(clean, Ok(roles(&["IAM_OWNER", "ORG_OWNER"])));
        assert_eq!(clean_roles(vec![], &table), Err(MemberError::RolesEmpty));
        assert_eq!(
            clean_roles(roles(&["IAM_EMPEROR"]), &table),
            Err(MemberError::RoleUnknown)
        );
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
            Err(MemberError::Exists)
        );
        assert_eq!(set(MemberChange::Update, None), Err(MemberError::NotFound));
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
