//! What events add up to beside the rows: tokens and metadata of a user, its login names, memberships.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Tools;
use super::compare::differing;
use super::report::Finder;
use crate::domain::event::{
    Aggregate, Event, InstanceEvent, MemberRemoved, MemberRoles, OrgEvent, RecordedEvent, UserEvent,
};
use crate::domain::ids::{OrgId, PatId, UserId, given_user_key};
use crate::domain::org::Member;
use crate::domain::permission::Resource;
use crate::domain::session::Proof;
use crate::domain::time::Timestamp;
use crate::domain::user::{IdpLink, Pat, User, login_name};
use crate::ports::StoreError;
use crate::storage::sqlite::{idp_links, members, orgs, pats, rows};

const METADATA: &str = "SELECT user_id, key, value FROM user_metadata WHERE user_id = ?1";

const NAMES: &str = "SELECT name FROM login_names WHERE user_id = ?1";

/// What the events of a user keep beside its row.
#[derive(Default)]
pub(super) struct OfUser {
    pats: BTreeMap<PatId, Pat>,
    metadata: BTreeMap<String, String>,
    /// By provider and id there; the value is the name.
    links: BTreeMap<(String, String), String>,
}

impl OfUser {
    /// Takes one more event of the user.
    pub(super) fn add(&mut self, user: UserId, at: Timestamp, event: &UserEvent) {
        if let UserEvent::MetadataSet(set) = event {
            self.metadata.insert(set.key.clone(), set.value.clone());
        } else if let UserEvent::PatAdded(added) = event {
            let pat = Pat {
                id: added.token_id,
                user,
                proof: Proof::Fingerprint(added.hash_id.clone()),
                created_at: at,
                expires_at: added.expiration,
            };
            self.pats.insert(pat.id, pat);
        } else if let UserEvent::PatRemoved(removed) = event {
            self.pats.remove(&removed.token_id);
        } else if let UserEvent::IdpLinkAdded(added) = event {
            let link = (added.idp_config_id.clone(), added.user_id.clone());
            self.links.insert(link, added.display_name.clone());
        } else if let UserEvent::IdpLinkRemoved(removed) = event {
            let link = (removed.idp_config_id.clone(), removed.user_id.clone());
            self.links.remove(&link);
        } else if let UserEvent::Removed(_) = event {
            *self = Self::default();
        }
    }

    /// Compares with the tables.
    pub(super) fn compare(
        mut self,
        connection: &Connection,
        tools: Tools<'_>,
        finder: &mut Finder<'_>,
        user: &User,
        forms: &mut NameForms,
    ) -> Result<(), StoreError> {
        let place = Aggregate::User(user.id);
        match pats::of_user(connection, user.id) {
            Ok(rows) => self.compare_pats(rows, tools, finder),
            Err(error) => finder.unreadable(place, error)?,
        }
        let found = rows::all(
            connection,
            METADATA,
            [user.id.key()],
            "user_metadata",
            |cells| {
                cells.key("user_id")?;
                Ok((cells.text("key")?, cells.text("value")?))
            },
        );
        match found {
            Ok(rows) if rows.iter().cloned().collect::<BTreeMap<_, _>>() == self.metadata => {}
            Ok(_) => finder.find(place, "`user_metadata` is not what its events make"),
            Err(error) => finder.unreadable(place, error)?,
        }
        self.compare_links(connection, finder, user)?;
        compare_names(connection, finder, user, forms)
    }

    fn compare_links(
        self,
        connection: &Connection,
        finder: &mut Finder<'_>,
        user: &User,
    ) -> Result<(), StoreError> {
        let place = Aggregate::User(user.id);
        let made = self.links.into_iter().map(|(link, name)| IdpLink {
            idp_id: link.0,
            external_id: link.1,
            name,
        });
        match idp_links::of_user(connection, user.id) {
            Ok(rows) if rows.iter().cloned().eq(made) => Ok(()),
            Ok(_) => {
                finder.find(place, "`idp_links` is not what its events make");
                Ok(())
            }
            Err(error) => finder.unreadable(place, error),
        }
    }

    fn compare_pats(&mut self, rows: Vec<Pat>, tools: Tools<'_>, finder: &mut Finder<'_>) {
        for row in rows {
            let place = format!("`pats` row {}", row.id);
            let Some(made) = self.pats.remove(&row.id) else {
                finder.find(place, format_args!("user {} has no event for it", row.user));
                continue;
            };
            let columns = differing([
                (
                    "hash",
                    row.proof.fingerprint(tools.fingerprint)
                        == made.proof.fingerprint(tools.fingerprint),
                ),
                ("created_at", row.created_at == made.created_at),
                ("expires_at", row.expires_at == made.expires_at),
            ]);
            if !columns.is_empty() {
                let columns = columns.join("`, `");
                finder.find(
                    place,
                    format_args!("is not what its events make in `{columns}`"),
                );
            }
        }
        for pat in self.pats.values() {
            finder.find(
                format_args!("`pats` row {}", pat.id),
                format_args!("is missing; user {} has it", pat.user),
            );
        }
    }
}

