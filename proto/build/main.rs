//! Compiles the `.proto` files of this crate to Rust, without `protoc`.

mod methods;
mod openapi;
mod shapes;
mod timestamps;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use buffa_build::MapRepr;

/// The roots below which the files lie; names in `import` start here.
const ROOTS: [&str; 4] = ["bartizan", "google", "grpc", "zitadel"];

/// How moments are written as JSON.
const WRITTEN_AS_TIMESTAMP: &str =
    r#"#[serde(serialize_with = "crate::json::timestamp::serialize")]"#;

#[expect(clippy::print_stdout, reason = "this is how cargo is spoken to")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut files = Vec::new();
    for root in ROOTS {
        println!("cargo:rerun-if-changed={root}");
        collect(Path::new(root), &mut files)?;
    }
    files.sort();

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).open_files(&files)?;
    // What the server hands out over reflection: complete, without comments.
    fs::write(
        out.join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;
    let descriptors = compiler.file_descriptor_set();
    fs::write(out.join("shapes.rs"), shapes::generate(&descriptors)?)?;
    fs::write(out.join("methods.rs"), methods::generate(&descriptors))?;
    // What the generator reads: comments become the documentation in Rust.
    compiler.include_source_info(true);
    let set = out.join("descriptors-with-comments.bin");
    fs::write(&set, compiler.encode_file_descriptor_set())?;
    let document = openapi::generate(&compiler.file_descriptor_set())?;
    fs::write(out.join("openapi.tag"), openapi::tag(&document))?;
    fs::write(out.join("openapi.json"), document)?;

    let mut config = buffa_build::Config::new();
    for field in timestamps::fields(&descriptors) {
        config = config.field_attribute(field, WRITTEN_AS_TIMESTAMP);
    }
    config
        .descriptor_set(&set)
        .files(&files)
        .include_file("_messages.rs")
        .generate_json(true)
        // Bodies are decoded once, into messages of their own; views would be more than half of the code.
        .generate_views(false)
        // A map that keeps its keys sorted gives the same bytes for the same
        // message, whatever the process.
        .map_type(MapRepr::BTreeMap)
        .compile()
}

/// Adds every `.proto` file below `dir`.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
    Ok(())
}
