// A client in C++: lists the models, gets one, asks for predictions, and shows what is wrong with a wrong row.
//
//     cd examples/cpp
//     cmake -B build && cmake --build build
//     build/client [ADDRESS]         calls
//     build/client watch [ADDRESS]   keeps a mirror of the models
//
// ADDRESS is that of a running service, 127.0.0.1:8080 by default: `npm run demo` starts one.

#include <iostream>
#include <string>
#include <vector>

#include "channel.h"
#include "failure.h"
#include "mirror.h"
#include "rows.h"

namespace registry = kserve::registry::v1;

namespace {

grpc::Status Call(registry::ModelRegistry::Stub& stub) {
  // List: every registered model, page by page. Each call has a context of its own, and a deadline.
  registry::ListModelsRequest list;
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    registry::ListModelsResponse page;
    const grpc::Status status = stub.ListModels(&context, list, &page);
    if (!status.ok()) return status;
    for (const registry::Model& model : page.models()) {
      std::cout << model.name() << " in " << model.namespace_() << ": " << registry::ModelType_Name(model.type())
                << ", " << registry::ModelState_Name(model.state()) << "\n";
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());

  // Get: one model, with where its predictions go.
  {
    grpc::ClientContext context;
    SetDeadline(context);
    registry::GetModelRequest get;
    get.set_name("anomaly-detector");
    registry::GetModelResponse got;
    const grpc::Status status = stub.GetModel(&context, get, &got);
    if (!status.ok()) return status;
    std::cout << got.model().name() << " is called at " << got.address().url() << got.address().predict_path() << "\n";
  }

  // Predict: rows of three features. Instances are JSON; a tensor and a body are the other forms.
  {
    grpc::ClientContext context;
    SetDeadline(context);
    registry::PredictRequest predict;
    predict.set_name("anomaly-detector");
    *predict.mutable_instances() = InstancesOf({{0.5, 1.2, 0.8}});
    registry::PredictResponse answer;
    const grpc::Status status = stub.Predict(&context, predict, &answer);
    if (!status.ok()) return status;
    std::cout << "predictions: " << ToJson(answer.predictions()) << "\n";
  }

  // An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
  // wrong row each cell.
  {
    grpc::ClientContext context;
    SetDeadline(context);
    registry::PredictRequest wrong;
    wrong.set_name("disk-failure-predictor");
    *wrong.mutable_instances() = InstancesFromJson(R"([{"disk_utilization": 91.2, "iops": "many"}])");
    registry::PredictResponse answer;
    const grpc::Status status = stub.Predict(&context, wrong, &answer);
    if (!status.ok()) std::cout << "error: " << Failure::Of(status).ToString() << "\n";
  }
  return grpc::Status::OK;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool watches = !arguments.empty() && arguments.front() == "watch";
  if (watches) arguments.erase(arguments.begin());
  const auto channel = OpenChannel(arguments.empty() ? "127.0.0.1:8080" : arguments.front());

  grpc::Status status;
  if (watches) {
    status = Mirror(channel).Follow([](const Mirror::Models& models) {
      std::string names;
      for (const auto& [name, model] : models) names += (names.empty() ? "" : ", ") + name;
      std::cout << "models: " << names << std::endl;
    });
  } else {
    status = UntilServing(channel);
    if (status.ok()) status = Call(*registry::ModelRegistry::NewStub(channel));
  }
  if (status.ok()) return 0;
  std::cerr << Failure::Of(status).ToString() << "\n";
  return 1;
}
