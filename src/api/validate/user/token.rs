//! Personal access tokens.

use bartizan_proto::zitadel::filter::v2 as filter;
use bartizan_proto::zitadel::user::v2;

use super::super::rule::{
    At, at_most, between, defined, each, embedded, missing, optional, required,
};
use super::super::{Invalid, Validate};

impl Validate for v2::AddPersonalAccessTokenRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("AddPersonalAccessTokenRequest.UserId")?;
        required(self.expiration_date.as_option())
            .at("AddPersonalAccessTokenRequest.ExpirationDate")
    }
}

impl Validate for v2::RemovePersonalAccessTokenRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("RemovePersonalAccessTokenRequest.UserId")?;
        between(&self.token_id, 1, 200).at("RemovePersonalAccessTokenRequest.TokenId")
    }
}

impl Validate for v2::ListPersonalAccessTokensRequest {
    fn validate(&self) -> Result<(), Invalid> {
        each(&self.filters).at("ListPersonalAccessTokensRequest.Filters")?;
        optional(self.sorting_column, defined).at("ListPersonalAccessTokensRequest.SortingColumn")
    }
}

impl Validate for v2::PersonalAccessTokensSearchFilter {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::personal_access_tokens_search_filter::Filter;
        let Some(filter) = &self.filter else {
            return missing().at("PersonalAccessTokensSearchFilter.Filter");
        };
        match filter {
            Filter::TokenIdFilter(id) => {
                embedded(&**id).at("PersonalAccessTokensSearchFilter.TokenIdFilter")
            }
            Filter::UserIdFilter(id) => {
                embedded(&**id).at("PersonalAccessTokensSearchFilter.UserIdFilter")
            }
            Filter::OrganizationIdFilter(id) => {
                embedded(&**id).at("PersonalAccessTokensSearchFilter.OrganizationIdFilter")
            }
            Filter::CreatedDateFilter(date) => {
                embedded(&**date).at("PersonalAccessTokensSearchFilter.CreatedDateFilter")
            }
            Filter::ExpirationDateFilter(date) => {
                embedded(&**date).at("PersonalAccessTokensSearchFilter.ExpirationDateFilter")
            }
        }
    }
}

impl Validate for filter::IDFilter {
    fn validate(&self) -> Result<(), Invalid> {
        at_most(&self.id, 200).at("IDFilter.Id")
    }
}

impl Validate for filter::TimestampFilter {
    fn validate(&self) -> Result<(), Invalid> {
        defined(self.method).at("TimestampFilter.Method")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::super::testing::{bounded, passes, refused, survives, wire};
    use super::*;

    #[test]
    fn tokens_have_an_owner_an_end_and_an_id() {
        let date = "2519-04-01T08:45:00Z";
        bounded::<v2::AddPersonalAccessTokenRequest>(
            |id| json!({"userId": id, "expirationDate": date}),
            &["AddPersonalAccessTokenRequest.UserId"],
            (1, 200),
        );
        refused::<v2::AddPersonalAccessTokenRequest>(
            json!({"userId": "1"}),
            &["AddPersonalAccessTokenRequest.ExpirationDate"],
            "value is required",
        );
        bounded::<v2::RemovePersonalAccessTokenRequest>(
            |id| json!({"userId": id, "tokenId": "2"}),
            &["RemovePersonalAccessTokenRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::RemovePersonalAccessTokenRequest>(
            |id| json!({"userId": "1", "tokenId": id}),
            &["RemovePersonalAccessTokenRequest.TokenId"],
            (1, 200),
        );
    }

    #[test]
    fn filters_name_what_they_filter() {
        let list = |filter: &Value| json!({ "filters": [filter] });
        passes::<v2::ListPersonalAccessTokensRequest>(json!({}));
        refused::<v2::ListPersonalAccessTokensRequest>(
            list(&json!({})),
            &[
                "ListPersonalAccessTokensRequest.Filters[0]",
                "PersonalAccessTokensSearchFilter.Filter",
            ],
            "value is required",
        );
        for (name, field) in [
            ("tokenIdFilter", "TokenIdFilter"),
            ("userIdFilter", "UserIdFilter"),
            ("organizationIdFilter", "OrganizationIdFilter"),
        ] {
            bounded::<v2::ListPersonalAccessTokensRequest>(
                |id| list(&json!({ name: {"id": id} })),
                &[
                    "ListPersonalAccessTokensRequest.Filters[0]",
                    &format!("PersonalAccessTokensSearchFilter.{field}"),
                    "IDFilter.Id",
                ],
                (0, 200),
            );
        }
        for (name, field) in [
            ("createdDateFilter", "CreatedDateFilter"),
            ("expirationDateFilter", "ExpirationDateFilter"),
        ] {
            passes::<v2::ListPersonalAccessTokensRequest>(list(&json!({ name: {"method": 4} })));
            refused::<v2::ListPersonalAccessTokensRequest>(
                list(&json!({ name: {"method": 5} })),
                &[
                    "ListPersonalAccessTokensRequest.Filters[0]",
                    &format!("PersonalAccessTokensSearchFilter.{field}"),
                    "TimestampFilter.Method",
                ],
                "value must be one of the defined enum values",
            );
        }
    }

    #[test]
    fn the_sorting_column_is_optional_and_so_checked_last() {
        let request =
            |column: i32, filter: Value| json!({"sortingColumn": column, "filters": [filter]});
        let filter = json!({"userIdFilter": {}});
        passes::<v2::ListPersonalAccessTokensRequest>(request(5, filter.clone()));
        refused::<v2::ListPersonalAccessTokensRequest>(
            request(6, filter),
            &["ListPersonalAccessTokensRequest.SortingColumn"],
            "value must be one of the defined enum values",
        );
        refused::<v2::ListPersonalAccessTokensRequest>(
            request(6, json!({})),
            &[
                "ListPersonalAccessTokensRequest.Filters[0]",
                "PersonalAccessTokensSearchFilter.Filter",
            ],
            "value is required",
        );
    }

    proptest! {
        #[test]
        fn any_request_is_judged(
            fields in prop::collection::vec(wire(), 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            for bytes in [fields.concat(), noise] {
                survives::<v2::AddPersonalAccessTokenRequest>(&bytes);
                survives::<v2::RemovePersonalAccessTokenRequest>(&bytes);
                survives::<v2::ListPersonalAccessTokensRequest>(&bytes);
            }
        }
    }
}
