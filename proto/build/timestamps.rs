//! Finds the fields that are moments: see `src/json/timestamp.rs`.

use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FileDescriptorSet};

const TIMESTAMP: &str = ".google.protobuf.Timestamp";

/// The full name of each field that is a moment, not a list and not an alternative of others.
pub(crate) fn fields(set: &FileDescriptorSet) -> Vec<String> {
    let mut found = Vec::new();
    for file in &set.file {
        for item in &file.message_type {
            search(&format!(".{}", file.package()), item, &mut found);
        }
    }
    found
}

fn search(scope: &str, item: &DescriptorProto, found: &mut Vec<String>) {
    let name = format!("{scope}.{}", item.name());
    for field in &item.field {
        let alternative = field.oneof_index.is_some() && !field.proto3_optional();
        if field.type_name() == TIMESTAMP && field.label() != Label::Repeated && !alternative {
            found.push(format!("{name}.{}", field.name()));
        }
    }
    for nested in &item.nested_type {
        search(&name, nested, found);
    }
}
