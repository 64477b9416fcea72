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


def request(values, datatype, shape, binary, model="echo"):
    made = InferInput("input-0", shape, datatype)
    made.set_data_from_numpy(np.array(values).reshape(shape), binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[made])


def rows(answer):
    (output,) = answer.outputs
    return {"model": answer.model_name, "values": output.as_numpy().ravel().tolist()}


async def main():
    rest = InferenceRESTClient(RESTConfig(protocol="v2"))
    remote = InferenceGRPCClient(address)
    floats = np.array([[0.5], [2.0]])

    async def infer_rest(binary, model="echo"):
        return rows(await rest.infer(url, request(floats, "FP64", [2, 1], binary, model), model_name=model))

    async def infer_grpc(binary, model="echo"):
        return rows(await remote.infer(request(floats, "FP64", [2, 1], binary, model)))

    cases = {
        "REST live": lambda: rest.is_server_live(url),
        "REST ready": lambda: rest.is_server_ready(url),
        "REST model ready": lambda: rest.is_model_ready(url, "echo"),
        "REST model not ready": lambda: rest.is_model_ready(url, "not-ready"),
        "REST JSON": lambda: infer_rest(False),
        "REST binary": lambda: infer_rest(True),
        "REST unknown model": lambda: infer_rest(False, "none"),
        "gRPC live": remote.is_server_live,
        "gRPC ready": remote.is_server_ready,
        "gRPC model ready": lambda: remote.is_model_ready("echo"),
        "gRPC model not ready": lambda: remote.is_model_ready("not-ready"),
        "gRPC typed": lambda: infer_grpc(False),
        "gRPC raw": lambda: infer_grpc(True),
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
