#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>
#include <vector>

/// Rows of numbers as the instances of a request.
google::protobuf::ListValue InstancesOf(const std::vector<std::vector<double>>& rows);

/// Rows as the instances of a request, from JSON: an array of lists of cells in the order of the features, of objects of
/// cells by feature name, or of single values.
///
/// @throws std::invalid_argument for what is not JSON
google::protobuf::ListValue InstancesFromJson(const std::string& json);

/// A message as JSON, such as the `predictions` of an answer.
std::string ToJson(const google::protobuf::Message& message);
