"""A real Triton with models in Python.

Usage: triton-models.py HTTP_PORT GRPC_PORT METRICS_PORT

    sums      `x` FP64 [-1, 2]: the sum of each row, `sum` FP64 [-1, 1]
    people    `age` INT64 and `city` BYTES, [-1, 1] each: `total` INT64 and `shout` BYTES
    kinds     `on` BOOL, `whole` FP16, `sign` FP32, [-1, 1] each: `off` BOOL, `half` FP16, and `odd` FP32, which is NaN where
              `sign` is 0, else an infinity with it
    fails     raises an exception
"""

import os
import sys
import sysconfig

# Its backend for Python loads the first libpython that it finds, which must be the one of this standard library.
library_path = sysconfig.get_config_var("LIBDIR")
if os.environ.get("LD_LIBRARY_PATH") != library_path:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "LD_LIBRARY_PATH": library_path})

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


@batch
def sums(x):
    return {"sum": x.sum(axis=1, keepdims=True)}


@batch
def people(age, city):
    names = [name.decode() for name in city[:, 0]]
    lengths = np.array([[len(name)] for name in names], dtype=np.int64)
    shouts = np.char.encode(np.array([[name.upper()] for name in names]), "utf-8")
    return {"total": age + lengths, "shout": shouts}


@batch
def kinds(on, whole, sign):
    odd = np.where(sign == 0, np.nan, np.inf * np.sign(sign)).astype(np.float32)
    return {"off": np.logical_not(on), "half": (whole / 2).astype(np.float16), "odd": odd}


@batch
def fails(x):
    raise ValueError("the model has no data")


def one(name, dtype, size=1):
    return Tensor(name=name, dtype=dtype, shape=(size,))


models = {
    sums: ([one("x", np.float64, 2)], [one("sum", np.float64)]),
    people: ([one("age", np.int64), one("city", bytes)], [one("total", np.int64), one("shout", bytes)]),
    kinds: (
        [one("on", np.bool_), one("whole", np.float16), one("sign", np.float32)],
        [one("off", np.bool_), one("half", np.float16), one("odd", np.float32)],
    ),
    fails: ([one("x", np.float32)], [one("y", np.float32)]),
}

http_port, grpc_port, metrics_port = (int(port) for port in sys.argv[1:4])
config = TritonConfig(
    http_address="127.0.0.1",
    http_port=http_port,
    grpc_address="127.0.0.1",
    grpc_port=grpc_port,
    metrics_port=metrics_port,
)
with Triton(config=config) as triton:
    for function, (inputs, outputs) in models.items():
        triton.bind(
            model_name=function.__name__,
            infer_func=function,
            inputs=inputs,
            outputs=outputs,
            config=ModelConfig(max_batch_size=64, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
    triton.serve()
