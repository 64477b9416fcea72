"""A whole session of the Python client `model-registry` with a registry: python session.py URL COUNT"""

import sys
import warnings

from model_registry import ModelRegistry
from model_registry.exceptions import StoreError
from model_registry.types import DataSet, DocArtifact, ListOptions, ModelArtifact, Parameter, ParameterType
from mr_openapi import Artifact as MrArtifact
from mr_openapi import Metric as MetricModel
from mr_openapi import RegisteredModelCreate

warnings.simplefilter("ignore")
address, count = sys.argv[1], int(sys.argv[2])
host, port = address.rsplit(":", 1)
registry = ModelRegistry(host, int(port), author="ada", is_secure=False)
api, run = registry._api, registry.async_runner


def register(name, version, **more):
    return registry.register_model(
        name,
        f"s3://models/{name}/{version}",
        model_format_name="sklearn",
        model_format_version="1.5",
        version=version,
        **more,
    )


# Registering, and reading it back.
metadata = {"accuracy": 0.97, "builds": 12, "stage": "production", "approved": True}
model = register("my_model", "1.0", version_description="first", owner="team", metadata=metadata)
assert model.id and model.name == "my_model" and model.owner == "team" and model.state.value == "LIVE", model
version = registry.get_model_version("my_model", "1.0")
assert version.author == "ada" and version.description == "first", version
assert version.custom_properties == metadata, version.custom_properties
artifact = registry.get_model_artifact("my_model", "1.0")
assert artifact.uri == "s3://models/my_model/1.0" and artifact.model_format_name == "sklearn", artifact
assert artifact.name == "my_model", artifact

# Names are equal to the letter.
register("my-model", "1.0")
register("my%model", "1.0")
register("o'brien \"x\" \N{GRINNING FACE}", "1.0")
assert registry.get_registered_model("my_model").id == model.id
assert registry.get_registered_model("my%") is None
assert registry.get_registered_model("o'brien \"x\" \N{GRINNING FACE}").name.startswith("o'brien")

# A second version; the same one twice is refused.
register("my_model", "2.0")
try:
    register("my_model", "2.0")
except StoreError:
    pass
else:
    raise AssertionError("a version was registered twice")
versions = registry.get_model_versions("my_model").order_by_id()
assert [one.name for one in versions] == ["1.0", "2.0"]

# Updates leave what they do not name.
model.description = "what it does"
model = registry.update(model)
assert model.description == "what it does" and model.owner == "team", model
version.state = version.state.__class__("ARCHIVED")
version = registry.update(version)
assert version.state.value == "ARCHIVED"
version.description = "still archived"
version = registry.update(version)
assert version.state.value == "ARCHIVED" and version.custom_properties == metadata, version
artifact.uri = "s3://models/my_model/moved"
artifact = registry.update(artifact)
assert registry.get_model_artifact("my_model", "1.0").uri == "s3://models/my_model/moved"

# By id, by external id, and what is not there.
assert run(api.get_registered_model_by_id(model.id)).name == "my_model"
assert run(api.get_model_version_by_id(version.id)).name == "1.0"
assert run(api.get_model_artifact_by_id(artifact.id)).uri == "s3://models/my_model/moved"
assert run(api.get_registered_model_by_id("999999")) is None
assert registry.get_registered_model("nothing") is None
model.external_id = "ext-1"
registry.update(model)
assert run(api.get_registered_model_by_params(external_id="ext-1")).id == model.id

# Artifacts of a version, and those that stand alone.
doc = run(api.upsert_model_version_artifact(DocArtifact(name="readme", uri="https://example.com/readme"), version.id))
assert doc.id and doc.uri == "https://example.com/readme", doc
doc.description = "read it"
doc = run(api.upsert_model_version_artifact(doc, version.id))
assert doc.description == "read it", doc
names = {one.name for one in run(api.get_model_version_artifacts(version.id))}
assert names == {"my_model", "readme"}, names
data = DataSet(name="disks", uri="s3://data/disks", digest="d1", source_type="s3", source="s3://data", schema="{}", profile="p")
depth = Parameter(name="depth", value=5.0, parameter_type=ParameterType.NUMBER)
for given in (data, depth):
    made = run(api.upsert_model_version_artifact(given, version.id))
    assert made.id and made.name == given.name, made
    for field in ("uri", "digest", "source_type", "source", "schema", "profile", "value", "parameter_type"):
        assert getattr(made, field, None) == getattr(given, field, None), (field, made)


async def upsert_metric(value, step):
    """By the generated client: the wrapper of 0.3.18 has a number for a step that its own model wants as text."""
    is_text = "Annotated[str" in str(MetricModel.model_fields["step"].annotation)
    body = MetricModel(
        artifactType="metric", name="accuracy", value=value, step=str(step) if is_text else step, timestamp="1700000000000"
    )
    async with api.get_client() as client:
        answer = await client.upsert_model_version_artifact(version.id, MrArtifact(body))
    return answer.actual_instance


first = run(upsert_metric(0.9, 3))
again = run(upsert_metric(0.97, 4))
# A metric of a name that is there is changed in place.
assert again.id == first.id and again.value == 0.97 and int(again.step) == 4, again
listed = run(api.get_artifacts(artifact_type="dataset-artifact"))
assert [one.name for one in listed] == ["disks"], listed
listed = run(api.get_artifacts(artifact_type="parameter"))
assert [(one.name, one.value, one.parameter_type.value) for one in listed] == [("depth", 5.0, "number")], listed
alone = run(api.create_model_artifact(ModelArtifact(name="alone", uri="s3://x"))) if hasattr(api, "create_model_artifact") else None
assert len(run(api.get_model_artifacts())) >= 5

# A model that is archived stays archived, and can be restored.
model.state = model.state.__class__("ARCHIVED")
model = registry.update(model)
model.description = "still archived"
assert registry.update(model).state.value == "ARCHIVED"
assert registry.get_registered_model("my_model").state.value == "ARCHIVED"
model.state = model.state.__class__("LIVE")
model = registry.update(model)
assert model.state.value == "LIVE", model

# Pages and order.
async def create_many():
    """Over one connection: the client makes a new one, with all of its certificates, for every call."""
    async with api.get_client() as client:
        for i in range(count):
            await client.create_registered_model(RegisteredModelCreate(name=f"many-{i:04}"))


run(create_many())
seen = [one.name for one in registry.get_registered_models().page_size(100).order_by_creation_time().descending()]
assert len(seen) == len(set(seen)) == count + 4, len(seen)
assert seen[:2] == [f"many-{count - 1:04}", f"many-{count - 2:04}"], seen[:2]
updated = registry.get_registered_models().order_by_update_time().descending()
assert next(iter(updated)).name == "many-%04d" % (count - 1)
page = run(api.get_registered_models(ListOptions(limit=2)))
assert len(page) == 2

# Filters.
if hasattr(registry.get_registered_models(), "filter"):
    found = [one.name for one in registry.get_registered_models().filter('name LIKE "many-000%" AND state = "LIVE"')]
    assert len(found) == min(count, 10), found
    try:
        list(registry.get_registered_models().filter("name ="))
    except Exception as error:
        assert "invalid filter query syntax" in str(error), error
    else:
        raise AssertionError("a filter without a value was taken")

print("ok")
