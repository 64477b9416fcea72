//! Opens channels to the service.

use std::time::Duration;

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::registry::model_registry_client::ModelRegistryClient;

/// Answers above 4 MiB, the default of tonic, would be OUT_OF_RANGE.
pub const MAX_RECEIVED_BYTES: usize = 64 * 1024 * 1024;

/// Errors name every wrong cell: 16 KiB, the default, is little for that.
const MAX_HEADER_BYTES: u32 = 32 * 1024;

/// Opens a channel, which connects with its first call, and again after it broke.
///
/// `address` is `http://host:port`, or `https://host:port` with the authorities to trust in PEM.
pub fn open(address: String, authorities: Option<&[u8]>) -> Result<Channel, tonic::transport::Error> {
    let mut endpoint = Endpoint::from_shared(address)?
        .connect_timeout(Duration::from_secs(5))
        .http2_max_header_list_size(MAX_HEADER_BYTES);
    if let Some(pem) = authorities {
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))?;
    }
    Ok(endpoint.connect_lazy())
}

/// The stub of the service.
pub fn registry(channel: Channel) -> ModelRegistryClient<Channel> {
    ModelRegistryClient::new(channel).max_decoding_message_size(MAX_RECEIVED_BYTES)
}

/// Waits until a service says that it serves: tonic checks no health by itself. `kserve.registry.v1.ModelRegistry` is
/// the server as a whole; the name of a model is that model.
pub async fn until_serving(channel: Channel, service: &str) -> Result<(), tonic::Status> {
    let mut health = HealthClient::new(channel);
    let request = HealthCheckRequest { service: service.into() };
    let mut statuses = health.watch(request).await?.into_inner();
    while let Some(answer) = statuses.message().await? {
        if answer.status() == ServingStatus::Serving {
            return Ok(());
        }
    }
    Err(tonic::Status::unavailable("the server stops"))
}
