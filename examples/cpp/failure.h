#pragma once

#include <google/rpc/error_details.pb.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// An error of the service with its details.
struct Failure {
  /// For programs.
  grpc::StatusCode code;
  /// For people.
  std::string message;
  /// A reason of `ErrorReason`, without its prefix; empty where the error is not one of the service.
  std::string reason;
  /// What is wrong with the request, by field: `instances[3].iops`.
  std::vector<google::rpc::BadRequest::FieldViolation> violations;
  /// How long to wait before the next try; none where there is no point in one.
  std::optional<std::chrono::milliseconds> retry_delay;

  /// Takes an error apart.
  static Failure Of(const grpc::Status& status);

  std::string ToString() const;
};

/// The name of a code: `INVALID_ARGUMENT`.
std::string CodeName(grpc::StatusCode code);
