//! Writes the OpenAPI document of the REST routes.
//!
//! Everything comes from the `.proto` files: a route stands in the comment of its method (or of its
//! message, where there is no method), the rest are the descriptors. That the routes are those of the
//! server is for a test of the server to say. Beside them stand a few that speak another language than
//! protobuf's.

mod comments;
mod operations;
mod schemas;

use std::collections::BTreeSet;
use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use prost_types::FileDescriptorSet;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::{self, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, Array, Components, Object, ObjectBuilder, Schema, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, InfoBuilder, LicenseBuilder, OpenApiBuilder, PathsBuilder, Ref,
    Required, ResponseBuilder,
};

use operations::Operation;
use schemas::Schemas;

const JSON: &str = "application/json";
const BEARER: &str = "bearer";
/// The name of the body of every error.
const STATUS: &str = "google.rpc.Status";

const ABOUT: &str = "Sessions, users and checks behind ZITADEL's Session Service v2.\n\n\
    Bodies are protobuf's JSON. A field with its default value is left out of answers; what is not a \
    field is ignored in requests, `null` is an absent field, and the names of the `.proto` files are \
    read beside those here. Integers of 64 bits are texts in answers; in requests they may be numbers \
    too. An empty body is an empty object. Of the header `x-zitadel-orgid` every route takes the \
    organisation that is meant.\n\n\
    The same operations are offered over Connect, gRPC-Web and gRPC on the same port.";

/// The routes that no `.proto` file has, because what goes over them is no message: their operations
/// by path and method, without errors.
const EXTENSIONS: &str = include_str!("extensions.json");
const EXTENSIONS_TAG: &str = "bartizan";

/// The statuses of errors, and when they come.
const ERRORS: [(&str, &str); 11] = [
    (
        "400",
        "The request breaks a rule, or does not fit the state of things.",
    ),
    (
        "401",
        "Nobody says who is asking, or the token is not good.",
    ),
    ("403", "The caller lacks the permission."),
    ("404", "There is no such thing."),
    (
        "409",
        "There is such a thing already, or it was changed at the same time.",
    ),
    (
        "429",
        "Too many attempts, too much work under way, or too large a body.",
    ),
    ("499", "The body broke off or came too slowly."),
    ("500", "Something went wrong here."),
    ("501", "What is asked for is not offered."),
    ("503", "The service is stopping or cannot reach its data."),
    ("504", "The deadline of the caller passed."),
];

/// The document.
pub(crate) fn generate(set: &FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    let comments = comments::collect(set);
    let schemas = Schemas::new(set, &comments);
    let operations = operations::collect(set, &comments)?;
    let mut paths = PathsBuilder::new();
    let mut components = Components::builder();
    let mut named = BTreeSet::new();
    let mut tags = BTreeSet::new();
    for operation in &operations {
        tags.insert((operation.tag.as_str(), operation.package.as_str()));
        named.insert(operation.response.clone());
        let built = build(operation, &schemas, &mut named)?;
        let item = utoipa::openapi::PathItem::new(method(&operation.method)?, built);
        paths = paths.path(&operation.path, item);
    }
    tags.insert((EXTENSIONS_TAG, EXTENSIONS_TAG));
    let variables: Vec<_> = operations
        .iter()
        .filter_map(|operation| Some((operation.request.as_deref()?, operation.variables())))
        .collect();
    for (name, schema) in schemas.closure(named, &variables)? {
        components = components.schema(name, schema);
    }
    components = components.schema(STATUS, status());
    for (status, description) in ERRORS {
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(STATUS)))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content(JSON, content);
        components = components.response(status, response.build());
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A session token or a personal access token."))
        .build();
    components = components.security_scheme(BEARER, SecurityScheme::Http(bearer));
    let tags = tags.into_iter().map(|(tag, package)| {
        let about = comments.packages.get(package).map(String::as_str);
        TagBuilder::new().name(tag).description(about).build()
    });
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Bartizan")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
                .build(),
        )
        .paths(paths.build())
        .components(Some(components.build()))
        .security(Some([SecurityRequirement::new(BEARER, [""; 0])]))
        .tags(Some(tags))
        .build();
    let mut document = serde_json::to_value(&document)?;
    extend(&mut document)?;
    Ok(document.to_string())
}

