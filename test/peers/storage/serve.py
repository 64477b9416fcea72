"""A real KServe model server with the model in the folder MODEL_DIR: serve.py --http_port=PORT --enable_grpc=false"""

import os
import pathlib

import joblib
from kserve import Model, ModelServer


class Disk(Model):
    """Loads what the storage initializer has brought."""

    def load(self):
        self.forest = joblib.load(pathlib.Path(os.environ["MODEL_DIR"]) / "model.joblib")
        self.ready = True
        return True

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": [int(label) for label in self.forest.predict(payload["instances"])]}


if __name__ == "__main__":
    model = Disk("disk-failure-predictor")
    model.load()
    ModelServer().start([model])
