//! Searching users.

use bartizan_proto::zitadel::metadata::v2 as metadata;
use bartizan_proto::zitadel::user::v2;
use v2::__buffa::oneof::search_query::Query;

use super::super::rule::{
    At, Checked, at_most, between, bytes_at_most, defined, each, embedded, missing, optional,
};
use super::super::{Invalid, Validate};

/// How many `or`, `and` and `not` may stand around a query.
const LEVELS: usize = 20;

impl Validate for v2::ListUsersRequest {
    fn validate(&self) -> Result<(), Invalid> {
        // First of all, because the rules below follow the queries into any depth.
        if self.queries.iter().any(|query| deeper_than(query, LEVELS)) {
            return Err(Invalid::TooDeep);
        }
        each(&self.queries).at("ListUsersRequest.Queries")
    }
}

/// Whether queries lie in more than so many levels of other queries.
fn deeper_than(query: &v2::SearchQuery, levels: usize) -> bool {
    let inner = match &query.query {
        Some(Query::OrQuery(or)) => &or.queries[..],
        Some(Query::AndQuery(and)) => &and.queries[..],
        Some(Query::NotQuery(not)) => not.query.as_option().map_or(&[][..], std::slice::from_ref),
        _ => &[],
    };
    match levels.checked_sub(1) {
        None => !inner.is_empty(),
        Some(levels) => inner.iter().any(|query| deeper_than(query, levels)),
    }
}

impl Validate for v2::SearchQuery {
    fn validate(&self) -> Result<(), Invalid> {
        let Some(query) = &self.query else {
            return missing().at("SearchQuery.Query");
        };
        match query {
            Query::UserNameQuery(query) => embedded(&**query).at("SearchQuery.UserNameQuery"),
            Query::FirstNameQuery(query) => embedded(&**query).at("SearchQuery.FirstNameQuery"),
            Query::LastNameQuery(query) => embedded(&**query).at("SearchQuery.LastNameQuery"),
            Query::NickNameQuery(query) => embedded(&**query).at("SearchQuery.NickNameQuery"),
            Query::DisplayNameQuery(query) => embedded(&**query).at("SearchQuery.DisplayNameQuery"),
            Query::EmailQuery(query) => embedded(&**query).at("SearchQuery.EmailQuery"),
            Query::StateQuery(query) => embedded(&**query).at("SearchQuery.StateQuery"),
            Query::TypeQuery(query) => embedded(&**query).at("SearchQuery.TypeQuery"),
            Query::LoginNameQuery(query) => embedded(&**query).at("SearchQuery.LoginNameQuery"),
            Query::OrQuery(query) => embedded(&**query).at("SearchQuery.OrQuery"),
            Query::AndQuery(query) => embedded(&**query).at("SearchQuery.AndQuery"),
            Query::NotQuery(query) => embedded(&**query).at("SearchQuery.NotQuery"),
            Query::OrganizationIdQuery(query) => {
                embedded(&**query).at("SearchQuery.OrganizationIdQuery")
            }
            Query::PhoneQuery(query) => embedded(&**query).at("SearchQuery.PhoneQuery"),
            Query::MetadataKeyFilter(filter) => {
                embedded(&**filter).at("SearchQuery.MetadataKeyFilter")
            }
            Query::MetadataValueFilter(filter) => {
                embedded(&**filter).at("SearchQuery.MetadataValueFilter")
            }
            Query::InUserIdsQuery(_) | Query::InUserEmailsQuery(_) => Ok(()),
        }
    }
}

impl Validate for v2::OrQuery {
    fn validate(&self) -> Result<(), Invalid> {
        each(&self.queries).at("OrQuery.Queries")
    }
}

impl Validate for v2::AndQuery {
    fn validate(&self) -> Result<(), Invalid> {
        each(&self.queries).at("AndQuery.Queries")
    }
}

impl Validate for v2::NotQuery {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.query.as_option(), embedded).at("NotQuery.Query")
    }
}

/// Implements the rules of queries that compare a text by a method.
macro_rules! compares_text {
    ($( $message:path, $name:literal: $field:ident, $shown:literal, $rule:expr; )+) => { $(
        impl Validate for $message {
            fn validate(&self) -> Result<(), Invalid> {
                let rule: fn(&str) -> Checked = $rule;
                rule(&self.$field).at(concat!($name, ".", $shown))?;
                defined(self.method).at(concat!($name, ".Method"))
            }
        }
    )+ };
}

