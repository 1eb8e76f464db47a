//! `user add …`.

use super::UserRecord;
use crate::cli::args::{NewHuman, NewMachine, UserAdd};
use crate::cli::failure::Failure;
use crate::cli::operator::Operator;
use crate::command::{AddHuman, AddMachine, AddedUser, CodeDelivery, add_human, add_machine};
use crate::domain::user::UserError;
use crate::error::Error;
use crate::query::get_user;

/// Adds a user.
pub(super) async fn run(operator: &mut Operator<'_>, command: UserAdd) -> Result<(), Failure> {
    match command {
        UserAdd::Human(args) => human(operator, *args).await,
        UserAdd::Machine(args) => machine(operator, args).await,
    }
}

async fn human(operator: &mut Operator<'_>, args: NewHuman) -> Result<(), Failure> {
    let question = format!("Password of {} (empty for none)", args.username);
    let password = operator.input.password(args.password, &question)?;
    let command = AddHuman {
        id: args.place.id,
        organization: args.place.org,
        username: Some(args.username),
        given_name: args.given_name,
        family_name: args.family_name,
        email: args.email,
        email_delivery: if args.email_verified {
            CodeDelivery::Verified
        } else {
            CodeDelivery::Unspecified
        },
        password,
        ..AddHuman::default()
    };
    let added = add_human(&operator.core, &operator.caller, command).await?;
    show(operator, &added).await
}

async fn machine(operator: &mut Operator<'_>, args: NewMachine) -> Result<(), Failure> {
    // The command would take the id for one; here an empty name is a mistake in somebody's script.
    if args.username.is_empty() {
        return Err(Error::from(UserError::UsernameEmpty).into());
    }
    let command = AddMachine {
        id: args.place.id,
        organization: args.place.org,
        name: args.name.unwrap_or_default(),
        username: args.username,
        description: args.description,
    };
    let added = add_machine(&operator.core, &operator.caller, command).await?;
    show(operator, &added).await?;
    let name = &added.user.username;
    Ok(operator.output.hint(&format!(
        "give it a role with `bartizan member set {name} --role ROLE` and a token with `bartizan pat create {name}`"
    ))?)
}

async fn show(operator: &mut Operator<'_>, added: &AddedUser) -> Result<(), Failure> {
    let view = get_user(&operator.core, &operator.caller, added.user.id).await?;
    let record = UserRecord::new(&view, &operator.core.policies);
    Ok(operator.output.show(&record)?)
}
