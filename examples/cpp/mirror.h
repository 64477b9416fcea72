#pragma once

#include <grpcpp/grpcpp.h>
#include <kserve/registry/v1/model_registry.grpc.pb.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

/// The registered models by name, kept up to date by a watch.
class Mirror {
 public:
  using Models = std::map<std::string, kserve::registry::v1::Model>;

  explicit Mirror(std::shared_ptr<grpc::Channel> channel);

  /// Follows the models. What is known stays while the service is away; afterwards the watch goes on where it was, by
  /// its token. Returns when the service refuses the watch for good.
  ///
  /// @param on_change gets all models, first when all are known, then after each change
  grpc::Status Follow(const std::function<void(const Models&)>& on_change);

 private:
  void Apply(const kserve::registry::v1::WatchModelsResponse& event);

  std::unique_ptr<kserve::registry::v1::ModelRegistry::Stub> stub_;
  Models models_;
  std::string resume_token_;
  bool synced_ = false;
  std::chrono::milliseconds delay_;
};
