//! Makes the stubs of the typed contract.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let proto = "../../../../.cache/peers/languages/typed";
    println!("cargo:rerun-if-changed={proto}");
    let files = ["kserve/models/disk_failure_predictor/v1/disk_failure_predictor.proto"];
    tonic_prost_build::configure().build_server(false).compile_fds(protox::compile(files, [proto])?)?;
    Ok(())
}
