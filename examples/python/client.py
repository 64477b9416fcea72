"""A client in Python (grpcio): lists the models, gets one, asks for predictions, and shows what is wrong with a wrong row.

    cd examples/python
    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt
    .venv/bin/python generate.py                # makes the stubs from the contract
    .venv/bin/python client.py [ADDRESS]        # calls
    .venv/bin/python client.py watch [ADDRESS]  # keeps a mirror of the models

ADDRESS is that of a running service, 127.0.0.1:8080 by default: `npm run demo` starts one.
"""

import sys
from pathlib import Path

import grpc
from google.protobuf import json_format, struct_pb2

sys.path.insert(0, str(Path(__file__).resolve().parent / "gen"))
from kserve.registry.v1 import model_pb2, model_registry_pb2, model_registry_pb2_grpc  # noqa: E402

import mirror  # noqa: E402
from channel import open_channel  # noqa: E402
from failure import failure_of  # noqa: E402


def call(channel):
    registry = model_registry_pb2_grpc.ModelRegistryStub(channel)

    # List: every registered model, page by page. Each call has a deadline: the service passes it on to the model.
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

    # Predict: rows of three features. Instances are JSON; a tensor and a body are the other forms.
    answer = registry.Predict(predict_request("anomaly-detector", [[0.5, 1.2, 0.8]]), timeout=10)
    print("predictions:", json_format.MessageToDict(answer.predictions))

    # An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
    # wrong row each cell.
    wrong = predict_request("disk-failure-predictor", [{"disk_utilization": 91.2, "iops": "many"}])
    try:
        registry.Predict(wrong, timeout=10)
    except grpc.RpcError as error:
        print("error:", failure_of(error))


def predict_request(name, rows):
    """Rows as a request: each a list of cells in the order of the features, or a dict of cells by feature name."""
    instances = json_format.ParseDict(rows, struct_pb2.ListValue())
    return model_registry_pb2.PredictRequest(name=name, instances=instances)


def main(arguments):
    watches = arguments[:1] == ["watch"]
    address = (arguments[1:] if watches else arguments)[:1] or ["127.0.0.1:8080"]
    with open_channel(address[0]) as channel:
        if watches:
            mirror.follow(channel, lambda models: print("models:", ", ".join(sorted(models)), flush=True))
        else:
            call(channel)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(str(failure_of(error)))
    except KeyboardInterrupt:
        pass
