//! What a client of the service needs besides its stubs.

pub mod channel;
pub mod failure;
pub mod mirror;
pub mod retry;
pub mod rows;

/// The stubs, made from the contract.
pub mod registry {
    tonic::include_proto!("kserve.registry.v1");
}
