"""A session of the SDK of Kubeflow with a registry: python sdk.py URL COUNT"""

import sys
import warnings

from kubeflow.hub import ModelRegistryClient

warnings.simplefilter("ignore")
host, port = sys.argv[1].rsplit(":", 1)
client = ModelRegistryClient(host, port=int(port), author="ada", is_secure=False)

for version in ("1.0", "2.0"):
    client.register_model(
        name="fraud",
        uri=f"s3://models/fraud/{version}",
        version=version,
        model_format_name="sklearn",
        model_format_version="1.5",
        version_description=f"version {version}",
    )
model = client.get_model("fraud")
assert model.name == "fraud" and model.owner == "ada", model
model.description = "finds fraud"
assert client.update_model(model).description == "finds fraud"
version = client.get_model_version("fraud", "2.0")
assert version.description == "version 2.0" and version.author == "ada", version
artifact = client.get_model_artifact("fraud", "2.0")
assert artifact.uri == "s3://models/fraud/2.0", artifact
artifact.uri = "s3://models/fraud/moved"
assert client.update_model_artifact(artifact).uri == "s3://models/fraud/moved"
assert [one.name for one in client.list_models()] == ["fraud"]
assert sorted(one.name for one in client.list_model_versions("fraud")) == ["1.0", "2.0"]
print("ok")
