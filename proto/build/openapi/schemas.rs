//! Messages and enums as schemas, by the rules of protobuf's JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldOptions, FileDescriptorSet,
    MessageOptions,
};
use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, Array, ArrayBuilder, ObjectBuilder, RefBuilder, Schema, SchemaFormat,
    Type as JsonType,
};
use utoipa::openapi::{Deprecated, Ref, RefOr, Required};

use super::comments::Comments;

/// The field of a GET that a header carries as well.
const SESSION_TOKEN: (&str, &str) = ("session_token", "x-session-token");

pub(crate) struct Schemas<'a> {
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
    comments: &'a Comments,
}

type Fallible<T> = Result<T, Box<dyn Error>>;

impl<'a> Schemas<'a> {
    pub(crate) fn new(set: &'a FileDescriptorSet, comments: &'a Comments) -> Self {
        let mut schemas = Self {
            messages: BTreeMap::new(),
            enums: BTreeMap::new(),
            comments,
        };
        for file in &set.file {
            for item in &file.enum_type {
                let full = format!("{}.{}", file.package(), item.name());
                schemas.enums.insert(full, item);
            }
            for item in &file.message_type {
                schemas.add(file.package(), item);
            }
        }
        schemas
    }

    fn add(&mut self, scope: &str, item: &'a DescriptorProto) {
        let full = format!("{scope}.{}", item.name());
        for nested in &item.enum_type {
            self.enums
                .insert(format!("{full}.{}", nested.name()), nested);
        }
        for nested in &item.nested_type {
            self.add(&full, nested);
        }
        self.messages.insert(full, item);
    }

    /// The schemas with these names and all that they name. Of a request those fields are left out
    /// that stand in its path.
    pub(crate) fn closure(
        &self,
        mut open: BTreeSet<String>,
        in_paths: &[(&str, Vec<&str>)],
    ) -> Fallible<BTreeMap<String, Schema>> {
        let mut closed = BTreeMap::new();
        while let Some(name) = open.pop_first() {
            let schema = match (self.messages.get(&name), self.enums.get(&name)) {
                (Some(item), _) => {
                    let path = in_paths.iter().find(|(request, _)| *request == name);
                    let path = path.map(|(_, path)| path.as_slice()).unwrap_or_default();
                    self.message(&name, item, path, &mut open)?
                }
                (None, Some(item)) => self.enumeration(&name, item),
                (None, None) => return Err(format!("there is no {name}").into()),
            };
            closed.insert(name, schema);
            open.retain(|name| !closed.contains_key(name));
        }
        Ok(closed)
    }

    /// Whether a message has fields beside those of the path.
    pub(crate) fn has_more(&self, message: &str, path: &[&str]) -> bool {
        let item = self.messages.get(message);
        item.is_some_and(|item| item.field.iter().any(|field| !path.contains(&field.name())))
    }

    /// The fields of a message as parameters of a query.
    pub(crate) fn query(
        &self,
        message: &str,
        path: &[&str],
        named: &mut BTreeSet<String>,
    ) -> Fallible<Vec<Parameter>> {
        let mut parameters = Vec::new();
        self.parameters("", message, path, named, &mut parameters)?;
        Ok(parameters)
    }

