"""A real KServe model server with models trained as it starts.

Usage: server.py --http_port=PORT --enable_grpc=false --workers=1

`import kserve` reads the command line itself, so this file adds no options of its own. The models:

    anomaly-detector        isolation forest, rows of 3 numbers, 1 (normal) or -1 (anomaly)
    predictive-analytics    linear regression, rows of 3 numbers, one number
    query-latency           linear regression, rows of 5 named columns in either form, one number
    disk-failure-predictor  random forest, rows of 3 numbers, {"failure_probability": p}
    echo                    whatever the instances are
    slow                    echo after 5 seconds, or after `seconds` of the request
    nan                     NaN for every instance
    not-ready               registered, never ready
"""

import asyncio

import numpy as np
import pandas
from kserve import Model, ModelServer
from kserve.utils.utils import get_predict_input
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression

random = np.random.default_rng(20)


class ReadyModel(Model):
    """A model that is ready as soon as it is made."""

    def __init__(self, name):
        super().__init__(name)
        self.ready = True


class AnomalyDetector(ReadyModel):
    """Knows CPU, memory and network load around one half; whatever lies far off is an anomaly."""

    def __init__(self, name):
        super().__init__(name)
        self.forest = IsolationForest(n_estimators=50, contamination=0.01, random_state=20)
        self.forest.fit(random.normal(0.5, 0.1, size=(500, 3)))

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": self.forest.predict(payload["instances"]).tolist()}


class PredictiveAnalytics(ReadyModel):
    """Forecasts the next load from the last three: a known straight line with some noise."""

    def __init__(self, name):
        super().__init__(name)
        loads = random.uniform(0, 1, size=(500, 3))
        following = loads @ [0.1, 0.3, 0.6] + random.normal(0, 0.001, size=500)
        self.line = LinearRegression().fit(loads, following)

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": self.line.predict(payload["instances"]).tolist()}


class QueryLatency(ReadyModel):
    """Takes rows as KServe's scikit-learn runtime does: by position, or by name with each value in a list."""

    columns = ["cpu", "memory", "connections", "rows_scanned", "cache_hits"]

    def __init__(self, name):
        super().__init__(name)
        queries = pandas.DataFrame(random.uniform(0, 1, size=(500, 5)), columns=self.columns)
        latency = queries @ [5.0, 0.1, 3.0, 0.5, -2.0] + random.normal(0, 0.01, size=500)
        self.line = LinearRegression().fit(queries.to_numpy(), latency)

    def predict(self, payload, headers=None, response_headers=None):
        rows = get_predict_input(payload)
        return {"predictions": self.line.predict(np.asarray(rows, dtype=float)).tolist()}


class DiskFailurePredictor(ReadyModel):
    """Rows of disk utilization in percent, operations per second and age in days: full old disks fail."""

    def __init__(self, name):
        super().__init__(name)
        disks = random.uniform([0, 0, 0], [100, 10_000, 2_000], size=(500, 3))
        failed = (disks[:, 0] > 80) & (disks[:, 2] > 300)
        self.forest = RandomForestClassifier(n_estimators=50, random_state=20).fit(disks, failed)

    def predict(self, payload, headers=None, response_headers=None):
        probabilities = self.forest.predict_proba(payload["instances"])[:, 1]
        return {"predictions": [{"failure_probability": float(p)} for p in probabilities]}


class Echo(ReadyModel):
    """Gives the instances back."""

    async def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": payload["instances"]}


class Slow(ReadyModel):
    """Gives the instances back late; asynchronous, so that the server stays responsive meanwhile."""

    async def predict(self, payload, headers=None, response_headers=None):
        await asyncio.sleep(payload.get("seconds", 5))
        return {"predictions": payload["instances"]}


class NotANumber(ReadyModel):
    """Answers NaN, as models do for rows they cannot make sense of."""

    async def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": [float("nan") for _ in payload["instances"]]}


class NotReady(ReadyModel):
    """A model that lost what it needs. One that was never ready would not be registered: KServe answers 404 for it."""

    async def healthy(self):
        return False


if __name__ == "__main__":
    ModelServer().start(
        [
            AnomalyDetector("anomaly-detector"),
            PredictiveAnalytics("predictive-analytics"),
            QueryLatency("query-latency"),
            DiskFailurePredictor("disk-failure-predictor"),
            Echo("echo"),
            Echo("team/echo"),
            Slow("slow"),
            NotANumber("nan"),
            NotReady("not-ready"),
        ]
    )
