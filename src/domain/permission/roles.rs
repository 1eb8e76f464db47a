//! Roles and what they permit (adjacent.md section 4).

use std::collections::BTreeMap;
use std::fmt;

/// Declares the permissions with their names on the wire and in the configuration.
macro_rules! permissions {
    ($( $variant:ident = $name:literal, )+) => {
        /// A right that roles give.
        #[expect(missing_docs, reason = "the names are ZITADEL's and say what they are")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $( $variant, )+ }

        impl Permission {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The name that ZITADEL gives it.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }
        }
    };
}

permissions! {
    SessionRead = "session.read",
    SessionWrite = "session.write",
    SessionLink = "session.link",
    SessionDelete = "session.delete",
    UserRead = "user.read",
    UserWrite = "user.write",
    UserDelete = "user.delete",
    UserCredentialWrite = "user.credential.write",
    UserPasskeyWrite = "user.passkey.write",
    PolicyRead = "policy.read",
    PolicyWrite = "policy.write",
    IamPolicyRead = "iam.policy.read",
    IamMemberRead = "iam.member.read",
    IamMemberWrite = "iam.member.write",
    IamMemberDelete = "iam.member.delete",
    OrgRead = "org.read",
    OrgCreate = "org.create",
    OrgMemberRead = "org.member.read",
    OrgMemberWrite = "org.member.write",
    OrgMemberDelete = "org.member.delete",
    EventsRead = "events.read",
}

impl fmt::Display for Permission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Permission {
    /// The permission of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.name() == name)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// Whether it has the permission.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Its members.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(
            permissions
                .into_iter()
                .fold(0, |bits, permission| bits | permission.bit()),
        )
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set()
            .entries(self.iter().map(Permission::name))
            .finish()
    }
}

/// A configured role names a permission that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("role `{role}` names an unknown permission: `{permission}`")]
pub struct UnknownPermission {
    /// The role.
    pub role: String,
    /// What it names.
    pub permission: String,
}

/// Which role permits what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTable(BTreeMap<String, PermissionSet>);

impl RoleTable {
    /// The stock roles, with `replaced` in their place or beside them: role name to permission names.
    ///
    /// # Errors
    /// [`UnknownPermission`] for a name that no permission has.
    pub fn with(replaced: &BTreeMap<String, Vec<String>>) -> Result<Self, UnknownPermission> {
        let mut table = Self::default();
        for (role, names) in replaced {
            let permissions = names
                .iter()
                .map(|name| {
                    Permission::parse(name).ok_or_else(|| UnknownPermission {
                        role: role.clone(),
                        permission: name.clone(),
                    })
                })
                .collect::<Result<PermissionSet, _>>()?;
            table.0.insert(role.clone(), permissions);
        }
        Ok(table)
    }

    /// Whether a role exists.
    pub fn knows(&self, role: &str) -> bool {
        self.0.contains_key(role)
    }

    /// What roles add up to; unknown ones add nothing.
    pub fn permissions(&self, roles: impl IntoIterator<Item: AsRef<str>>) -> PermissionSet {
        roles
            .into_iter()
            .filter_map(|role| self.0.get(role.as_ref()))
            .fold(PermissionSet::default(), |all, some| all.union(*some))
    }

    /// Roles and their permissions, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, PermissionSet)> {
        self.0
            .iter()
            .map(|(role, permissions)| (role.as_str(), *permissions))
    }
}

