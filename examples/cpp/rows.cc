#include "rows.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>

google::protobuf::ListValue InstancesOf(const std::vector<std::vector<double>>& rows) {
  google::protobuf::ListValue instances;
  for (const std::vector<double>& row : rows) {
    google::protobuf::ListValue* cells = instances.add_values()->mutable_list_value();
    for (double cell : row) cells->add_values()->set_number_value(cell);
  }
  return instances;
}

google::protobuf::ListValue InstancesFromJson(const std::string& json) {
  google::protobuf::ListValue instances;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &instances);
  if (!status.ok()) throw std::invalid_argument(status.ToString());
  return instances;
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  if (!status.ok()) throw std::invalid_argument(status.ToString());
  return json;
}
