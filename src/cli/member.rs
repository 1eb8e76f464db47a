//! `member …`: who has which roles, and what roles permit.

use std::collections::btree_map::{BTreeMap, Entry};

use serde::Serialize;

use super::args::{MemberCommand, MemberOn, MemberSet};
use super::failure::Failure;
use super::find;
use super::operator::Operator;
use super::record::{Changed, Moment, Row, listed};
use crate::command::{remove_member, set_member};
use crate::core::Core;
use crate::domain::ids::{OrgId, UserId};
use crate::domain::org::{Member, MemberChange};
use crate::domain::permission::{Permission, PermissionSet, Resource};
use crate::domain::user::login_name::login_name;

/// Does what the words say.
pub(super) async fn run(
    operator: &mut Operator<'_>,
    command: MemberCommand,
) -> Result<(), Failure> {
    match command {
        MemberCommand::Set(args) => set(operator, args).await,
        MemberCommand::List { user } => list(operator, user.as_deref()).await,
        MemberCommand::Remove { user, on } => remove(operator, &user, on).await,
        MemberCommand::Roles => roles(operator),
    }
}

async fn set(operator: &mut Operator<'_>, args: MemberSet) -> Result<(), Failure> {
    let user = find::user(&operator.core, &args.user).await?;
    let resource = args.on.resource();
    let sentence = format!(
        "roles of `{}` on {}: {}",
        user.username,
        named(resource),
        listed(&args.roles)
    );
    let details = set_member(
        &operator.core,
        &operator.caller,
        user.id,
        resource,
        args.roles,
        MemberChange::Set,
    )
    .await?;
    let changed = Changed {
        id: user.public_id(),
        changed_at: Moment(details.changed_at),
    };
    Ok(operator.output.changed(&changed, &sentence)?)
}

async fn remove(
    operator: &mut Operator<'_>,
    named_user: &str,
    on: MemberOn,
) -> Result<(), Failure> {
    let user = find::user(&operator.core, named_user).await?;
    let resource = on.resource();
    let place = named(resource);
    let removed = remove_member(&operator.core, &operator.caller, user.id, resource).await?;
    let Some(at) = removed else {
        let failure = Failure::message(format!("no roles of `{named_user}` on {place}"));
        return Err(failure.hint(format!(
            "list its roles with `bartizan member list {named_user}`"
        )));
    };
    let changed = Changed {
        id: user.public_id(),
        changed_at: Moment(at),
    };
    let sentence = format!("`{}` has no roles on {place} any more", user.username);
    Ok(operator.output.changed(&changed, &sentence)?)
}

async fn list(operator: &mut Operator<'_>, named_user: Option<&str>) -> Result<(), Failure> {
    let core = &operator.core;
    let user = match named_user {
        Some(named) => Some(find::user(core, named).await?),
        None => None,
    };
    let members = core
        .store
        .members(user.as_ref().map(|user| user.id))
        .await?;
    let mut names = BTreeMap::new();
    let mut rows = Vec::with_capacity(members.len());
    for member in &members {
        let names = match names.entry(member.user) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(names_of(core, member.user).await?),
        };
        rows.push(MemberRecord::new(member, names));
    }
    let none = user.map_or_else(
        || "no roles".to_owned(),
        |user| format!("`{}` has no roles", user.username),
    );
    Ok(operator.output.list(&rows, &none)?)
}

/// Id and login name as people know them.
async fn names_of(core: &Core, user: UserId) -> Result<(String, Option<String>), Failure> {
    let includes_domain = core.policies.login_name_includes_domain;
    Ok(core.store.user_view(user).await?.map_or_else(
        || (user.to_string(), None),
        |view| {
            let name = login_name(&view.user.username, &view.org_domain, includes_domain);
            (view.user.public_id(), Some(name))
        },
    ))
}

fn roles(operator: &mut Operator<'_>) -> Result<(), Failure> {
    let roles = operator.core.roles.iter();
    let rows: Vec<_> = roles
        .map(|(role, permissions)| RoleRecord::new(role, permissions))
        .collect();
    Ok(operator.output.wrapped_list(&rows, "no roles")?)
}

fn named(resource: Resource) -> String {
    match resource {
        Resource::Instance => "the instance".to_owned(),
        Resource::Org(id) => format!("organisation `{id}`"),
    }
}

/// Roles of a user on something.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberRecord {
    user_id: String,
    login_name: Option<String>,
    /// `null` is the instance.
    organization_id: Option<OrgId>,
    roles: Vec<String>,
    created_at: Moment,
    changed_at: Moment,
}

impl MemberRecord {
    fn new(member: &Member, (id, login_name): &(String, Option<String>)) -> Self {
        Self {
            user_id: id.clone(),
            login_name: login_name.clone(),
            organization_id: match member.resource {
                Resource::Instance => None,
                Resource::Org(id) => Some(id),
            },
            roles: member.roles.clone(),
            created_at: Moment(member.created_at),
            changed_at: Moment(member.changed_at),
        }
    }
}

impl Row for MemberRecord {
    const COLUMNS: &'static [&'static str] = &["USER", "LOGIN NAME", "ON", "ROLES", "SINCE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.user_id.clone(),
            self.login_name.clone().unwrap_or_else(|| "-".to_owned()),
            self.organization_id
                .map_or_else(|| "instance".to_owned(), |id| format!("org {id}")),
            listed(&self.roles),
            self.created_at.to_string(),
        ]
    }
}

/// A role and what it permits.
#[derive(Debug, Serialize)]
struct RoleRecord {
    role: String,
    permissions: Vec<&'static str>,
}

impl RoleRecord {
    fn new(role: &str, permissions: PermissionSet) -> Self {
        Self {
            role: role.to_owned(),
            permissions: permissions.iter().map(Permission::name).collect(),
        }
    }
}

impl Row for RoleRecord {
    const COLUMNS: &'static [&'static str] = &["ROLE", "PERMISSIONS"];

    fn cells(&self) -> Vec<String> {
        vec![self.role.clone(), listed(&self.permissions)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures::{NOW, both, later};
    use crate::domain::permission::RoleTable;

    #[test]
    fn members_are_listed() {
        let member = |resource, roles: &[&str]| Member {
            user: UserId::new(77),
            resource,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            created_at: NOW,
            changed_at: later(60),
        };
        let names = ("f3b1".to_owned(), Some("mini".to_owned()));
        let rows = [
            member(Resource::Instance, &["IAM_OWNER", "IAM_USER_MANAGER"]),
            member(Resource::Org(OrgId::new(5)), &["ORG_OWNER"]),
        ]
        .map(|member| MemberRecord::new(&member, &names));
        insta::assert_snapshot!(both(|output| output.list(&rows, "no roles").unwrap()));
    }

    #[test]
    fn roles_are_listed_with_what_they_permit() {
        let table = RoleTable::default();
        let rows: Vec<_> = table
            .iter()
            .filter(|(role, _)| ["IAM_OWNER", "ORG_OWNER_VIEWER"].contains(role))
            .map(|(role, permissions)| RoleRecord::new(role, permissions))
            .collect();
        insta::assert_snapshot!(both(|output| output
            .wrapped_list(&rows, "no roles")
            .unwrap()));
    }
}
