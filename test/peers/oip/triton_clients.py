"""What tritonclient makes of the service.

Usage: triton_clients.py ADDRESS http|grpc

Writes one JSON object: the outcome of each case by its name. `echo` gives its rows back, `nan` NaN for each, `slow` comes late.
"""

import json
import queue
import sys
import time

import ml_dtypes
import numpy as np

address, protocol = sys.argv[1:]
if protocol == "http":
    import tritonclient.http as triton
else:
    import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(address)


def tensor(name, data, datatype, **options):
    made = triton.InferInput(name, list(data.shape), datatype)
    made.set_data_from_numpy(data, **options)
    return made


def infer(model, data, datatype, outputs=None, binary=True, **options):
    form = {"binary_data": binary} if protocol == "http" else {}
    wanted = None if outputs is None else [triton.InferRequestedOutput(name, **form) for name in outputs]
    return client.infer(model, [tensor("input-0", data, datatype, **form)], outputs=wanted, **options)


def column(values, kind):
    return np.array(values, dtype=kind).reshape(-1, 1)


def rows(answer, output="output-0"):
    values = answer.as_numpy(output)
    decoded = [item.decode() if isinstance(item, bytes) else item for item in values.ravel().tolist()]
    return {"shape": list(values.shape), "values": ["NaN" if item != item else item for item in decoded]}


def numbers(kind, datatype, values, **options):
    return lambda: rows(infer("echo", column(values, kind), datatype, **options))


one = np.array([[1.0]])
compress = "request_compression_algorithm" if protocol == "http" else "compression_algorithm"

cases = {
    "live": client.is_server_live,
    "ready": client.is_server_ready,
    "model ready": lambda: client.is_model_ready("echo"),
    "model not ready": lambda: client.is_model_ready("not-ready"),
    "INT8": numbers(np.int8, "INT8", [-128, 127]),
    "INT16": numbers(np.int16, "INT16", [-32768, 1]),
    "INT32": numbers(np.int32, "INT32", [-2147483648, 1]),
    "INT64": numbers(np.int64, "INT64", [-5, 4503599627370497]),
    "UINT8": numbers(np.uint8, "UINT8", [255, 0]),
    "UINT16": numbers(np.uint16, "UINT16", [65535, 0]),
    "UINT32": numbers(np.uint32, "UINT32", [4294967295, 0]),
    "UINT64": numbers(np.uint64, "UINT64", [4503599627370497, 0]),
    "FP16": numbers(np.float16, "FP16", [0.5, 65504]),
    "FP32": numbers(np.float32, "FP32", [0.5, 0.1]),
    "FP64": numbers(np.float64, "FP64", [0.1, 1e300]),
    "BF16": numbers(ml_dtypes.bfloat16, "BF16", [0.5, -2]),
    "BOOL": numbers(bool, "BOOL", [True, False]),
    "BYTES": numbers(np.object_, "BYTES", ["Bonn", "Köln"]),
    "NaN": lambda: rows(infer("nan", one, "FP64")),
    "named output": lambda: rows(infer("disk-failure-predictor", np.array([[10.0, 100.0, 10.0]]), "FP64", ["failure_probability"]), "failure_probability")["shape"],
    "gzip": numbers(np.float64, "FP64", [0.5], **{compress: "gzip"}),
    "deflate": numbers(np.float64, "FP64", [0.5], **{compress: "deflate"}),
    "unknown model": lambda: infer("none", one, "FP64"),
    "unknown version": lambda: infer("echo", one, "FP64", model_version="3"),
    "unknown output": lambda: infer("echo", one, "FP64", ["z"]),
    "wrong width": lambda: infer("disk-failure-predictor", one, "FP64"),
    "model server away": lambda: infer("unreachable", one, "FP64"),
    "model too slow": lambda: infer("slow", one, "FP64"),
    "load": lambda: client.load_model("echo"),
}
if protocol == "http":
    cases |= {
        "JSON": numbers(np.float64, "FP64", [0.5, 2], binary=False),
        "JSON texts": numbers(np.object_, "BYTES", ["a", "ä"], binary=False),
        "answer compressed": lambda: rows(infer("echo", np.ones((1000, 1)), "FP64", response_compression_algorithm="gzip"))["shape"],
        "metadata": lambda: client.get_model_metadata("disk-failure-predictor")["inputs"],
        "server": lambda: client.get_server_metadata()["name"],
        "index": lambda: sorted(model["name"] for model in client.get_model_repository_index())[:2],
        "timeout": lambda: infer_in_time(0.2),
    }
else:
    cases |= {
        "metadata": lambda: client.get_model_metadata("disk-failure-predictor", as_json=True)["inputs"],
        "server": lambda: client.get_server_metadata(as_json=True)["name"],
        "index": lambda: sorted(model["name"] for model in client.get_model_repository_index(as_json=True)["models"])[:2],
        "deadline": lambda: infer("slow", one, "FP64", client_timeout=0.2),
        "cancelled": lambda: cancel("slow"),
    }


def infer_in_time(seconds):
    """Over HTTP nobody says how long a call may take: the client gives up by itself."""
    impatient = triton.InferenceServerClient(address, network_timeout=seconds)
    impatient.infer("slow", [tensor("input-0", one, "FP64")])


def cancel(model):
    outcomes = queue.SimpleQueue()
    call = client.async_infer(model, [tensor("input-0", one, "FP64")], lambda result, error: outcomes.put(error))
    time.sleep(0.2)
    call.cancel()
    raise outcomes.get(timeout=2)


def outcome(case):
    try:
        return case()
    except TimeoutError:
        return "timed out"
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}


print(json.dumps({name: outcome(case) for name, case in cases.items()}))
