//! Writes the table of methods: see `src/connect.rs`.

use std::fmt::Write as _;

use prost_types::FileDescriptorSet;

/// The source of `METHODS`.
pub(crate) fn generate(set: &FileDescriptorSet) -> Result<String, std::fmt::Error> {
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let request = method.input_type().replace('.', "::");
                methods.push((path, request));
            }
        }
    }
    methods.sort();
    let mut out = "static METHODS: &[(&str, Read)] = &[\n".to_owned();
    for (path, request) in methods {
        writeln!(out, "    ({path:?}, read::<crate{request}>),")?;
    }
    out.push_str("];\n");
    Ok(out)
}
