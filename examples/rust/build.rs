//! Makes the stubs of the contract, with a protobuf compiler in Rust: no protoc has to be installed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let proto = "../../proto";
    println!("cargo:rerun-if-changed={proto}");
    let files = ["kserve/registry/v1/error_reason.proto", "kserve/registry/v1/model_registry.proto"];
    tonic_prost_build::configure().build_server(false).compile_fds(protox::compile(files, [proto])?)?;
    Ok(())
}
