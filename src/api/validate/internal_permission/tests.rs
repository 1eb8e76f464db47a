//! The rules one by one, over requests in JSON.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{bounded, judge, passes, refused, survives, wire};
use super::*;

const REQUIRED: &str = "value is required";

fn list(filter: &Value) -> Value {
    json!({ "filters": [filter] })
}

#[test]
fn users_and_roles_are_bounded_and_roles_differ() {
    let instance = json!({"instance": true});
    bounded::<v2::CreateAdministratorRequest>(
        |id| json!({"userId": id, "resource": instance}),
        &["CreateAdministratorRequest.UserId"],
        (1, 200),
    );
    bounded::<v2::UpdateAdministratorRequest>(
        |role| json!({"userId": "1", "resource": instance, "roles": ["A", role]}),
        &["UpdateAdministratorRequest.Roles[1]"],
        (1, 200),
    );
    bounded::<v2::DeleteAdministratorRequest>(
        |id| json!({"userId": id, "resource": instance}),
        &["DeleteAdministratorRequest.UserId"],
        (1, 200),
    );
    refused::<v2::CreateAdministratorRequest>(
        json!({"userId": "1", "resource": instance, "roles": ["A", "B", "A"]}),
        &["CreateAdministratorRequest.Roles[2]"],
        "repeated value must contain unique items",
    );
    passes::<v2::CreateAdministratorRequest>(json!({"userId": "1", "roles": []}));
}

#[test]
fn resources_say_what_they_are() {
    for resource in [
        json!({"instance": true}),
        json!({"organizationId": ""}),
        json!({"projectId": "1"}),
        json!({"projectGrant": {}}),
    ] {
        passes::<v2::DeleteAdministratorRequest>(json!({"userId": "1", "resource": resource}));
    }
    refused::<v2::DeleteAdministratorRequest>(
        json!({"userId": "1", "resource": {}}),
        &[
            "DeleteAdministratorRequest.Resource",
            "ResourceType.Resource",
        ],
        REQUIRED,
    );
    refused::<v2::UpdateAdministratorRequest>(
        json!({"userId": "1", "resource": {"instance": false}}),
        &[
            "UpdateAdministratorRequest.Resource",
            "ResourceType.Instance",
        ],
        "value must equal true",
    );
}

#[test]
fn filters_say_what_they_look_for() {
    passes::<v2::ListAdministratorsRequest>(json!({"sortingColumn": 9, "pagination": {}}));
    refused::<v2::ListAdministratorsRequest>(
        list(&json!({})),
        &[
            "ListAdministratorsRequest.Filters[0]",
            "AdministratorSearchFilter.Filter",
        ],
        REQUIRED,
    );
    for (filter, message, field, json_filter, json_field) in [
        (
            "UserPreferredLoginName",
            "UserPreferredLoginNameFilter",
            "PreferredLoginName",
            "userPreferredLoginName",
            "preferredLoginName",
        ),
        (
            "UserDisplayName",
            "UserDisplayNameFilter",
            "DisplayName",
            "userDisplayName",
            "displayName",
        ),
        ("Role", "RoleFilter", "RoleKey", "role", "roleKey"),
    ] {
        let outer = format!("AdministratorSearchFilter.{filter}");
        bounded::<v2::ListAdministratorsRequest>(
            |text| list(&json!({ json_filter: { json_field: text } })),
            &[
                "ListAdministratorsRequest.Filters[0]",
                &outer,
                &format!("{message}.{field}"),
            ],
            (1, 200),
        );
    }
    for (filter, path) in [
        (
            json!({"userDisplayName": {"displayName": "x", "method": 8}}),
            [
                "AdministratorSearchFilter.UserDisplayName",
                "UserDisplayNameFilter.Method",
            ],
        ),
        (
            json!({"creationDate": {"method": 5}}),
            [
                "AdministratorSearchFilter.CreationDate",
                "TimestampFilter.Method",
            ],
        ),
        (
            json!({"changeDate": {"method": 5}}),
            [
                "AdministratorSearchFilter.ChangeDate",
                "TimestampFilter.Method",
            ],
        ),
    ] {
        let [outer, inner] = path;
        refused::<v2::ListAdministratorsRequest>(
            list(&filter),
            &["ListAdministratorsRequest.Filters[0]", outer, inner],
            "value must be one of the defined enum values",
        );
    }
}

#[test]
fn rules_hold_inside_others_up_to_a_depth() {
    for (filter, path) in [
        (
            json!({"or": {"queries": [{}]}}),
            ["AdministratorSearchFilter.Or", "OrFilter.Queries[0]"],
        ),
        (
            json!({"and": {"queries": [{"inUserIdsFilter": {}}, {}]}}),
            ["AdministratorSearchFilter.And", "AndFilter.Queries[1]"],
        ),
        (
            json!({"not": {"query": {}}}),
            ["AdministratorSearchFilter.Not", "NotFilter.Query"],
        ),
    ] {
        let [outer, inner] = path;
        refused::<v2::ListAdministratorsRequest>(
            list(&filter),
            &[
                "ListAdministratorsRequest.Filters[0]",
                outer,
                inner,
                "AdministratorSearchFilter.Filter",
            ],
            REQUIRED,
        );
    }
    let nested = |levels| {
        (0..levels).fold(json!({"inUserIdsFilter": {}}), |filter, level| {
            match level % 3 {
                0 => json!({"or": {"queries": [filter]}}),
                1 => json!({"and": {"queries": [filter]}}),
                _ => json!({"not": {"query": filter}}),
            }
        })
    };
    passes::<v2::ListAdministratorsRequest>(list(&nested(20)));
    assert_eq!(
        judge::<v2::ListAdministratorsRequest>(list(&nested(21))),
        Err(Invalid::TooDeep)
    );
}

proptest! {
    #[test]
    fn any_search_is_judged(fields in prop::collection::vec(wire(), 0..6)) {
        survives::<v2::ListAdministratorsRequest>(&fields.concat());
        survives::<v2::CreateAdministratorRequest>(&fields.concat());
    }
}
