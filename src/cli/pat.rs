//! `pat …`: personal access tokens of service users.

use std::io;
use std::path::Path;

use serde::Serialize;

use super::args::{PatCommand, PatCreate};
use super::failure::Failure;
use super::find;
use super::operator::Operator;
use super::output::Output;
use super::record::{Changed, Moment, Row};
use super::token_file::TokenFile;
use crate::command::{NewPat, add_pat, remove_pat};
use crate::domain::ids::PatId;
use crate::domain::time::Timestamp;
use crate::domain::user::{Pat, User};

/// The last second that the API can write down: what "never" is stored as.
const NEVER: Timestamp = Timestamp::from_micros(253_402_300_799_000_000);

/// Does what the words say.
pub(super) async fn run(operator: &mut Operator<'_>, command: PatCommand) -> Result<(), Failure> {
    match command {
        PatCommand::Create(args) => create(operator, args).await,
        PatCommand::List { user } => list(operator, &user).await,
        PatCommand::Revoke { user, token } => revoke(operator, &user, token).await,
    }
}

/// A token that is not stored anywhere but where this writes it.
async fn create(operator: &mut Operator<'_>, args: PatCreate) -> Result<(), Failure> {
    let core = &operator.core;
    let user = find::user(core, &args.user).await?;
    let expires_at = args.expires.or_else(|| {
        args.expires_in
            .map(|span| core.clock.now().plus(span).min(NEVER))
    });
    // The file first: a token that cannot be written down shall not exist.
    let file = args.out.as_deref().map(TokenFile::create).transpose()?;
    let made = add_pat(core, &operator.caller, user.id, expires_at).await?;
    if let Some(file) = file {
        file.keep(&made.token)?;
    }
    Ok(tell(
        &mut operator.output,
        &user,
        &made,
        args.out.as_deref(),
    )?)
}

fn tell(
    output: &mut Output<'_>,
    user: &User,
    made: &NewPat,
    file: Option<&Path>,
) -> io::Result<()> {
    if !output.is_for_people() {
        return output.json(&NewToken {
            id: made.id,
            user_id: user.public_id(),
            created_at: Moment(made.created_at),
            expires_at: Moment(made.expires_at),
            token: file.is_none().then(|| made.token.expose()),
            file,
        });
    }
    let (id, name, end) = (made.id, &user.username, end(made.expires_at));
    let place = if let Some(path) = file {
        format!("is in: `{}`", path.display())
    } else {
        output.text(&format!("{}\n", made.token.expose()))?;
        "is shown this once".to_owned()
    };
    output.message(&format!(
        "token `{id}` of `{name}` (expires: {end}) {place}"
    ))
}

async fn list(operator: &mut Operator<'_>, named: &str) -> Result<(), Failure> {
    let user = find::user(&operator.core, named).await?;
    let now = operator.core.clock.now();
    let pats = operator.core.store.pats(user.id).await?;
    let rows: Vec<_> = pats
        .iter()
        .map(|pat| PatRecord::new(pat, &user, now))
        .collect();
    let none = format!("no tokens of `{}`", user.username);
    Ok(operator.output.list(&rows, &none)?)
}

async fn revoke(operator: &mut Operator<'_>, named: &str, token: PatId) -> Result<(), Failure> {
    let user = find::user(&operator.core, named).await?;
    let at = remove_pat(&operator.core, &operator.caller, user.id, token).await?;
    let changed = Changed {
        id: token.to_string(),
        changed_at: Moment(at),
    };
    let sentence = format!("token `{token}` of `{}` is revoked", user.username);
    Ok(operator.output.changed(&changed, &sentence)?)
}

fn end(expires_at: Timestamp) -> String {
    if expires_at >= NEVER {
        "never".to_owned()
    } else {
        Moment(expires_at).to_string()
    }
}

/// A token that was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewToken<'a> {
    id: PatId,
    user_id: String,
    created_at: Moment,
    expires_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Path>,
}

/// A token as it is shown later: nothing of it is left to show.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PatRecord {
    id: PatId,
    user_id: String,
    state: &'static str,
    created_at: Moment,
    expires_at: Moment,
}

impl PatRecord {
    fn new(pat: &Pat, user: &User, now: Timestamp) -> Self {
        Self {
            id: pat.id,
            user_id: user.public_id(),
            state: if pat.expires_at <= now {
                "expired"
            } else {
                "active"
            },
            created_at: Moment(pat.created_at),
            expires_at: Moment(pat.expires_at),
        }
    }
}

impl Row for PatRecord {
    const COLUMNS: &'static [&'static str] = &["ID", "STATE", "CREATED", "EXPIRES"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.state.to_owned(),
            self.created_at.to_string(),
            end(self.expires_at.0),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures::{NOW, both, later, service};
    use crate::command::Details;
    use crate::domain::ids::{Sequence, UserId};
    use crate::domain::secret::Secret;
    use crate::domain::session::Proof;

    fn made(expires_at: Timestamp) -> NewPat {
        NewPat {
            id: PatId::new(4),
            token: Secret::new("the-token".to_owned()),
            created_at: NOW,
            details: Details {
                sequence: Sequence::new(2),
                changed_at: NOW,
                owner: 1,
            },
            expires_at,
        }
    }

    #[test]
    fn the_token_is_all_that_goes_to_stdout() {
        let user = service().user;
        insta::assert_snapshot!(both(|output| {
            tell(output, &user, &made(NEVER), None).unwrap();
        }));
    }

    #[test]
    fn a_token_in_a_file_is_not_printed() {
        let user = service().user;
        let shown = both(|output| {
            let file = Some(Path::new("svc.pat"));
            tell(output, &user, &made(later(3_600)), file).unwrap();
        });
        assert!(!shown.contains("the-token"), "{shown}");
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn tokens_are_listed_without_what_proves_them() {
        let pat = |id, expires_at| Pat {
            id: PatId::new(id),
            user: UserId::new(78),
            proof: Proof::Fingerprint("finger".to_owned()),
            created_at: NOW,
            expires_at,
        };
        let (user, now) = (service().user, later(60));
        let rows = [pat(4, NEVER), pat(5, later(60)), pat(6, later(61))]
            .map(|pat| PatRecord::new(&pat, &user, now));
        insta::assert_snapshot!(both(|output| output.list(&rows, "no tokens").unwrap()));
    }
}
