#include "channel.h"

#include <grpc/health/v1/health.grpc.pb.h>

const char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
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
})";

namespace {

/// Errors name every wrong cell: 8 KiB, the default, is little for that.
constexpr int kMaxMetadataBytes = 32 * 1024;

}  // namespace

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const std::string& authorities,
                                           const std::string& service_config, int max_received_bytes) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(service_config);
  arguments.SetMaxReceiveMessageSize(max_received_bytes);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!authorities.empty()) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authorities;
    credentials = grpc::SslCredentials(options);
  }
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

void SetDeadline(grpc::ClientContext& context, std::chrono::milliseconds from_now) {
  context.set_deadline(std::chrono::system_clock::now() + from_now);
}

grpc::Status UntilServing(const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
                          std::chrono::milliseconds timeout) {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  const auto statuses = grpc::health::v1::Health::NewStub(channel)->Watch(&context, request);
  grpc::health::v1::HealthCheckResponse answer;
  while (statuses->Read(&answer)) {
    if (answer.status() == grpc::health::v1::HealthCheckResponse::SERVING) return grpc::Status::OK;
  }
  return statuses->Finish();
}
