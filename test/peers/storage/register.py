"""Registers a version as a pipeline does, with Kubeflow's client: register.py URL MODEL_URI DIGEST"""

import sys
import warnings

from model_registry import ModelRegistry

warnings.simplefilter("ignore")
host, port = sys.argv[1].rsplit(":", 1)
registry = ModelRegistry(host, int(port), author="ada", is_secure=False)
registry.register_model(
    "disk-failure-predictor",
    sys.argv[2],
    version="2.1.0",
    model_format_name="sklearn",
    model_format_version="1",
    metadata={"stage": "production"},
)
artifact = registry.get_model_artifact("disk-failure-predictor", "2.1.0")
artifact.custom_properties = {"digest": sys.argv[3]}
registry.update(artifact)
print("registered")
