#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

/// Answers above 4 MiB, the default of gRPC, would be RESOURCE_EXHAUSTED.
constexpr int kMaxReceivedBytes = 64 * 1024 * 1024;

/// Calls that fail with UNAVAILABLE are tried up to four times.
///
/// With `"healthCheckConfig": {"serviceName": "kserve.registry.v1.ModelRegistry"}` beside it the library also watches the
/// health of each server; gRPC 1.51, which Debian 12 has, crashes then, so this client asks with UntilServing.
extern const char kServiceConfig[];

/// Opens a channel, which connects with its first call, and again after it broke.
///
/// @param address `host:port`
/// @param authorities those to trust, in PEM; empty for plain text
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const std::string& authorities = "",
                                           const std::string& service_config = kServiceConfig,
                                           int max_received_bytes = kMaxReceivedBytes);

/// Waits until a service says that it serves.
///
/// @param service `kserve.registry.v1.ModelRegistry` for the server as a whole; the name of a model for that model
grpc::Status UntilServing(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& service = "kserve.registry.v1.ModelRegistry",
                          std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// Gives a call a deadline: the service passes it on to the model.
void SetDeadline(grpc::ClientContext& context, std::chrono::milliseconds from_now = std::chrono::seconds(10));
