//! Searches for users (adjacent.md section 7, `ListUsers`).

use bartizan_proto::buffa::EnumValue;
use bartizan_proto::zitadel::object::v2::TextQueryMethod;
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::search_query::Query;

use super::{list_details, user};
use crate::domain::ids::{OrgId, given_user_key};
use crate::ports::{TextMatch, TextMethod, UserFilter, UserOrder, UserText};
use crate::query::{ListUsers, UserList};

/// The search of a `ListUsersRequest`.
pub(crate) fn list_users(request: wire::ListUsersRequest) -> ListUsers {
    let page = request.query.into_option().unwrap_or_default();
    let order = order(request.sorting_column);
    ListUsers {
        filters: filters(request.queries),
        order: order.unwrap_or_default(),
        // Without a sorting column the order is newest first.
        ascending: order.is_some() && page.asc,
        offset: page.offset,
        limit: page.limit,
    }
}

fn filters(queries: Vec<wire::SearchQuery>) -> Vec<UserFilter> {
    queries.into_iter().map(filter).collect()
}

/// The depth of nesting was bounded by the validation.
fn filter(query: wire::SearchQuery) -> UserFilter {
    let Some(query) = query.query else {
        return UserFilter::Never;
    };
    match query {
        Query::UserNameQuery(query) => text(UserText::UserName, query.user_name, query.method),
        Query::FirstNameQuery(query) => text(UserText::FirstName, query.first_name, query.method),
        Query::LastNameQuery(query) => text(UserText::LastName, query.last_name, query.method),
        Query::NickNameQuery(query) => text(UserText::NickName, query.nick_name, query.method),
        Query::DisplayNameQuery(query) => {
            text(UserText::DisplayName, query.display_name, query.method)
        }
        Query::EmailQuery(query) => text(UserText::Email, query.email_address, query.method),
        Query::PhoneQuery(query) => text(UserText::Phone, query.number, query.method),
        Query::LoginNameQuery(query) => text(UserText::LoginName, query.login_name, query.method),
        Query::StateQuery(query) => UserFilter::State(query.state.to_i32()),
        Query::TypeQuery(query) => UserFilter::Type(query.r#type.to_i32()),
        Query::InUserIdsQuery(query) => {
            UserFilter::Ids(query.user_ids.iter().map(|id| given_user_key(id)).collect())
        }
        Query::InUserEmailsQuery(query) => UserFilter::Emails(query.user_emails),
        Query::OrganizationIdQuery(query) => {
            OrgId::parse(&query.organization_id).map_or(UserFilter::Never, UserFilter::Organization)
        }
        Query::OrQuery(query) => UserFilter::Or(filters(query.queries)),
        Query::AndQuery(query) => UserFilter::And(filters(query.queries)),
        Query::NotQuery(query) => {
            let negated = query.query.into_option().unwrap_or_default();
            UserFilter::Not(Box::new(filter(negated)))
        }
        Query::MetadataKeyFilter(filter) => {
            UserFilter::MetadataKey(text_match(filter.key, filter.method.to_i32()))
        }
        Query::MetadataValueFilter(filter) => UserFilter::MetadataValue {
            value: filter.value,
            equal: filter.method.to_i32() == 0,
        },
    }
}

fn text(field: UserText, value: String, method: EnumValue<TextQueryMethod>) -> UserFilter {
    UserFilter::Text(field, text_match(value, method.to_i32()))
}

/// `TextQueryMethod` and `TextFilterMethod` have the same numbers.
pub(super) fn text_match(value: String, number: i32) -> TextMatch {
    let method = match number / 2 {
        1 => TextMethod::StartsWith,
        2 => TextMethod::Contains,
        3 => TextMethod::EndsWith,
        _ => TextMethod::Equals,
    };
    // Each method has its odd twin that ignores case.
    TextMatch {
        method,
        ignore_case: number % 2 == 1,
        value,
    }
}

fn order(column: EnumValue<wire::UserFieldName>) -> Option<UserOrder> {
    match column.to_i32() {
        1 => Some(UserOrder::UserName),
        2 => Some(UserOrder::FirstName),
        3 => Some(UserOrder::LastName),
        4 => Some(UserOrder::NickName),
        5 => Some(UserOrder::DisplayName),
        6 => Some(UserOrder::Email),
        7 => Some(UserOrder::State),
        8 => Some(UserOrder::Type),
        9 => Some(UserOrder::CreationDate),
        _ => None,
    }
}

/// The answer to a search. The details are always there: ZITADEL's login takes their absence for an
/// error.
pub(crate) fn users_page(
    list: UserList,
    column: EnumValue<wire::UserFieldName>,
    includes_domain: bool,
) -> wire::ListUsersResponse {
    wire::ListUsersResponse {
        details: list_details(list.total, list.timestamp).into(),
        sorting_column: column,
        result: list
            .users
            .into_iter()
            .map(|view| user(view, includes_domain))
            .collect(),
        ..wire::ListUsersResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_methods_have_their_documented_numbers() {
        let table = [
            (0, TextMethod::Equals, false),
            (1, TextMethod::Equals, true),
            (2, TextMethod::StartsWith, false),
            (3, TextMethod::StartsWith, true),
            (4, TextMethod::Contains, false),
            (5, TextMethod::Contains, true),
            (6, TextMethod::EndsWith, false),
            (7, TextMethod::EndsWith, true),
        ];
        for (number, method, ignore_case) in table {
            let expected = TextMatch {
                method,
                ignore_case,
                value: "x".to_owned(),
            };
            let found = text(UserText::Email, "x".to_owned(), EnumValue::from(number));
            assert_eq!(
                found,
                UserFilter::Text(UserText::Email, expected),
                "{number}"
            );
        }
    }
}