/// The stock roles. None but `IAM_LOGIN_CLIENT` has `session.link`; no `ORG_*` role has
/// `session.write`. `IAM_SESSION_CLIENT` is ours: what a login needs and nothing else.
const STOCK: [(&str, &[Permission]); 9] = {
    use Permission::{
        EventsRead, IamMemberDelete, IamMemberRead, IamMemberWrite, IamPolicyRead, OrgCreate,
        OrgMemberDelete, OrgMemberRead, OrgMemberWrite, OrgRead, PolicyRead, PolicyWrite,
        SessionDelete, SessionLink, SessionRead, SessionWrite, UserCredentialWrite, UserDelete,
        UserPasskeyWrite, UserRead, UserWrite,
    };
    [
        (
            "IAM_OWNER",
            &[
                SessionRead,
                SessionWrite,
                SessionDelete,
                UserRead,
                UserWrite,
                UserDelete,
                UserCredentialWrite,
                UserPasskeyWrite,
                PolicyRead,
                PolicyWrite,
                IamPolicyRead,
                IamMemberRead,
                IamMemberWrite,
                IamMemberDelete,
                OrgRead,
                OrgCreate,
                OrgMemberRead,
                OrgMemberWrite,
                OrgMemberDelete,
                EventsRead,
            ],
        ),
        (
            "IAM_OWNER_VIEWER",
            &[
                SessionRead,
                UserRead,
                PolicyRead,
                IamPolicyRead,
                IamMemberRead,
                OrgRead,
                OrgMemberRead,
                EventsRead,
            ],
        ),
        (
            "IAM_ORG_MANAGER",
            &[
                SessionRead,
                SessionDelete,
                UserRead,
                UserWrite,
                UserDelete,
                UserCredentialWrite,
                UserPasskeyWrite,
                PolicyRead,
                PolicyWrite,
                OrgRead,
                OrgCreate,
                OrgMemberRead,
                OrgMemberWrite,
                OrgMemberDelete,
            ],
        ),
        (
            "IAM_USER_MANAGER",
            &[
                SessionRead,
                SessionDelete,
                UserRead,
                UserWrite,
                UserDelete,
                UserPasskeyWrite,
                OrgRead,
                OrgMemberRead,
            ],
        ),
        (
            "IAM_LOGIN_CLIENT",
            &[
                SessionRead,
                SessionWrite,
                SessionLink,
                SessionDelete,
                UserRead,
                UserWrite,
                UserCredentialWrite,
                UserPasskeyWrite,
                PolicyRead,
                IamPolicyRead,
                IamMemberRead,
                IamMemberWrite,
                OrgRead,
                OrgMemberRead,
                OrgMemberWrite,
            ],
        ),
        (
            "IAM_SESSION_CLIENT",
            &[
                SessionRead,
                SessionWrite,
                SessionLink,
                SessionDelete,
                UserRead,
                UserCredentialWrite,
            ],
        ),
        (
            "ORG_OWNER",
            &[
                SessionRead,
                SessionDelete,
                UserRead,
                UserWrite,
                UserDelete,
                UserCredentialWrite,
                UserPasskeyWrite,
                PolicyRead,
                PolicyWrite,
                OrgRead,
                OrgMemberRead,
                OrgMemberWrite,
                OrgMemberDelete,
            ],
        ),
        (
            "ORG_USER_MANAGER",
            &[
                SessionRead,
                SessionDelete,
                UserRead,
                UserWrite,
                UserDelete,
                OrgRead,
            ],
        ),
        (
            "ORG_OWNER_VIEWER",
            &[UserRead, PolicyRead, OrgRead, OrgMemberRead],
        ),
    ]
};

impl Default for RoleTable {
    fn default() -> Self {
        let roles = STOCK
            .iter()
            .map(|(role, permissions)| ((*role).to_owned(), permissions.iter().copied().collect()));
        Self(roles.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The session columns of spec session-service.md section 4.3.
    #[test]
    fn stock_roles_have_the_documented_session_rights() {
        let roles = RoleTable::default();
        let table = [
            ("IAM_OWNER", "rwd"),
            ("IAM_LOGIN_CLIENT", "rwdl"),
            ("IAM_SESSION_CLIENT", "rwdl"),
            ("IAM_ORG_MANAGER", "rd"),
            ("IAM_USER_MANAGER", "rd"),
            ("IAM_OWNER_VIEWER", "r"),
            ("ORG_OWNER", "rd"),
            ("ORG_USER_MANAGER", "rd"),
            ("ORG_OWNER_VIEWER", ""),
            ("UNKNOWN", ""),
        ];
        for (role, expected) in table {
            let set = roles.permissions([role]);
            let found: String = [
                (Permission::SessionRead, 'r'),
                (Permission::SessionWrite, 'w'),
                (Permission::SessionDelete, 'd'),
                (Permission::SessionLink, 'l'),
            ]
            .into_iter()
            .filter_map(|(permission, letter)| set.contains(permission).then_some(letter))
            .collect();
            assert_eq!(found, expected, "{role}");
        }
    }

    #[test]
    fn the_login_client_may_not_delete_users() {
        let set = RoleTable::default().permissions(["IAM_LOGIN_CLIENT"]);
        assert!(!set.contains(Permission::UserDelete) && set.contains(Permission::UserWrite));
    }

    #[test]
    fn roles_can_be_remapped_but_not_to_nonsense() {
        let narrow = BTreeMap::from([("ORG_OWNER".to_owned(), vec!["session.read".to_owned()])]);
        let roles = RoleTable::with(&narrow).unwrap();
        assert_eq!(
            roles.permissions(["ORG_OWNER"]).iter().collect::<Vec<_>>(),
            [Permission::SessionRead]
        );
        assert!(roles.knows("IAM_OWNER"));
        let wrong = BTreeMap::from([("X".to_owned(), vec!["session.fly".to_owned()])]);
        assert_eq!(
            RoleTable::with(&wrong).unwrap_err().permission,
            "session.fly"
        );
    }
}
