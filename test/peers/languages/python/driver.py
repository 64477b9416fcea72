"""Calls the service for clients.test.ts; see the README beside this folder."""

import json
import sys
import threading

import grpc
from google.protobuf import json_format, struct_pb2

import channel
import failure
import mirror
from kserve.models.disk_failure_predictor.v1 import disk_failure_predictor_pb2, disk_failure_predictor_pb2_grpc
from kserve.registry.v1 import model_registry_pb2, model_registry_pb2_grpc, prediction_pb2

mirrored = None


def open_channel(command, health=None):
    config = json.loads(channel.SERVICE_CONFIG)
    if command.get("attempts", 1) == 1:
        del config["methodConfig"]
    if health is None:
        del config["healthCheckConfig"]
    else:
        config["healthCheckConfig"]["serviceName"] = health
    authorities = command.get("authorities")
    limit = command.get("maxReceivedBytes", channel.MAX_RECEIVED_BYTES)
    return channel.open_channel(
        command["address"],
        open(authorities, "rb").read() if authorities else None,
        service_config=json.dumps(config),
        max_received_bytes=limit or None,
    )


def answer(command):
    op = command["op"]
    timeout = command.get("deadlineMs", 20_000) / 1000
    if op == "follow":
        threading.Thread(target=follow, args=[command], daemon=True).start()
        return {}
    if op == "mirror":
        return {"models": mirrored}
    with open_channel(command, command["service"] if op == "serving" else None) as opened:
        registry = model_registry_pb2_grpc.ModelRegistryStub(opened)
        if op in ("list", "serving"):
            request = model_registry_pb2.ListModelsRequest()
            page = registry.ListModels(request, timeout=timeout, wait_for_ready=op == "serving")
            return {"models": [model.name for model in page.models]}
        if op == "get":
            got = registry.GetModel(model_registry_pb2.GetModelRequest(name=command["name"]), timeout=timeout)
            return {"name": got.model.name, "url": got.address.url}
        if op == "typed":
            rows = [disk_failure_predictor_pb2.Instance(**row) for row in command["rows"]]
            typed = disk_failure_predictor_pb2_grpc.DiskFailurePredictorStub(opened)
            request = disk_failure_predictor_pb2.PredictRequest(instances=rows)
            answered = typed.Predict(request, timeout=timeout)
            return {"values": [prediction.failure_probability for prediction in answered.predictions]}
        if op == "echo":
            body = json.dumps({"instances": ["x" * command["bytes"]]}).encode()
            request = model_registry_pb2.PredictRequest(name=command["name"], body=body)
            return {"bytes": len(registry.Predict(request, timeout=timeout).body)}
        call = registry.Predict.future(predict_request(command), timeout=timeout)
        if "cancelMs" in command:
            threading.Timer(command["cancelMs"] / 1000, call.cancel).start()
        return predicted(result_of(call))


def result_of(call):
    try:
        return call.result()
    except grpc.FutureCancelledError:
        raise call from None


def predict_request(command):
    name, rows = command["name"], command["rows"]
    if command["form"] == "tensor":
        values = [cell for row in rows for cell in row]
        tensor = prediction_pb2.Tensor(shape=[len(rows), len(rows[0])], values=values)
        return model_registry_pb2.PredictRequest(name=name, tensor=tensor)
    if command["form"] == "body":
        return model_registry_pb2.PredictRequest(name=name, body=json.dumps({"instances": rows}).encode())
    instances = json_format.ParseDict(rows, struct_pb2.ListValue())
    return model_registry_pb2.PredictRequest(name=name, instances=instances)


def predicted(response):
    output = response.WhichOneof("output")
    if output == "tensor":
        return {"tensor": {"shape": list(response.tensor.shape), "values": list(response.tensor.values)}}
    if output == "body":
        return {"body": response.body.decode()}
    return {"predictions": json_format.MessageToDict(response.predictions)}


def follow(command):
    def show(models):
        global mirrored
        mirrored = sorted(models)

    mirror.follow(open_channel(command), show)


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except grpc.RpcError as error:
        what = failure.failure_of(error)
        result = {
            "error": {
                "code": what.code,
                "message": what.message,
                "reason": what.reason,
                "violations": [{"field": one.field, "description": one.description} for one in what.violations],
                "retryDelayMs": what.retry_delay_ms,
            }
        }
    print(json.dumps(result), flush=True)
