//! `user …`: adding people and service users, looking at them, changing what they can do.

mod add;
mod list;
mod record;

pub(super) use record::UserRecord;

use super::args::{PasswordArgs, UserCommand};
use super::failure::Failure;
use super::find;
use super::operator::Operator;
use super::record::{Changed, Moment};
use crate::command::{Details, PasswordGrant, SetPassword, UserChange, change_user, set_password};
use crate::domain::user::User;
use crate::query::get_user;

/// Does what the words say.
pub(super) async fn run(operator: &mut Operator<'_>, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Add(command) => add::run(operator, command).await,
        UserCommand::List(args) => list::run(operator, args).await,
        UserCommand::Show(user) => show(operator, &user.user).await,
        UserCommand::Lock(user) => change(operator, &user.user, UserChange::Lock, "locked").await,
        UserCommand::Unlock(user) => {
            change(operator, &user.user, UserChange::Unlock, "unlocked").await
        }
        UserCommand::Deactivate(user) => {
            change(operator, &user.user, UserChange::Deactivate, "switched off").await
        }
        UserCommand::Reactivate(user) => {
            change(operator, &user.user, UserChange::Reactivate, "switched on").await
        }
        UserCommand::Remove { user, yes } => remove(operator, &user.user, yes).await,
        UserCommand::SetPassword { user, password } => set(operator, &user.user, password).await,
    }
}

async fn show(operator: &mut Operator<'_>, named: &str) -> Result<(), Failure> {
    let user = find::user(&operator.core, named).await?;
    let view = get_user(&operator.core, &operator.caller, user.id).await?;
    let record = UserRecord::new(&view, &operator.core.policies);
    Ok(operator.output.show(&record)?)
}

async fn change(
    operator: &mut Operator<'_>,
    named: &str,
    change: UserChange,
    done: &str,
) -> Result<(), Failure> {
    let user = find::user(&operator.core, named).await?;
    let details = change_user(&operator.core, &operator.caller, user.id, change).await?;
    tell(operator, &user, &details, done)
}

/// Removing cannot be undone, so it is said twice.
async fn remove(operator: &mut Operator<'_>, named: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return change(operator, named, UserChange::Remove, "removed").await;
    }
    find::user(&operator.core, named).await?;
    let failure = Failure::usage(format!("removing a user is for good: `{named}`"));
    Err(failure.hint(format!(
        "`bartizan user remove {named} --yes` removes it; `bartizan user deactivate {named}` can be undone"
    )))
}

async fn set(operator: &mut Operator<'_>, named: &str, args: PasswordArgs) -> Result<(), Failure> {
    let user = find::user(&operator.core, named).await?;
    let question = format!("New password of {}", user.username);
    let password = operator.input.password(args, &question)?.ok_or_else(|| {
        Failure::usage("there is no new password")
            .hint("pipe it in with `--password-stdin`, or name a file with `--password-file`")
    })?;
    let command = SetPassword {
        user: user.id,
        password,
        grant: PasswordGrant::Permission,
    };
    let details = set_password(&operator.core, &operator.caller, command).await?;
    tell(operator, &user, &details, "password set")
}

fn tell(
    operator: &mut Operator<'_>,
    user: &User,
    details: &Details,
    done: &str,
) -> Result<(), Failure> {
    let changed = Changed {
        id: user.public_id(),
        changed_at: Moment(details.changed_at),
    };
    let sentence = format!("{done}: `{}`", user.username);
    Ok(operator.output.changed(&changed, &sentence)?)
}
