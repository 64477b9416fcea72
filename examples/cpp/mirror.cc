#include "mirror.h"

#include <algorithm>
#include <thread>

using kserve::registry::v1::WatchModelsRequest;
using kserve::registry::v1::WatchModelsResponse;

namespace {

constexpr std::chrono::milliseconds kFirstDelay{100};
constexpr std::chrono::milliseconds kMaxDelay{10'000};

}  // namespace

Mirror::Mirror(std::shared_ptr<grpc::Channel> channel)
    : stub_(kserve::registry::v1::ModelRegistry::NewStub(channel)), delay_(kFirstDelay) {}

grpc::Status Mirror::Follow(const std::function<void(const Models&)>& on_change) {
  while (true) {
    synced_ = false;
    // Without a token all current models are sent, but not which are gone.
    if (resume_token_.empty()) models_.clear();
    // No deadline: a watch lasts. A restart of the service ends it with UNAVAILABLE.
    grpc::ClientContext context;
    WatchModelsRequest request;
    request.set_resume_token(resume_token_);
    const auto events = stub_->WatchModels(&context, request);
    WatchModelsResponse event;
    while (events->Read(&event)) {
      Apply(event);
      if (synced_) on_change(models_);
    }
    const grpc::Status status = events->Finish();
    if (!status.ok() && status.error_code() != grpc::StatusCode::UNAVAILABLE) return status;
    std::this_thread::sleep_for(delay_);
    delay_ = std::min(2 * delay_, kMaxDelay);
  }
}

void Mirror::Apply(const WatchModelsResponse& event) {
  delay_ = kFirstDelay;
  if (!event.resume_token().empty()) resume_token_ = event.resume_token();
  switch (event.event()) {
    case kserve::registry::v1::WATCH_EVENT_ADDED:
    case kserve::registry::v1::WATCH_EVENT_CHANGED:
      models_[event.model().name()] = event.model();
      break;
    case kserve::registry::v1::WATCH_EVENT_REMOVED:
      models_.erase(event.model().name());
      break;
    case kserve::registry::v1::WATCH_EVENT_RESET:
      models_.clear();
      synced_ = false;
      break;
    case kserve::registry::v1::WATCH_EVENT_SYNCED:
      synced_ = true;
      break;
    default:  // An event of a newer service.
      break;
  }
}