/// Which users have their login name with the organisation's domain and which without: the setting
/// is one for all, and not in the log.
#[derive(Default)]
pub(super) struct NameForms {
    without: Form,
    with: Form,
}

#[derive(Default)]
struct Form {
    users: u64,
    first: Option<UserId>,
}

impl NameForms {
    fn add(&mut self, user: UserId, with_domain: bool) {
        let form = if with_domain {
            &mut self.with
        } else {
            &mut self.without
        };
        form.users += 1;
        form.first.get_or_insert(user);
    }

    /// Blames the fewer, if there are both.
    pub(super) fn compare(&self, finder: &mut Finder<'_>) {
        let (fewer, more) = if self.with.users < self.without.users {
            (&self.with, &self.without)
        } else {
            (&self.without, &self.with)
        };
        if let Some(user) = fewer.first {
            finder.find(
                Aggregate::User(user),
                format_args!(
                    "has a login name of another form than {} others",
                    more.users
                ),
            );
        }
    }
}

/// Names are not in events: they follow from the username, with or without the domain.
fn compare_names(
    connection: &Connection,
    finder: &mut Finder<'_>,
    user: &User,
    forms: &mut NameForms,
) -> Result<(), StoreError> {
    let place = Aggregate::User(user.id);
    let names = rows::all(connection, NAMES, [user.id.key()], "login_names", |cells| {
        cells.set_key(user.id.key());
        cells.text("name")
    });
    let names = match names {
        Ok(names) => names,
        Err(error) => return finder.unreadable(place, error),
    };
    if !user.exists() {
        for name in names {
            finder.find(
                place,
                format_args!("removed, but has the login name `{name}`"),
            );
        }
        return Ok(());
    }
    match names.len() {
        0 => finder.find(place, "has no login name"),
        1 => {}
        count => finder.find(place, format_args!("has {count} login names")),
    }
    let domain = match orgs::load(connection, user.organization) {
        Ok(org) => org.map(|org| org.primary_domain).unwrap_or_default(),
        Err(error) => return finder.unreadable(place, error),
    };
    let [without, with] = [false, true].map(|with| login_name::key(&user.username, &domain, with));
    for name in names {
        if name == without || name == with {
            forms.add(user.id, name == with);
        } else {
            finder.find(place, format_args!("cannot have the login name `{name}`"));
        }
    }
    Ok(())
}

/// What events of instance and organisations say of memberships.
#[derive(Default)]
pub(super) struct Members(BTreeMap<(UserId, Resource), Member>);

impl Members {
    /// Takes one more event of any aggregate.
    pub(super) fn add(&mut self, recorded: &RecordedEvent) {
        let org = Resource::Org(OrgId::new(recorded.aggregate.key()));
        match &recorded.event {
            Event::User(_) | Event::Session(_) | Event::Intent(_) => {}
            Event::Instance(event) => match event {
                InstanceEvent::MemberAdded(roles) | InstanceEvent::MemberChanged(roles) => {
                    self.set(Resource::Instance, recorded.created_at, roles);
                }
                InstanceEvent::MemberRemoved(gone) | InstanceEvent::MemberCascadeRemoved(gone) => {
                    self.remove(Resource::Instance, gone);
                }
                InstanceEvent::Added(_) | InstanceEvent::DefaultOrgSet(_) => {}
            },
            Event::Org(event) => match event {
                OrgEvent::MemberAdded(roles) | OrgEvent::MemberChanged(roles) => {
                    self.set(org, recorded.created_at, roles);
                }
                OrgEvent::MemberRemoved(gone) | OrgEvent::MemberCascadeRemoved(gone) => {
                    self.remove(org, gone);
                }
                OrgEvent::Added(_) | OrgEvent::PrimaryDomainSet(_) => {}
            },
        }
    }

    fn set(&mut self, resource: Resource, at: Timestamp, set: &MemberRoles) {
        let user = given_user_key(&set.user_id);
        let member = self.0.entry((user, resource)).or_insert_with(|| Member {
            user,
            resource,
            roles: Vec::new(),
            created_at: at,
            changed_at: at,
        });
        member.roles.clone_from(&set.roles);
        member.changed_at = at;
    }

    fn remove(&mut self, resource: Resource, removed: &MemberRemoved) {
        let user = given_user_key(&removed.user_id);
        self.0.remove(&(user, resource));
    }

    /// Compares with the table.
    pub(super) fn compare(
        mut self,
        connection: &Connection,
        finder: &mut Finder<'_>,
    ) -> Result<(), StoreError> {
        for row in members::load(connection, None)? {
            let place = format!("`members` row {} on {:?}", row.user, row.resource);
            match self.0.remove(&(row.user, row.resource)) {
                Some(made) if made == row => {}
                Some(_) => finder.find(place, "is not what its events make"),
                None => finder.find(place, "has no event"),
            }
        }
        for (user, resource) in self.0.keys() {
            finder.find(
                format_args!("`members` row {user} on {resource:?}"),
                "is missing",
            );
        }
        Ok(())
    }
}