/// Adds the operations of [`EXTENSIONS`], with the errors that all have.
///
/// As JSON: the structs of the library are read more narrowly than OpenAPI allows.
fn extend(document: &mut Value) -> Result<(), Box<dyn Error>> {
    let paths = document
        .pointer_mut("/paths")
        .and_then(Value::as_object_mut)
        .ok_or("a document without paths")?;
    let mut extensions: Map<String, Value> = serde_json::from_str(EXTENSIONS)?;
    let operations = extensions.values_mut().filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut) {
        let responses = operation
            .pointer_mut("/responses")
            .and_then(Value::as_object_mut)
            .ok_or("an operation without responses")?;
        for (status, _) in ERRORS {
            let error = json!({ "$ref": format!("#/components/responses/{status}") });
            responses.entry(status).or_insert(error);
        }
    }
    paths.append(&mut extensions);
    Ok(())
}

/// What tells one document from another.
pub(crate) fn tag(document: &str) -> String {
    let mut hasher = DefaultHasher::new();
    document.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn method(name: &str) -> Result<HttpMethod, Box<dyn Error>> {
    Ok(match name {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => return Err(format!("{name} is no method that routes have").into()),
    })
}

fn build(
    operation: &Operation,
    schemas: &Schemas<'_>,
    named: &mut BTreeSet<String>,
) -> Result<path::Operation, Box<dyn Error>> {
    let mut built = OperationBuilder::new()
        .tag(&operation.tag)
        .operation_id(Some(&operation.id))
        .summary(Some(&operation.summary))
        .description(operation.description.as_deref());
    for variable in operation.variables() {
        let parameter = ParameterBuilder::new()
            .name(variable)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        built = built.parameter(parameter.build());
    }
    if let Some(request) = operation.request.as_deref() {
        let variables = operation.variables();
        if operation.in_query() {
            for parameter in schemas.query(request, &variables, named)? {
                built = built.parameter(parameter);
            }
        } else if schemas.has_more(request, &variables) {
            named.insert(request.to_owned());
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(request)))
                .build();
            let body = RequestBodyBuilder::new().content(JSON, content);
            built = built.request_body(Some(body.build()));
        }
    }
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(&operation.response)))
        .build();
    let done = ResponseBuilder::new().description("Done.");
    built = built.response(&operation.status, done.content(JSON, content).build());
    for (status, _) in ERRORS {
        built = built.response(status, Ref::from_response_name(status));
    }
    Ok(built.build())
}

/// `google.rpc.Status` with the details that occur.
fn status() -> Schema {
    let text = |about: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
    };
    let integer = |about: &str| {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some(about))
    };
    let detail = ObjectBuilder::new()
        .property(
            "@type",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some([
                    "type.googleapis.com/zitadel.v1.ErrorDetail",
                    "type.googleapis.com/zitadel.v1.CredentialsCheckError",
                ])),
        )
        .property(
            "id",
            text("Names the refusal; stays the same when its text changes."),
        )
        .property("message", text("What is wrong."))
        .property(
            "failedAttempts",
            integer("Failed checks in a row, where they are counted."),
        )
        .required("@type")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    Schema::Object(
        ObjectBuilder::new()
            .description(Some("Why a request was refused."))
            .property("code", integer("The number of the gRPC status."))
            .property(
                "message",
                text("What is wrong, with the id of the refusal if it has one."),
            )
            .property("details", Array::new(Object::from(detail)))
            .required("code")
            .required("message")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .examples([json!({"code": 5, "message": "Not Found"})])
            .build(),
    )
}