compares_text! {
    v2::UserNameQuery, "UserNameQuery": user_name, "UserName", |text| between(text, 1, 200);
    v2::FirstNameQuery, "FirstNameQuery": first_name, "FirstName", |text| between(text, 1, 200);
    v2::LastNameQuery, "LastNameQuery": last_name, "LastName", |text| between(text, 1, 200);
    v2::NickNameQuery, "NickNameQuery": nick_name, "NickName", |text| between(text, 1, 200);
    v2::DisplayNameQuery, "DisplayNameQuery": display_name, "DisplayName", |text| between(text, 1, 200);
    v2::LoginNameQuery, "LoginNameQuery": login_name, "LoginName", |text| between(text, 1, 200);
    v2::EmailQuery, "EmailQuery": email_address, "EmailAddress", |text| at_most(text, 200);
    v2::PhoneQuery, "PhoneQuery": number, "Number", |text| at_most(text, 20);
    metadata::MetadataKeyFilter, "MetadataKeyFilter": key, "Key", |text| at_most(text, 200);
}

impl Validate for metadata::MetadataValueFilter {
    fn validate(&self) -> Result<(), Invalid> {
        bytes_at_most(&self.value, 200).at("MetadataValueFilter.Value")?;
        defined(self.method).at("MetadataValueFilter.Method")
    }
}

impl Validate for v2::StateQuery {
    fn validate(&self) -> Result<(), Invalid> {
        defined(self.state).at("StateQuery.State")
    }
}

impl Validate for v2::TypeQuery {
    fn validate(&self) -> Result<(), Invalid> {
        defined(self.r#type).at("TypeQuery.Type")
    }
}

impl Validate for v2::OrganizationIdQuery {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.organization_id, 1, 200).at("OrganizationIdQuery.OrganizationId")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::super::testing::{bounded, judge, passes, refused, survives, wire};
    use super::*;

    const UNDEFINED: &str = "value must be one of the defined enum values";

    fn list(query: &Value) -> Value {
        json!({ "queries": [query] })
    }

    #[test]
    fn searches_name_what_they_search() {
        passes::<v2::ListUsersRequest>(json!({}));
        passes::<v2::ListUsersRequest>(json!({"query": {}, "sortingColumn": 99}));
        refused::<v2::ListUsersRequest>(
            json!({"queries": [{"inUserIdsQuery": {}}, {}]}),
            &["ListUsersRequest.Queries[1]", "SearchQuery.Query"],
            "value is required",
        );
    }

    #[test]
    fn texts_are_bounded_and_methods_defined() {
        for (query, field, bounds) in [
            ("UserNameQuery", "UserName", (1, 200)),
            ("FirstNameQuery", "FirstName", (1, 200)),
            ("LastNameQuery", "LastName", (1, 200)),
            ("NickNameQuery", "NickName", (1, 200)),
            ("DisplayNameQuery", "DisplayName", (1, 200)),
            ("LoginNameQuery", "LoginName", (1, 200)),
            ("EmailQuery", "EmailAddress", (0, 200)),
            ("PhoneQuery", "Number", (0, 20)),
            ("MetadataKeyFilter", "Key", (0, 200)),
        ] {
            let [json_query, json_field] = [query, field].map(|name| {
                let (first, rest) = name.split_at(1);
                first.to_lowercase() + rest
            });
            let outer = format!("SearchQuery.{query}");
            bounded::<v2::ListUsersRequest>(
                |text| list(&json!({ &json_query: { &json_field: text, "method": 7 } })),
                &[
                    "ListUsersRequest.Queries[0]",
                    &outer,
                    &format!("{query}.{field}"),
                ],
                bounds,
            );
            refused::<v2::ListUsersRequest>(
                list(&json!({ &json_query: { &json_field: "x", "method": 8 } })),
                &[
                    "ListUsersRequest.Queries[0]",
                    &outer,
                    &format!("{query}.Method"),
                ],
                UNDEFINED,
            );
        }
        bounded::<v2::ListUsersRequest>(
            |text| list(&json!({"organizationIdQuery": {"organizationId": text}})),
            &[
                "ListUsersRequest.Queries[0]",
                "SearchQuery.OrganizationIdQuery",
                "OrganizationIdQuery.OrganizationId",
            ],
            (1, 200),
        );
    }

