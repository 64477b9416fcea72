"""Opens channels to the service."""

import grpc

# Answers above 4 MiB, the default of gRPC, would be RESOURCE_EXHAUSTED.
MAX_RECEIVED_BYTES = 64 * 1024 * 1024

# Errors name every wrong cell: 8 KiB, the default, is little for that.
MAX_METADATA_BYTES = 32 * 1024

# Calls that fail with UNAVAILABLE are tried up to four times, and only servers that say that they serve are called: the
# library watches the health of each.
SERVICE_CONFIG = """{
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": "kserve.registry.v1.ModelRegistry"},
  "methodConfig": [{
    "name": [{"service": "kserve.registry.v1.ModelRegistry"}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "2s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
}"""


def open_channel(address, authorities=None, service_config=SERVICE_CONFIG, max_received_bytes=MAX_RECEIVED_BYTES):
    """Opens a channel to `host:port`; `authorities`, in PEM, are those to trust, and without them it is plain text."""
    options = [("grpc.service_config", service_config), ("grpc.max_metadata_size", MAX_METADATA_BYTES)]
    if max_received_bytes is not None:
        options.append(("grpc.max_receive_message_length", max_received_bytes))
    if authorities is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(authorities), options)
