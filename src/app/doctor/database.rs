//! The database: its schema, its key, its clock, its roles.

use super::{Diagnosis, Health, told};
use crate::config::Config;
use crate::crypto::ChainKey;
use crate::domain::org::Member;
use crate::domain::permission::RoleTable;
use crate::domain::time::{Span, Timestamp};
use crate::ports::{Clock, Cursor, Seal};
use crate::storage::sqlite::{self, Look, OpenError};

/// Clocks of machines differ by less.
const SLACK: Span = Span::from_seconds(2);

/// Who may do everything.
const OWNER: &str = "IAM_OWNER";

pub(super) fn examine(
    config: &Config,
    clock: &dyn Clock,
    seal: Option<&ChainKey>,
) -> Vec<Diagnosis> {
    const SUBJECT: &str = "database";
    let seal = seal.map(|seal| -> &dyn Seal { seal });
    let look = match sqlite::look(&config.database_path(), seal) {
        Ok(look) => look,
        Err(error @ OpenError::Missing(_)) => {
            return vec![
                Diagnosis::new(SUBJECT, Health::Unknown, told(&error))
                    .remedy("the first start makes it"),
            ];
        }
        Err(error @ OpenError::Newer { .. }) => {
            return vec![
                Diagnosis::bad(SUBJECT, told(&error)).remedy("use the newer program that was here"),
            ];
        }
        Err(error) => {
            return vec![
                Diagnosis::bad(SUBJECT, told(&error))
                    .remedy("copy the data directory, then restore a backup"),
            ];
        }
    };
    let mut found = vec![schema(&look)];
    found.extend(belongs(&look));
    found.push(time(&look, clock.now()));
    found.extend(roles(config, &look.members, look.version == look.known));
    found.extend(webhooks(config, &look.cursors));
    found
}

fn schema(look: &Look) -> Diagnosis {
    const SUBJECT: &str = "database";
    if look.version == look.known {
        Diagnosis::good(SUBJECT, format!("schema version {}", look.version))
    } else {
        Diagnosis::unwise(
            SUBJECT,
            format!(
                "schema version {}, this program has {}",
                look.version, look.known
            ),
        )
        .remedy("back up: the next start brings it up to date")
    }
}

fn belongs(look: &Look) -> Option<Diagnosis> {
    const SUBJECT: &str = "key of the database";
    Some(if look.sealed? {
        Diagnosis::good(SUBJECT, "the last event was sealed with this key file")
    } else {
        Diagnosis::bad(SUBJECT, "the last event was not sealed with this key file").remedy(
            "put the key file back that belongs to this database; if it is the one, run `bartizan verify`",
        )
    })
}

fn time(look: &Look, now: Timestamp) -> Diagnosis {
    const SUBJECT: &str = "clock";
    match look.newest {
        Some(newest) if newest > now.plus(SLACK) => Diagnosis::bad(
            SUBJECT,
            format!("it is {now}, but the last event is of {newest}"),
        )
        .remedy("set the clock: what expires would live too long"),
        Some(newest) => Diagnosis::good(SUBJECT, format!("the last event is of {newest}")),
        None => Diagnosis::good(SUBJECT, format!("it is {now}")),
    }
}

/// How far each webhook is, and those that have gone from the configuration or had another name.
fn webhooks(config: &Config, cursors: &[Cursor]) -> Vec<Diagnosis> {
    let webhooks = &config.events.webhook;
    let told = cursors.iter().map(|cursor| {
        let (name, position) = (&cursor.name, cursor.position);
        let at = cursor.changed_at;
        let known = webhooks.iter().any(|webhook| webhook.name == *name);
        let text = if known {
            format!("`{name}` was told of events up to position {position} at {at}")
        } else {
            format!(
                "no webhook is called `{name}`; the position up to which it was told of events is \
                 kept: {position}, of {at}"
            )
        };
        Diagnosis::good("webhook", text)
    });
    told.collect()
}

/// Roles that were replaced by weaker ones, roles that nobody knows, and nobody in charge.
fn roles(config: &Config, members: &[Member], known: bool) -> Vec<Diagnosis> {
    const SUBJECT: &str = "roles";
    let Ok(table) = config.role_table() else {
        return vec![Diagnosis::bad(
            SUBJECT,
            "the roles of the configuration cannot be used",
        )];
    };
    let mut found = Vec::new();
    for (role, stock) in RoleTable::default().iter() {
        let has = table.permissions([role]);
        let missing: Vec<_> = stock
            .iter()
            .filter(|permission| !has.contains(*permission))
            .map(|permission| format!("`{permission}`"))
            .collect();
        if !missing.is_empty() {
            found.push(
                Diagnosis::unwise(SUBJECT, format!("`{role}` lacks {}", missing.join(", ")))
                    .remedy(format!(
                        "add what is needed to `roles.{role}` of the configuration"
                    )),
            );
        }
    }
    for member in members {
        for role in member.roles.iter().filter(|role| !table.knows(role)) {
            found.push(
                Diagnosis::bad(
                    SUBJECT,
                    format!("user {} has `{role}`, which does not exist", member.user),
                )
                .remedy("add it to `roles` of the configuration, or give another: `bartizan member set`"),
            );
        }
    }
    let in_charge = |member: &Member| member.roles.iter().any(|role| role == OWNER);
    if known && !members.iter().any(in_charge) {
        found.push(
            Diagnosis::unwise(SUBJECT, format!("nobody has `{OWNER}`"))
                .remedy(format!("bartizan member set USER --role {OWNER}")),
        );
    }
    if found.is_empty() {
        found.push(Diagnosis::good(SUBJECT, "permit what they should"));
    }
    found
}
