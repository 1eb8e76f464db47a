//! Writes the tables by which JSON is read: see `src/json/shape.rs`.

use std::error::Error;
use std::fmt::Write as _;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, MessageOptions,
};

/// Only our own messages are read as JSON.
const PACKAGES: [&str; 2] = ["bartizan.", "zitadel."];

fn is_ours(name: &str) -> bool {
    PACKAGES.iter().any(|ours| name.starts_with(ours))
}

/// The source of one `static` for each message and each enum, and of the
/// `impl` that ties a message to its table.
pub(crate) fn generate(set: &FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    for file in &set.file {
        let package = file.package();
        if !is_ours(package) {
            continue;
        }
        for item in &file.enum_type {
            enumeration(&mut out, package, item)?;
        }
        for item in &file.message_type {
            message(&mut out, package, item)?;
            let path = package.replace('.', "::");
            let (name, table) = (item.name(), ident(&format!("{package}.{}", item.name())));
            writeln!(out, "impl Body for crate::{path}::{name} {{")?;
            writeln!(out, "    const SHAPE: &'static Shape = &{table};\n}}")?;
        }
    }
    Ok(out)
}

fn enumeration(out: &mut String, scope: &str, item: &EnumDescriptorProto) -> std::fmt::Result {
    let table = ident(&format!("{scope}.{}", item.name()));
    writeln!(out, "static {table}: Enum = Enum {{ values: &[")?;
    for value in &item.value {
        writeln!(out, "    ({:?}, {}),", value.name(), value.number())?;
    }
    writeln!(out, "] }};")
}

fn message(out: &mut String, scope: &str, item: &DescriptorProto) -> Result<(), Box<dyn Error>> {
    let full = format!("{scope}.{}", item.name());
    for nested in &item.enum_type {
        enumeration(out, &full, nested)?;
    }
    let (entries, nested): (Vec<_>, Vec<_>) = item
        .nested_type
        .iter()
        .partition(|nested| is_map_entry(nested));
    for nested in nested {
        message(out, &full, nested)?;
    }
    // The decoder notes in one word which fields it has seen.
    if item.field.len() > 64 {
        return Err(format!("{full} has more than 64 fields").into());
    }
    writeln!(
        out,
        "static {}: Shape = Shape {{ name: {full:?}, fields: &[",
        ident(&full)
    )?;
    for field in &item.field {
        let entry = entries
            .iter()
            .find(|entry| field.type_name() == format!(".{full}.{}", entry.name()));
        let (many, value) = match entry {
            Some(entry) => ("Map", map_value(entry)?),
            None if field.label() == Label::Repeated => ("List", field),
            None => ("One", field),
        };
        writeln!(
            out,
            "    Field {{ number: {}, json: {:?}, proto: {:?}, many: Many::{many}, kind: {}, oneof: {} }},",
            field.number(),
            field.json_name(),
            field.name(),
            kind(value)?,
            oneof(item, field)?,
        )?;
    }
    writeln!(out, "] }};")?;
    Ok(())
}

/// The oneof that a field is in, other than the one that makes it optional.
fn oneof(item: &DescriptorProto, field: &FieldDescriptorProto) -> Result<String, Box<dyn Error>> {
    let Some(index) = field.oneof_index.filter(|_| !field.proto3_optional()) else {
        return Ok("None".to_owned());
    };
    let oneof = item.oneof_decl.get(usize::try_from(index)?);
    let name = oneof.ok_or("a oneof is missing")?.name();
    let members = (0..)
        .zip(&item.field)
        .filter(|(_, other)| other.oneof_index == Some(index))
        .fold(0_u64, |members, (place, _)| members | 1 << place);
    Ok(format!(
        "Some(Oneof {{ name: {name:?}, members: {members:#b} }})"
    ))
}

fn is_map_entry(item: &DescriptorProto) -> bool {
    item.options.as_ref().is_some_and(MessageOptions::map_entry)
}

/// The value of a map; its keys must be strings, and its values no enums (of
/// which an unknown one would have to take its key with it), as all of ours
/// are.
fn map_value(entry: &DescriptorProto) -> Result<&FieldDescriptorProto, Box<dyn Error>> {
    match entry.field.as_slice() {
        [key, value] if key.r#type() == Type::String && value.r#type() != Type::Enum => Ok(value),
        _ => Err(format!("{} is a map that cannot be read as JSON", entry.name()).into()),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "types that no message of ours has"
)]
fn kind(field: &FieldDescriptorProto) -> Result<String, Box<dyn Error>> {
    let name = field.type_name().trim_start_matches('.');
    Ok(match field.r#type() {
        Type::Bool => scalar("Bool"),
        Type::Int32 => scalar("Int32"),
        Type::Uint32 => scalar("Uint32"),
        Type::Uint64 => scalar("Uint64"),
        Type::String => scalar("String"),
        Type::Bytes => scalar("Bytes"),
        Type::Enum => scalar(&format!("Enum(&{})", ident(name))),
        Type::Message => match name {
            "google.protobuf.Timestamp" => scalar("Timestamp"),
            "google.protobuf.Duration" => scalar("Duration"),
            "google.protobuf.Struct" => "Kind::Struct".to_owned(),
            _ if is_ours(name) => format!("Kind::Message(&{})", ident(name)),
            _ => return Err(format!("{name} cannot be read as JSON").into()),
        },
        other => return Err(format!("{other:?} cannot be read as JSON").into()),
    })
}

fn scalar(name: &str) -> String {
    format!("Kind::Scalar(Scalar::{name})")
}

/// `zitadel.object.v2.ListQuery` becomes `ZITADEL_OBJECT_V2_LISTQUERY`.
fn ident(full_name: &str) -> String {
    full_name.replace('.', "_").to_uppercase()
}
