//! Requests of the organisation service.

use bartizan_proto::zitadel::org::v2;
use v2::__buffa::oneof::search_query::Query;

use super::rule::{At, between, defined, each, embedded, missing};
use super::{Invalid, Validate};

impl Validate for v2::ListOrganizationsRequest {
    fn validate(&self) -> Result<(), Invalid> {
        each(&self.queries).at("ListOrganizationsRequest.Queries")
    }
}

impl Validate for v2::SearchQuery {
    fn validate(&self) -> Result<(), Invalid> {
        let Some(query) = &self.query else {
            return missing().at("SearchQuery.Query");
        };
        match query {
            Query::NameQuery(query) => embedded(&**query).at("SearchQuery.NameQuery"),
            Query::DomainQuery(query) => embedded(&**query).at("SearchQuery.DomainQuery"),
            Query::StateQuery(query) => embedded(&**query).at("SearchQuery.StateQuery"),
            Query::IdQuery(query) => embedded(&**query).at("SearchQuery.IdQuery"),
            Query::DefaultQuery(_) => Ok(()),
        }
    }
}

impl Validate for v2::OrganizationNameQuery {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.name, 1, 200).at("OrganizationNameQuery.Name")?;
        defined(self.method).at("OrganizationNameQuery.Method")
    }
}

impl Validate for v2::OrganizationDomainQuery {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.domain, 1, 200).at("OrganizationDomainQuery.Domain")?;
        defined(self.method).at("OrganizationDomainQuery.Method")
    }
}

impl Validate for v2::OrganizationStateQuery {
    fn validate(&self) -> Result<(), Invalid> {
        defined(self.state).at("OrganizationStateQuery.State")
    }
}

impl Validate for v2::OrganizationIDQuery {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.id, 1, 200).at("OrganizationIDQuery.Id")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::testing::{bounded, passes, refused, survives, wire};
    use super::*;

    fn list(query: &Value) -> Value {
        json!({ "queries": [query] })
    }

    #[test]
    fn searches_name_what_they_search() {
        passes::<v2::ListOrganizationsRequest>(json!({"sortingColumn": 9}));
        passes::<v2::ListOrganizationsRequest>(list(&json!({"defaultQuery": {}})));
        refused::<v2::ListOrganizationsRequest>(
            list(&json!({})),
            &["ListOrganizationsRequest.Queries[0]", "SearchQuery.Query"],
            "value is required",
        );
    }

    #[test]
    fn texts_are_bounded_and_methods_and_states_defined() {
        for (query, message, field, json_field) in [
            ("NameQuery", "OrganizationNameQuery", "Name", "name"),
            ("DomainQuery", "OrganizationDomainQuery", "Domain", "domain"),
            ("IdQuery", "OrganizationIDQuery", "Id", "id"),
        ] {
            let (first, rest) = query.split_at(1);
            let json_query = first.to_lowercase() + rest;
            let outer = format!("SearchQuery.{query}");
            bounded::<v2::ListOrganizationsRequest>(
                |text| list(&json!({ &json_query: { json_field: text } })),
                &[
                    "ListOrganizationsRequest.Queries[0]",
                    &outer,
                    &format!("{message}.{field}"),
                ],
                (1, 200),
            );
        }
        for (query, path) in [
            (
                json!({"nameQuery": {"name": "x", "method": 8}}),
                ["SearchQuery.NameQuery", "OrganizationNameQuery.Method"],
            ),
            (
                json!({"domainQuery": {"domain": "x", "method": 8}}),
                ["SearchQuery.DomainQuery", "OrganizationDomainQuery.Method"],
            ),
            (
                json!({"stateQuery": {"state": 4}}),
                ["SearchQuery.StateQuery", "OrganizationStateQuery.State"],
            ),
        ] {
            let [outer, inner] = path;
            refused::<v2::ListOrganizationsRequest>(
                list(&query),
                &["ListOrganizationsRequest.Queries[0]", outer, inner],
                "value must be one of the defined enum values",
            );
        }
    }

    proptest! {
        #[test]
        fn any_search_is_judged(fields in prop::collection::vec(wire(), 0..6)) {
            survives::<v2::ListOrganizationsRequest>(&fields.concat());
        }
    }
}
