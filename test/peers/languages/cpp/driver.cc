// Calls the service for clients.test.ts; see the README beside this folder.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "channel.h"
#include "failure.h"
#include "kserve/models/disk_failure_predictor/v1/disk_failure_predictor.grpc.pb.h"
#include "mirror.h"
#include "rows.h"

namespace disk = kserve::models::disk_failure_predictor::v1;
namespace registry = kserve::registry::v1;
using google::protobuf::Struct;
using google::protobuf::Value;

namespace {

std::mutex mirrored_lock;
Value mirrored;  // Null before the mirror has all.

bool Has(const Struct& command, const std::string& name) { return command.fields().count(name) > 0; }

std::string Text(const Struct& command, const std::string& name) {
  return Has(command, name) ? command.fields().at(name).string_value() : "";
}

int Number(const Struct& command, const std::string& name, int otherwise) {
  return Has(command, name) ? static_cast<int>(command.fields().at(name).number_value()) : otherwise;
}

std::string FileText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::shared_ptr<grpc::Channel> Open(const Struct& command) {
  Struct config;
  if (!google::protobuf::util::JsonStringToMessage(kServiceConfig, &config).ok()) std::abort();
  if (Number(command, "attempts", 1) == 1) config.mutable_fields()->erase("methodConfig");
  const int limit = Number(command, "maxReceivedBytes", kMaxReceivedBytes);
  const std::string authorities = Has(command, "authorities") ? FileText(Text(command, "authorities")) : "";
  return OpenChannel(Text(command, "address"), authorities, ToJson(config), limit == 0 ? 4 * 1024 * 1024 : limit);
}

Struct Failed(const grpc::Status& status) {
  const Failure failure = Failure::Of(status);
  Struct answer;
  auto& error = *(*answer.mutable_fields())["error"].mutable_struct_value()->mutable_fields();
  error["code"].set_string_value(CodeName(failure.code));
  error["message"].set_string_value(failure.message);
  error["reason"].set_string_value(failure.reason);
  auto* violations = error["violations"].mutable_list_value();
  for (const auto& violation : failure.violations) {
    auto& one = *violations->add_values()->mutable_struct_value()->mutable_fields();
    one["field"].set_string_value(violation.field());
    one["description"].set_string_value(violation.description());
  }
  if (failure.retry_delay) {
    error["retryDelayMs"].set_number_value(static_cast<double>(failure.retry_delay->count()));
  } else {
    error["retryDelayMs"].set_null_value(google::protobuf::NULL_VALUE);
  }
  return answer;
}

void SetInput(const Struct& command, registry::PredictRequest& request) {
  const auto& rows = command.fields().at("rows").list_value();
  const std::string form = Text(command, "form");
  if (form == "tensor") {
    auto* tensor = request.mutable_tensor();
    tensor->add_shape(rows.values_size());
    tensor->add_shape(rows.values(0).list_value().values_size());
    for (const Value& row : rows.values()) {
      for (const Value& cell : row.list_value().values()) tensor->add_values(cell.number_value());
    }
  } else if (form == "body") {
    request.set_body("{\"instances\":" + ToJson(rows) + "}");
  } else {
    *request.mutable_instances() = rows;
  }
}

/// How many lists are within each other.
int Depth(const Value& value) {
  return value.list_value().values_size() > 0 ? 1 + Depth(value.list_value().values(0)) : 0;
}

/// The library decodes more of them than it writes as JSON.
constexpr int kMaxWrittenDepth = 20;

Struct Predicted(const registry::PredictResponse& response) {
  Struct answer;
  auto& fields = *answer.mutable_fields();
  if (response.has_tensor()) {
    auto& tensor = *fields["tensor"].mutable_struct_value()->mutable_fields();
    for (uint32_t size : response.tensor().shape()) tensor["shape"].mutable_list_value()->add_values()->set_number_value(size);
    for (double value : response.tensor().values()) {
      tensor["values"].mutable_list_value()->add_values()->set_number_value(value);
    }
  } else if (response.output_case() == registry::PredictResponse::kBody) {
    fields["body"].set_string_value(response.body());
  } else if (const int depth = Depth(response.predictions()); depth > kMaxWrittenDepth) {
    fields["depth"].set_number_value(depth);
  } else {
    fields["predictions"] = response.predictions();
  }
  return answer;
}

Struct Answer(const Struct& command) {
  const std::string op = Text(command, "op");
  Struct answer;
  auto& fields = *answer.mutable_fields();
  if (op == "mirror") {
    const std::lock_guard<std::mutex> lock(mirrored_lock);
    fields["models"] = mirrored;
    return answer;
  }
  const auto channel = Open(command);
  if (op == "follow") {
    std::thread([channel] {
      Mirror(channel).Follow([](const Mirror::Models& models) {
        const std::lock_guard<std::mutex> lock(mirrored_lock);
        mirrored.mutable_list_value()->Clear();
        for (const auto& [name, model] : models) mirrored.mutable_list_value()->add_values()->set_string_value(name);
      });
    }).detach();
    return answer;
  }

  grpc::ClientContext context;
  SetDeadline(context, std::chrono::milliseconds(Number(command, "deadlineMs", 20'000)));
  grpc::Status status;
  if (op == "typed") {
    disk::PredictRequest request;
    for (const Value& row : command.fields().at("rows").list_value().values()) {
      if (!google::protobuf::util::JsonStringToMessage(ToJson(row), request.add_instances()).ok()) std::abort();
    }
    disk::PredictResponse response;
    status = disk::DiskFailurePredictor::NewStub(channel)->Predict(&context, request, &response);
    auto* values = fields["values"].mutable_list_value();
    for (const auto& one : response.predictions()) values->add_values()->set_number_value(one.failure_probability());
    return status.ok() ? answer : Failed(status);
  }

  if (op == "serving") {
    status = UntilServing(channel, Text(command, "service"),
                          std::chrono::milliseconds(Number(command, "deadlineMs", 20'000)));
    if (!status.ok()) return Failed(status);
  }
  const auto stub = registry::ModelRegistry::NewStub(channel);
  if (op == "list" || op == "serving") {
    registry::ListModelsResponse page;
    status = stub->ListModels(&context, registry::ListModelsRequest(), &page);
    auto* models = fields["models"].mutable_list_value();
    for (const auto& model : page.models()) models->add_values()->set_string_value(model.name());
  } else if (op == "get") {
    registry::GetModelRequest request;
    request.set_name(Text(command, "name"));
    registry::GetModelResponse got;
    status = stub->GetModel(&context, request, &got);
    fields["name"].set_string_value(got.model().name());
    fields["url"].set_string_value(got.address().url());
  } else {
    registry::PredictRequest request;
    request.set_name(Text(command, "name"));
    if (op == "echo") {
      request.set_body("{\"instances\":[\"" + std::string(Number(command, "bytes", 0), 'x') + "\"]}");
    } else {
      SetInput(command, request);
    }
    std::thread canceller;
    if (Has(command, "cancelMs")) {
      canceller = std::thread([&context, after = Number(command, "cancelMs", 0)] {
        std::this_thread::sleep_for(std::chrono::milliseconds(after));
        context.TryCancel();
      });
    }
    registry::PredictResponse response;
    status = stub->Predict(&context, request, &response);
    if (canceller.joinable()) canceller.join();
    if (status.ok() && op == "echo") {
      fields["bytes"].set_number_value(static_cast<double>(response.body().size()));
    } else if (status.ok()) {
      answer = Predicted(response);
    }
  }
  return status.ok() ? answer : Failed(status);
}

}  // namespace

int main() {
  mirrored.set_null_value(google::protobuf::NULL_VALUE);
  for (std::string line; std::getline(std::cin, line);) {
    Struct command;
    if (!google::protobuf::util::JsonStringToMessage(line, &command).ok()) return 1;
    std::cout << ToJson(Answer(command)) << std::endl;
  }
  // Without waiting for the watch.
  std::_Exit(0);
}
