//! Messages and stubs.

use std::{error::Error, fs, path::Path};

use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};
use protox::{Compiler, prost_reflect::DescriptorPool};

/// Compiles every file of the contract.
pub fn compile(root: &Path) -> Result<DescriptorPool, Box<dyn Error>> {
    let proto = root.join("proto");
    let mut files = Vec::new();
    for folder in ["portone/v2", "portone/gateway/v1"] {
        for entry in fs::read_dir(proto.join(folder))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    let mut compiler = Compiler::new([proto, root.join(".build/protodeps")])?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    Ok(compiler.descriptor_pool())
}

/// Writes a file for each package that has something of ours. Of google's there is the
/// one message that an RPC of ours answers with.
pub fn generate(pool: &DescriptorPool, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut config = prost_build::Config::new();
    config.out_dir(out).btree_map(["."]).enable_type_names();
    let mut ours = FileDescriptorSet { file: pool.file_descriptor_protos().cloned().collect() };
    for path in variants(&ours) {
        config.boxed(path);
    }
    ours.file.retain(|file| {
        !matches!(
            file.name(),
            "google/api/annotations.proto"
                | "google/api/http.proto"
                | "google/api/field_behavior.proto"
        )
    });
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .out_dir(out)
        .compile_fds_with_config(ours, config)?;
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        fs::write(&path, format!("{}{text}", crate::HEAD))?;
    }
    Ok(())
}

/// The paths of all messages that are a case of a union. They are boxed, all of them: a
/// union is then as large as a pointer, and a case that grows changes no type.
fn variants(set: &FileDescriptorSet) -> Vec<String> {
    let mut paths = Vec::new();
    for file in set.file.iter().filter(|f| f.package().starts_with("portone.")) {
        for message in &file.message_type {
            variants_of(message, &format!(".{}", file.package()), &mut paths);
        }
    }
    paths
}

fn variants_of(message: &DescriptorProto, parent: &str, paths: &mut Vec<String>) {
    let name = format!("{parent}.{}", message.name());
    for field in &message.field {
        if let (Some(index), false, Type::Message) =
            (field.oneof_index, field.proto3_optional(), field.r#type())
        {
            let union = message.oneof_decl[index as usize].name();
            paths.push(format!("{name}.{union}.{}", field.name()));
        }
    }
    for nested in &message.nested_type {
        variants_of(nested, &name, paths);
    }
}
