//! Users as they are shown. No hash is part of it.

use serde::Serialize;

use crate::cli::record::{Moment, Row, Sheet};
use crate::domain::ids::OrgId;
use crate::domain::policy::Policies;
use crate::domain::user::login_name::login_name;
use crate::domain::user::{Human, Machine, UserKind, UserState};
use crate::ports::UserView;

/// A user. What it does not have is `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct UserRecord {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    username: String,
    login_name: String,
    display_name: String,
    organization_id: OrgId,
    created_at: Moment,
    changed_at: Moment,
    sequence: u32,
    human: Option<Person>,
    machine: Option<Service>,
}

/// What people have.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of its own in the JSON"
)]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    given_name: String,
    family_name: String,
    nick_name: Option<String>,
    preferred_language: Option<String>,
    email: String,
    email_verified: bool,
    phone: Option<String>,
    phone_verified: bool,
    has_password: bool,
    password_changed_at: Option<Moment>,
    password_change_required: bool,
    failed_checks: u32,
}

/// What service users have.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    name: String,
    description: Option<String>,
}

impl UserRecord {
    /// How a user looks under these policies.
    pub(in crate::cli) fn new(view: &UserView, policies: &Policies) -> Self {
        let user = &view.user;
        let (kind, human, machine) = match &user.kind {
            UserKind::Human(human) => ("human", Some(Person::from(&**human)), None),
            UserKind::Machine(machine) => ("machine", None, Some(Service::from(machine))),
        };
        let includes_domain = policies.login_name_includes_domain;
        Self {
            id: user.public_id(),
            kind,
            state: match user.state {
                UserState::Active => "active",
                UserState::Inactive => "inactive",
                UserState::Removed => "removed",
                UserState::Locked => "locked",
            },
            username: user.username.clone(),
            login_name: login_name(&user.username, &view.org_domain, includes_domain),
            display_name: user.display_name().to_owned(),
            organization_id: user.organization,
            created_at: Moment(user.created_at),
            changed_at: Moment(user.changed_at),
            sequence: user.sequence.number(),
            human,
            machine,
        }
    }

    fn email(&self) -> Option<String> {
        self.human.as_ref().map(|human| {
            let doubt = if human.email_verified {
                ""
            } else {
                " (not verified)"
            };
            format!("{}{doubt}", human.email)
        })
    }
}

impl From<&Human> for Person {
    fn from(human: &Human) -> Self {
        let (phone, password) = (human.phone.as_ref(), human.password.as_ref());
        Self {
            given_name: human.given_name.clone(),
            family_name: human.family_name.clone(),
            nick_name: human.nick_name.clone(),
            preferred_language: human.preferred_language.clone(),
            email: human.email.address.clone(),
            email_verified: human.email.verified,
            phone: phone.map(|phone| phone.address.clone()),
            phone_verified: phone.is_some_and(|phone| phone.verified),
            has_password: password.is_some(),
            password_changed_at: password.map(|password| Moment(password.changed_at)),
            password_change_required: password.is_some_and(|password| password.change_required),
            failed_checks: human.failures.count,
        }
    }
}

impl From<&Machine> for Service {
    fn from(machine: &Machine) -> Self {
        Self {
            name: machine.name.clone(),
            description: machine.description.clone(),
        }
    }
}

impl Row for UserRecord {
    const COLUMNS: &'static [&'static str] = &[
        "ID",
        "TYPE",
        "STATE",
        "LOGIN NAME",
        "NAME",
        "E-MAIL",
        "CREATED",
    ];

    fn cells(&self) -> Vec<String> {
        let email = self.human.as_ref().map_or("-", |human| &human.email);
        vec![
            self.id.clone(),
            self.kind.to_owned(),
            self.state.to_owned(),
            self.login_name.clone(),
            self.display_name.clone(),
            email.to_owned(),
            self.created_at.to_string(),
        ]
    }
}

impl Sheet for UserRecord {
    fn fields(&self) -> Vec<(&'static str, Option<String>)> {
        let human = self.human.as_ref();
        let password =
            human.map(
                |human| match (human.password_changed_at, human.password_change_required) {
                    (None, _) => "none".to_owned(),
                    (Some(at), false) => format!("set {at}"),
                    (Some(at), true) => format!("set {at}, must be changed"),
                },
            );
        let failed = human
            .map(|human| human.failed_checks)
            .filter(|count| *count > 0);
        let machine = self.machine.as_ref();
        vec![
            ("id", Some(self.id.clone())),
            ("type", Some(self.kind.to_owned())),
            ("state", Some(self.state.to_owned())),
            ("username", Some(self.username.clone())),
            ("login name", Some(self.login_name.clone())),
            ("name", Some(self.display_name.clone())),
            (
                "description",
                machine.and_then(|machine| machine.description.clone()),
            ),
            ("e-mail", self.email()),
            ("phone", human.and_then(|human| human.phone.clone())),
            (
                "language",
                human.and_then(|human| human.preferred_language.clone()),
            ),
            ("password", password),
            ("failed checks", failed.map(|count| count.to_string())),
            ("organisation", Some(self.organization_id.to_string())),
            ("created", Some(self.created_at.to_string())),
            ("changed", Some(self.changed_at.to_string())),
            ("sequence", Some(self.sequence.to_string())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures::{both, person, service};

    fn record(view: &UserView) -> UserRecord {
        UserRecord::new(view, &Policies::default())
    }

    #[test]
    fn users_are_listed() {
        let rows = [record(&person()), record(&service())];
        insta::assert_snapshot!(both(|output| output.list(&rows, "no users").unwrap()));
    }

    #[test]
    fn a_user_is_shown() {
        for (name, view) in [("person", person()), ("service", service())] {
            insta::assert_snapshot!(name, both(|output| output.show(&record(&view)).unwrap()));
        }
    }

    #[test]
    fn login_names_follow_the_policy() {
        let policies = Policies {
            login_name_includes_domain: true,
            ..Policies::default()
        };
        let record = UserRecord::new(&person(), &policies);
        assert_eq!(record.login_name, "mini@acme.example");
    }
}
