#include "failure.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace {

/// The details of a `google.rpc.Status`, which is what `error_details()` holds. Its field 3 is all that is needed.
std::vector<google::protobuf::Any> DetailsOf(const std::string& status) {
  using google::protobuf::internal::WireFormatLite;
  constexpr int kDetails = 3;
  std::vector<google::protobuf::Any> details;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(status.data()),
                                               static_cast<int>(status.size()));
  while (const uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) != kDetails) {
      if (!WireFormatLite::SkipField(&input, tag)) break;
      continue;
    }
    uint32_t size = 0;
    std::string bytes;
    if (!input.ReadVarint32(&size) || !input.ReadString(&bytes, static_cast<int>(size))) break;
    google::protobuf::Any detail;
    if (detail.ParseFromString(bytes)) details.push_back(std::move(detail));
  }
  return details;
}

}  // namespace

Failure Failure::Of(const grpc::Status& status) {
  Failure failure{status.error_code(), status.error_message(), "", {}, std::nullopt};
  for (const google::protobuf::Any& detail : DetailsOf(status.error_details())) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest request;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) failure.reason = info.reason();
    if (detail.UnpackTo(&request)) {
      failure.violations.assign(request.field_violations().begin(), request.field_violations().end());
    }
    if (detail.UnpackTo(&retry)) {
      failure.retry_delay = std::chrono::seconds(retry.retry_delay().seconds()) +
                            std::chrono::milliseconds(retry.retry_delay().nanos() / 1000000);
    }
  }
  return failure;
}

std::string Failure::ToString() const {
  std::string text = CodeName(code) + ": " + message + " (" + (reason.empty() ? "no reason" : reason) + ")";
  for (const auto& violation : violations) text += "\n  " + violation.field() + ": " + violation.description();
  return text;
}

std::string CodeName(grpc::StatusCode code) {
  static const char* const names[] = {
      "OK",           "CANCELLED",         "UNKNOWN",           "INVALID_ARGUMENT",    "DEADLINE_EXCEEDED", "NOT_FOUND",
      "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",       "OUT_OF_RANGE",
      "UNIMPLEMENTED", "INTERNAL",         "UNAVAILABLE",       "DATA_LOSS",           "UNAUTHENTICATED"};
  return code >= 0 && code <= grpc::StatusCode::UNAUTHENTICATED ? names[code] : std::to_string(code);
}
