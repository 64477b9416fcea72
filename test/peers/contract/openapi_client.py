"""Gets a prediction through a client that openapi-python-client made from the contract of a model.

Usage: openapi_client.py URL FOLDER, where FOLDER holds the package `disk_client`.
"""

import sys

url, folder = sys.argv[1:]
sys.path.insert(0, folder)

from disk_client import Client  # noqa: E402
from disk_client.api.default import predict  # noqa: E402
from disk_client.models import Error, InstanceByName, PredictRequest, PredictResponse  # noqa: E402

client = Client(base_url=url)
instances = [
    InstanceByName(disk_utilization=95, iops=5000, disk_age_days=1000),
    InstanceByName(disk_utilization=5, disk_age_days=1),
    [5, 5000, 1],
]
answer = predict.sync(client=client, body=PredictRequest(instances=instances))
assert isinstance(answer, PredictResponse), answer
print([prediction.failure_probability for prediction in answer.predictions])

wrong = predict.sync(client=client, body=PredictRequest(instances=[[101, 5000, 1]]))
assert isinstance(wrong, Error), wrong
print(wrong.error)
