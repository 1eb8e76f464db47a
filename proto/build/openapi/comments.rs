//! The comments of the `.proto` files, by the full name of what they stand above.

use std::collections::BTreeMap;

use prost_types::{DescriptorProto, FileDescriptorSet};

/// Numbers of fields in `google.protobuf.FileDescriptorProto` and below, which make up the paths
/// under which comments are filed.
const SYNTAX: i32 = 12;
const PACKAGE: i32 = 2;
const FILE_MESSAGE: i32 = 4;
const FILE_ENUM: i32 = 5;
const FILE_SERVICE: i32 = 6;
const MESSAGE_FIELD: i32 = 2;
const MESSAGE_NESTED: i32 = 3;
const MESSAGE_ENUM: i32 = 4;
const SERVICE_METHOD: i32 = 2;

/// The comments, each in one line.
#[derive(Default)]
pub(crate) struct Comments {
    /// Of messages, fields, enums, services and methods.
    pub(crate) items: BTreeMap<String, String>,
    /// Of packages.
    pub(crate) packages: BTreeMap<String, String>,
}

pub(crate) fn collect(set: &FileDescriptorSet) -> Comments {
    let mut comments = Comments::default();
    for file in &set.file {
        let mut names = BTreeMap::new();
        let package = file.package();
        for (place, item) in (0..).zip(&file.message_type) {
            message(&mut names, &[FILE_MESSAGE, place], package, item);
        }
        for (place, item) in (0..).zip(&file.enum_type) {
            names.insert(vec![FILE_ENUM, place], format!("{package}.{}", item.name()));
        }
        for (place, item) in (0..).zip(&file.service) {
            let full = format!("{package}.{}", item.name());
            for (method, item) in (0..).zip(&item.method) {
                names.insert(
                    vec![FILE_SERVICE, place, SERVICE_METHOD, method],
                    format!("{full}.{}", item.name()),
                );
            }
            names.insert(vec![FILE_SERVICE, place], full);
        }
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        for location in locations {
            let Some(text) = location.leading_comments.as_deref().map(one_line) else {
                continue;
            };
            if let [PACKAGE | SYNTAX] = location.path.as_slice() {
                comments.packages.entry(package.to_owned()).or_insert(text);
            } else if let Some(name) = names.get(&location.path) {
                comments.items.insert(name.clone(), text);
            }
        }
    }
    comments
}

fn message(
    names: &mut BTreeMap<Vec<i32>, String>,
    path: &[i32],
    scope: &str,
    item: &DescriptorProto,
) {
    let full = format!("{scope}.{}", item.name());
    let below = |kind: i32, place: i32| [path, &[kind, place]].concat();
    for (place, field) in (0..).zip(&item.field) {
        names.insert(
            below(MESSAGE_FIELD, place),
            format!("{full}.{}", field.name()),
        );
    }
    for (place, nested) in (0..).zip(&item.nested_type) {
        message(names, &below(MESSAGE_NESTED, place), &full, nested);
    }
    for (place, nested) in (0..).zip(&item.enum_type) {
        names.insert(
            below(MESSAGE_ENUM, place),
            format!("{full}.{}", nested.name()),
        );
    }
    names.insert(path.to_vec(), full);
}

fn one_line(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}