    #[test]
    fn states_types_and_values_are_bounded() {
        for (query, path, text) in [
            (
                json!({"stateQuery": {"state": 6}}),
                ["SearchQuery.StateQuery", "StateQuery.State"],
                UNDEFINED,
            ),
            (
                json!({"typeQuery": {"type": 3}}),
                ["SearchQuery.TypeQuery", "TypeQuery.Type"],
                UNDEFINED,
            ),
            (
                json!({"metadataValueFilter": {"method": 2}}),
                [
                    "SearchQuery.MetadataValueFilter",
                    "MetadataValueFilter.Method",
                ],
                UNDEFINED,
            ),
            (
                // 201 bytes of zeros.
                json!({"metadataValueFilter": {"value": "A".repeat(268)}}),
                [
                    "SearchQuery.MetadataValueFilter",
                    "MetadataValueFilter.Value",
                ],
                "value length must be at most 200 bytes",
            ),
        ] {
            let [outer, inner] = path;
            refused::<v2::ListUsersRequest>(
                list(&query),
                &["ListUsersRequest.Queries[0]", outer, inner],
                text,
            );
        }
        for query in [
            json!({"stateQuery": {"state": 0}}),
            json!({"stateQuery": {"state": 5}}),
            json!({"typeQuery": {"type": 0}}),
            json!({"typeQuery": {"type": 2}}),
            json!({"metadataValueFilter": {"value": "AAAA", "method": 1}}),
            json!({"inUserIdsQuery": {"userIds": ["", "x".repeat(300)]}}),
            json!({"inUserEmailsQuery": {"userEmails": ["nobody"]}}),
        ] {
            passes::<v2::ListUsersRequest>(list(&query));
        }
    }

    #[test]
    fn rules_hold_inside_or_and_and_not() {
        for (query, path) in [
            (
                json!({"orQuery": {"queries": [{"inUserIdsQuery": {}}, {}]}}),
                ["SearchQuery.OrQuery", "OrQuery.Queries[1]"],
            ),
            (
                json!({"andQuery": {"queries": [{}]}}),
                ["SearchQuery.AndQuery", "AndQuery.Queries[0]"],
            ),
            (
                json!({"notQuery": {"query": {}}}),
                ["SearchQuery.NotQuery", "NotQuery.Query"],
            ),
        ] {
            let [outer, inner] = path;
            refused::<v2::ListUsersRequest>(
                list(&query),
                &[
                    "ListUsersRequest.Queries[0]",
                    outer,
                    inner,
                    "SearchQuery.Query",
                ],
                "value is required",
            );
        }
        for empty in [
            json!({"orQuery": {}}),
            json!({"andQuery": {"queries": []}}),
            json!({"notQuery": {}}),
        ] {
            passes::<v2::ListUsersRequest>(list(&empty));
        }
    }

    /// A query inside so many levels of others; broken, so that only depth hides that.
    fn nested(levels: usize, innermost: &Value) -> Value {
        (0..levels).fold(innermost.clone(), |query, level| match level % 3 {
            0 => json!({"orQuery": {"queries": [{"inUserIdsQuery": {}}, query]}}),
            1 => json!({"andQuery": {"queries": [query, {"inUserIdsQuery": {}}]}}),
            _ => json!({"notQuery": { "query": query }}),
        })
    }

    #[test]
    fn queries_are_nested_at_most_20_levels_deep() {
        let leaf = json!({"inUserIdsQuery": {}});
        passes::<v2::ListUsersRequest>(list(&nested(20, &leaf)));
        for levels in [21, 22, 30] {
            assert_eq!(
                judge::<v2::ListUsersRequest>(list(&nested(levels, &leaf))),
                Err(Invalid::TooDeep),
                "{levels}"
            );
        }
        let broken = json!({});
        assert!(matches!(
            judge::<v2::ListUsersRequest>(list(&nested(20, &broken))),
            Err(Invalid::Rule(_))
        ));
        assert_eq!(
            judge::<v2::ListUsersRequest>(list(&nested(21, &broken))),
            Err(Invalid::TooDeep)
        );
    }

    #[test]
    fn depth_costs_no_stack() {
        // Deeper than any decoder lets through, built from the inside out.
        let mut query = v2::SearchQuery::default();
        for _ in 0..5_000 {
            query = v2::SearchQuery {
                query: Some(Query::OrQuery(Box::new(v2::OrQuery {
                    queries: vec![query],
                    ..Default::default()
                }))),
                ..Default::default()
            };
        }
        let request = v2::ListUsersRequest {
            queries: vec![query],
            ..Default::default()
        };
        assert_eq!(request.validate(), Err(Invalid::TooDeep));
    }

    proptest! {
        #[test]
        fn any_search_is_judged(
            fields in prop::collection::vec(wire(), 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            for bytes in [fields.concat(), noise] {
                survives::<v2::ListUsersRequest>(&bytes);
                survives::<v2::SearchQuery>(&bytes);
            }
        }
    }
}
