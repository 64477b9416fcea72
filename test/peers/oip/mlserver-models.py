"""A real MLServer with models that are made as it starts.

Usage: mlserver-models.py HTTP_PORT GRPC_PORT METRICS_PORT

    line      scikit-learn's linear regression, rows of two numbers: the first and twice the second
    labels    scikit-learn's decision tree, rows of one number: 0 or 1
    people    a frame of `age` (number) and `city` (text): age and length of the city's name together
"""

import json
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
from mlserver.cli import main
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

PEOPLE = '''
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, PandasCodec
from mlserver.types import InferenceResponse


class People(MLModel):
    async def load(self):
        return True

    async def predict(self, payload):
        frame = PandasCodec.decode_request(payload)
        totals = (frame["age"] + frame["city"].str.len()).to_numpy()
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("total", totals)])
'''


def add(folder, name, settings):
    (folder / name).mkdir()
    (folder / name / "model-settings.json").write_text(json.dumps({"name": name, **settings}))
    return folder / name


def fill(folder):
    rows = np.random.default_rng(20).uniform(0, 1, size=(100, 2))
    sklearn = "mlserver_sklearn.SKLearnModel"
    line = add(folder, "line", {"implementation": sklearn, "parameters": {"uri": "./model.joblib"}})
    joblib.dump(LinearRegression().fit(rows, rows @ [1, 2]), line / "model.joblib")
    labels = add(folder, "labels", {"implementation": sklearn, "parameters": {"uri": "./model.joblib"}})
    joblib.dump(DecisionTreeClassifier().fit([[0], [10]], [0, 1]), labels / "model.joblib")
    people = add(folder, "people", {"implementation": "people.People"})
    (people / "people.py").write_text(PEOPLE)


http_port, grpc_port, metrics_port = (int(port) for port in sys.argv[1:4])
folder = Path(tempfile.mkdtemp(prefix="mlserver-models-"))
fill(folder)
settings = {
    "host": "127.0.0.1",
    "http_port": http_port,
    "grpc_port": grpc_port,
    "metrics_port": metrics_port,
    # With uvloop 0.23 a worker of its own dies at start, and takes the model with it.
    "parallel_workers": 0,
}
(folder / "settings.json").write_text(json.dumps(settings))
sys.argv = ["mlserver", "start", str(folder)]
main()
