//! Writes the lists of services and procedures: see `src/connect.rs`.

use prost_types::FileDescriptorSet;

/// The source of `SERVICES` and `PROCEDURES`.
pub(crate) fn generate(set: &FileDescriptorSet) -> String {
    let mut services = Vec::new();
    let mut procedures = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            for method in &service.method {
                procedures.push(format!("/{name}/{}", method.name()));
            }
            services.push(name);
        }
    }
    services.sort();
    procedures.sort();
    format!(
        "/// The full name of every service, sorted.\n\
         pub static SERVICES: &[&str] = &{services:?};\n\
         /// The path of every procedure, sorted.\n\
         pub static PROCEDURES: &[&str] = &{procedures:?};\n"
    )
}