    fn parameters(
        &self,
        prefix: &str,
        message: &str,
        path: &[&str],
        named: &mut BTreeSet<String>,
        parameters: &mut Vec<Parameter>,
    ) -> Fallible<()> {
        let item = self.messages.get(message).ok_or("a message is missing")?;
        for field in item
            .field
            .iter()
            .filter(|field| !path.contains(&field.name()))
        {
            let name = format!("{prefix}{}", field.json_name());
            let inner = field.type_name().trim_start_matches('.');
            if field.r#type() == Type::Message && field.label() != Label::Repeated {
                self.parameters(&format!("{name}."), inner, &[], named, parameters)?;
                continue;
            }
            let about = self.comment(&format!("{message}.{}", field.name()));
            let value = Self::value(field, named)?;
            let schema = if field.label() == Label::Repeated {
                RefOr::T(Schema::Array(Array::new(value)))
            } else {
                value
            };
            let built = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(about)
                .schema(Some(schema.clone()));
            parameters.push(built.build());
            if field.name() == SESSION_TOKEN.0 {
                let built = ParameterBuilder::new()
                    .name(SESSION_TOKEN.1)
                    .parameter_in(ParameterIn::Header)
                    .required(Required::False)
                    .description(Some("As the parameter of the query, but not in a URL."))
                    .schema(Some(schema));
                parameters.push(built.build());
            }
        }
        Ok(())
    }

    fn comment(&self, name: &str) -> Option<&str> {
        self.comments.items.get(name).map(String::as_str)
    }

    fn message(
        &self,
        name: &str,
        item: &DescriptorProto,
        path: &[&str],
        named: &mut BTreeSet<String>,
    ) -> Fallible<Schema> {
        let route = |comment: &&str| !comment.starts_with('`');
        let mut object = ObjectBuilder::new()
            .schema_type(JsonType::Object)
            .description(self.comment(name).filter(route));
        for field in item
            .field
            .iter()
            .filter(|field| !path.contains(&field.name()))
        {
            object = object.property(field.json_name(), self.property(name, item, field, named)?);
        }
        let apart = apart(item);
        let all = item.field.len();
        if all > 1 && apart.iter().any(|members| members.len() == all) {
            object = object.max_properties(Some(1));
        } else if !apart.is_empty() {
            // A keyword of JSON Schema that the model does not have.
            let never = apart.iter().flat_map(|members| pairs(members));
            let never: Vec<Value> = never.map(|pair| json!({ "required": pair })).collect();
            object = object.extensions(Some(Extensions::from_iter([(
                "not",
                json!({ "anyOf": never }),
            )])));
        }
        Ok(Schema::Object(object.build()))
    }

    fn property(
        &self,
        message: &str,
        item: &DescriptorProto,
        field: &FieldDescriptorProto,
        named: &mut BTreeSet<String>,
    ) -> Fallible<RefOr<Schema>> {
        let about = self.comment(&format!("{message}.{}", field.name()));
        let entry = item.nested_type.iter().find(|nested| {
            nested
                .options
                .as_ref()
                .is_some_and(MessageOptions::map_entry)
                && field.type_name() == format!(".{message}.{}", nested.name())
        });
        if let Some(entry) = entry {
            let [_, value] = entry.field.as_slice() else {
                return Err("an entry of a map has two fields".into());
            };
            let map = ObjectBuilder::new()
                .schema_type(JsonType::Object)
                .description(about)
                .additional_properties(Some(Self::value(value, named)?));
            return Ok(RefOr::T(Schema::Object(map.build())));
        }
        let value = Self::value(field, named)?;
        if field.label() == Label::Repeated {
            let list = ArrayBuilder::new().items(value).description(about);
            return Ok(RefOr::T(Schema::Array(list.build())));
        }
        let deprecated = field.options.as_ref().is_some_and(FieldOptions::deprecated);
        Ok(match value {
            RefOr::T(Schema::Object(mut object)) => {
                object.description = about.map(str::to_owned).or(object.description);
                object.deprecated = deprecated.then_some(Deprecated::True);
                RefOr::T(Schema::Object(object))
            }
            RefOr::Ref(reference) => {
                let reference = RefBuilder::new().ref_location(reference.ref_location);
                RefOr::Ref(reference.description(about).build())
            }
            list @ RefOr::T(_) => list,
        })
    }

    /// What a field holds, or what its list or map holds.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "types that no message of ours has"
    )]
    fn value(
        field: &FieldDescriptorProto,
        named: &mut BTreeSet<String>,
    ) -> Fallible<RefOr<Schema>> {
        let name = field.type_name().trim_start_matches('.');
        let object = match field.r#type() {
            Type::Bool => ObjectBuilder::new().schema_type(JsonType::Boolean),
            Type::Int32 => integer("int32")
                .minimum(Some(i32::MIN as isize))
                .maximum(Some(i32::MAX as isize)),
            Type::Uint32 => integer("int64")
                .minimum(Some(0))
                .maximum(Some(u32::MAX as usize)),
            Type::Uint64 => text("uint64").pattern(Some("^(0|[1-9][0-9]{0,19})$")),
            Type::String => ObjectBuilder::new().schema_type(JsonType::String),
            Type::Bytes => text("byte").content_encoding("base64"),
            Type::Enum => {
                named.insert(name.to_owned());
                return Ok(RefOr::Ref(Ref::from_schema_name(name)));
            }
            Type::Message => match name {
                "google.protobuf.Timestamp" => text("date-time"),
                "google.protobuf.Duration" => ObjectBuilder::new()
                    .schema_type(JsonType::String)
                    .pattern(Some("^-?(0|[1-9][0-9]{0,11})(\\.[0-9]{1,9})?s$"))
                    .examples([json!("3600s")]),
                "google.protobuf.Struct" => ObjectBuilder::new()
                    .schema_type(JsonType::Object)
                    .additional_properties(Some(AdditionalProperties::FreeForm(true))),
                _ => {
                    named.insert(name.to_owned());
                    return Ok(RefOr::Ref(Ref::from_schema_name(name)));
                }
            },
            other => return Err(format!("{other:?} has no schema").into()),
        };
        Ok(RefOr::T(Schema::Object(object.build())))
    }

    fn enumeration(&self, name: &str, item: &EnumDescriptorProto) -> Schema {
        let names = item.value.iter().map(|value| value.name().to_owned());
        let object = ObjectBuilder::new()
            .schema_type(JsonType::String)
            .description(self.comment(name))
            .enum_values(Some(names));
        Schema::Object(object.build())
    }
}

fn text(format: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(JsonType::String)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
}

fn integer(format: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(JsonType::Integer)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
}

/// The names of the fields of which one at most can be there, oneof by oneof.
fn apart(item: &DescriptorProto) -> Vec<Vec<&str>> {
    let mut oneofs = BTreeMap::<i32, Vec<&str>>::new();
    for field in item.field.iter().filter(|field| !field.proto3_optional()) {
        if let Some(index) = field.oneof_index {
            oneofs.entry(index).or_default().push(field.json_name());
        }
    }
    oneofs
        .into_values()
        .filter(|members| members.len() > 1)
        .collect()
}

fn pairs<'n>(members: &[&'n str]) -> Vec<[&'n str; 2]> {
    let places = members.iter().enumerate();
    places
        .flat_map(|(place, one)| members.iter().skip(place + 1).map(|other| [*one, *other]))
        .collect()
}
