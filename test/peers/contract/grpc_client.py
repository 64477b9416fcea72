"""Gets a prediction through stubs that protoc made from the contract of a model.

Usage: grpc_client.py ADDRESS FOLDER, where FOLDER holds the stubs.
"""

import sys

import grpc
from google.protobuf.json_format import MessageToJson

address, folder = sys.argv[1:]
sys.path.insert(0, folder)

from kserve.models.disk_failure_predictor.v1 import disk_failure_predictor_pb2 as messages  # noqa: E402
from kserve.models.disk_failure_predictor.v1 import disk_failure_predictor_pb2_grpc as services  # noqa: E402

with grpc.insecure_channel(address) as channel:
    client = services.DiskFailurePredictorStub(channel)
    request = messages.PredictRequest(
        instances=[
            messages.Instance(disk_utilization=95, iops=5000, disk_age_days=1000),
            messages.Instance(disk_utilization=5, disk_age_days=1),
        ]
    )
    print(MessageToJson(client.Predict(request), indent=None))
    try:
        client.Predict(messages.PredictRequest(instances=[messages.Instance(disk_utilization=101)]))
    except grpc.RpcError as error:
        print(error.code().name, error.details())
