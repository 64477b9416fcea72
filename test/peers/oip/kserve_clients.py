"""What the clients of KServe's SDK for the Open Inference Protocol make of the service.

Usage: kserve_clients.py ADDRESS

Writes one JSON object: the outcome of each case by its name. `echo` gives its rows back.
"""

import asyncio
import json
import sys

import grpc
import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

(address,) = sys.argv[1:]
sys.argv = sys.argv[:1]
url = f"http://{address}"


KINDS = {
    "INT8": (np.int8, [-128, 127]),
    "INT16": (np.int16, [-32768, 1]),
    "INT32": (np.int32, [-2147483648, 1]),
    "INT64": (np.int64, [-5, 4503599627370497]),
    "UINT8": (np.uint8, [255, 0]),
    "UINT16": (np.uint16, [65535, 0]),
    "UINT32": (np.uint32, [4294967295, 0]),
    "UINT64": (np.uint64, [4503599627370497, 0]),
    "FP16": (np.float16, [0.5, 65504]),
    "FP32": (np.float32, [0.5, 0.1]),
    "FP64": (np.float64, [0.5, 2]),
    "BOOL": (np.bool_, [True, False]),
    "BYTES": (np.object_, ["Bonn", "Köln"]),
}


def request(datatype, binary, model="echo"):
    kind, values = KINDS[datatype]
    made = InferInput("input-0", [2, 1], datatype)
    made.set_data_from_numpy(np.array(values, dtype=kind).reshape(2, 1), binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[made])


def rows(answer):
    (output,) = answer.outputs
    values = output.as_numpy().ravel().tolist()
    decoded = [item.decode() if isinstance(item, bytes) else item for item in values]
    return {"model": answer.model_name, "values": decoded}


async def main():
    rest = InferenceRESTClient(RESTConfig(protocol="v2"))
    remote = InferenceGRPCClient(address)

    async def infer_rest(binary, model="echo", datatype="FP64"):
        return rows(await rest.infer(url, request(datatype, binary, model), model_name=model))

    async def infer_grpc(binary, model="echo", datatype="FP64", **options):
        return rows(await remote.infer(request(datatype, binary, model), **options))

    async def every_kind(infer, binary, *left_out):
        kinds = [datatype for datatype in KINDS if datatype not in left_out]
        return {datatype: (await infer(binary, datatype=datatype))["values"] for datatype in kinds}

    async def cancelled():
        call = asyncio.create_task(infer_grpc(False, "slow"))
        await asyncio.sleep(0.2)
        call.cancel()
        try:
            return await call
        except asyncio.CancelledError:
            return "cancelled"

    cases = {
        "REST live": lambda: rest.is_server_live(url),
        "REST ready": lambda: rest.is_server_ready(url),
        "REST model ready": lambda: rest.is_model_ready(url, "echo"),
        "REST model not ready": lambda: rest.is_model_ready(url, "not-ready"),
        "REST JSON": lambda: infer_rest(False),
        "REST binary": lambda: infer_rest(True),
        # JSON has no numbers of 16 bits for it.
        "REST JSON, every kind": lambda: every_kind(infer_rest, False, "FP16"),
        "REST binary, every kind": lambda: every_kind(infer_rest, True),
        "REST unknown model": lambda: infer_rest(False, "none"),
        "gRPC live": remote.is_server_live,
        "gRPC ready": remote.is_server_ready,
        "gRPC model ready": lambda: remote.is_model_ready("echo"),
        "gRPC model not ready": lambda: remote.is_model_ready("not-ready"),
        "gRPC typed": lambda: infer_grpc(False),
        "gRPC raw": lambda: infer_grpc(True),
        # There is no field for it.
        "gRPC typed, every kind": lambda: every_kind(infer_grpc, False, "FP16"),
        "gRPC raw, every kind": lambda: every_kind(infer_grpc, True),
        "gRPC deadline": lambda: infer_grpc(False, "slow", timeout=0.2),
        "gRPC cancelled": cancelled,
        "gRPC unknown model": lambda: infer_grpc(False, "none"),
    }
    outcomes = {}
    for name, case in cases.items():
        try:
            outcomes[name] = await case()
        except httpx.HTTPStatusError as error:
            outcomes[name] = {"status": error.response.status_code, "message": str(error)}
        except grpc.RpcError as error:
            outcomes[name] = {"status": error.code().name, "message": error.details()}
    await rest.close()
    await remote.close()
    print(json.dumps(outcomes))


asyncio.run(main())
