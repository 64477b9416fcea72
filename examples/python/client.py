"""A client in Python (grpcio): lists the models, gets one, and asks it for predictions.

    cd examples/python
    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt
    .venv/bin/python generate.py          # makes the stubs from the contract
    .venv/bin/python client.py [ADDRESS]

ADDRESS is that of a running service, 127.0.0.1:8080 by default: `npm run demo` starts one.
"""

import sys
from pathlib import Path

import grpc
from google.protobuf import json_format, struct_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, str(Path(__file__).resolve().parent / "gen"))
from kserve.registry.v1 import model_pb2, model_registry_pb2, model_registry_pb2_grpc  # noqa: E402


def main(address):
    with grpc.insecure_channel(address) as channel:
        registry = model_registry_pb2_grpc.ModelRegistryStub(channel)

        # List: every registered model, page by page.
        page_token = ""
        while True:
            page = registry.ListModels(model_registry_pb2.ListModelsRequest(page_token=page_token), timeout=10)
            for model in page.models:
                kind = model_pb2.ModelType.Name(model.type)
                state = model_pb2.ModelState.Name(model.state)
                print(f"{model.name} in {model.namespace}: {kind}, {state}")
            page_token = page.next_page_token
            if not page_token:
                break

        # Get: one model, with where its predictions go.
        got = registry.GetModel(model_registry_pb2.GetModelRequest(name="anomaly-detector"), timeout=10)
        print(f"{got.model.name} is called at {got.address.url}{got.address.predict_path}")

        # Predict: one row of three features. Instances are JSON; a tensor and a body are the other forms.
        instances = json_format.ParseDict([[0.5, 1.2, 0.8]], struct_pb2.ListValue())
        request = model_registry_pb2.PredictRequest(name="anomaly-detector", instances=instances)
        answer = registry.Predict(request, timeout=10)
        print("predictions:", json_format.MessageToDict(answer.predictions))

        # An error has a code for programs, a message for people, and a reason that does not change with its wording.
        try:
            registry.GetModel(model_registry_pb2.GetModelRequest(name="no-such-model"), timeout=10)
        except grpc.RpcError as error:
            print("error:", readable(error))


def readable(error):
    """The code, the message and the reason of an error of the service."""
    reason = "no reason given"
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            reason = info.reason
    return f"{error.code().name}: {error.details()} ({reason})"


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8080")
    except grpc.RpcError as error:
        sys.exit(readable(error))
