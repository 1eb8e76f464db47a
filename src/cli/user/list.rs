//! `user list`.

use super::UserRecord;
use crate::cli::args::UserList;
use crate::cli::failure::Failure;
use crate::cli::operator::Operator;
use crate::cli::pages::{self, Wanted};
use crate::ports::{TextMatch, TextMethod, UserFilter, UserText};
use crate::query::{ListUsers, list_users};

/// Lists users.
pub(super) async fn run(operator: &mut Operator<'_>, args: UserList) -> Result<(), Failure> {
    let core = &operator.core;
    let filters = filters(&args);
    let found = pages::collect(Wanted::new(args.limit, args.all), async |page| {
        let list = ListUsers {
            filters: filters.clone(),
            ascending: false,
            offset: page.offset,
            limit: page.limit,
            ..ListUsers::default()
        };
        let list = list_users(core, &operator.caller, list).await?;
        Ok((list.total, list.users))
    })
    .await?;
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|view| UserRecord::new(view, &core.policies))
        .collect();
    operator.output.list(&rows, "no users")?;
    found.tell_rest(&mut operator.output, "users", "bartizan user list --all");
    Ok(())
}

fn filters(args: &UserList) -> Vec<UserFilter> {
    let mut filters = Vec::new();
    if let Some(state) = args.state {
        filters.push(UserFilter::State(i32::from(state.state().code())));
    }
    if let Some(kind) = args.kind {
        filters.push(UserFilter::Type(kind.code()));
    }
    if let Some(text) = &args.search {
        let contains = |place| {
            UserFilter::Text(
                place,
                TextMatch {
                    method: TextMethod::Contains,
                    ignore_case: true,
                    value: text.clone(),
                },
            )
        };
        let places = [
            UserText::UserName,
            UserText::LoginName,
            UserText::DisplayName,
            UserText::Email,
        ];
        filters.push(UserFilter::Or(places.into_iter().map(contains).collect()));
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{StateArg, TypeArg};

    #[test]
    fn every_word_becomes_a_condition() {
        assert_eq!(filters(&UserList::default()), []);
        let all = filters(&UserList {
            state: Some(StateArg::Locked),
            kind: Some(TypeArg::Machine),
            search: Some("min".to_owned()),
            ..UserList::default()
        });
        let [
            UserFilter::State(4),
            UserFilter::Type(2),
            UserFilter::Or(places),
        ] = all.as_slice()
        else {
            panic!("{all:?}");
        };
        assert_eq!(places.len(), 4);
    }
}
