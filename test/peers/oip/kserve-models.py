"""A real KServe model server whose models answer by v1, by v2 and by v2 over gRPC alike.

Usage: kserve-models.py --http_port=PORT --grpc_port=PORT --workers=1

    sums      rows of numbers, the sum of each row
    counts    rows of integers, the sum of each row as an integer
    signs     rows of numbers, whether the sum of each row is above zero
    labels    rows of numbers, "high" or "low"
    people    rows by name, `age` and `city`: the age and the length of the city's name together
    several   rows of numbers, a label and two probabilities for each
    refuses   says that the input is wrong
    fails     raises an exception
"""

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.errors import InvalidInput
from kserve.utils.utils import get_predict_input


class Described(Model):
    """Answers named outputs by v2, and by v1 what the rows side makes of them."""

    def __init__(self, name, answer):
        super().__init__(name)
        self.answer = answer
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        outputs = self.answer(get_predict_input(payload))
        if isinstance(payload, InferRequest):
            return InferResponse(
                response_id=payload.id,
                model_name=self.name,
                infer_outputs=[self.output(name, *of) for name, of in outputs.items()],
            )
        if len(outputs) == 1:
            (values, _) = next(iter(outputs.values()))
            return {"predictions": values.tolist()}
        rows = len(next(iter(outputs.values()))[0])
        return {"predictions": [{name: values.tolist()[row] for name, (values, _) in outputs.items()} for row in range(rows)]}

    @staticmethod
    def output(name, values, datatype):
        output = InferOutput(name=name, shape=list(values.shape), datatype=datatype)
        if datatype == "BYTES":
            values = np.array([text.encode() for text in values.flatten()], dtype=object).reshape(values.shape)
        output.set_data_from_numpy(values, binary_data=True)
        return output


def rows(given):
    return np.asarray(given, dtype=float)


def labels(given):
    return np.array(["high" if total > 5 else "low" for total in rows(given).sum(axis=1)], dtype=object)


def people(frame):
    total = [float(age) + len(city) for age, city in zip(frame["age"], frame["city"])]
    return {"total": (np.array(total), "FP64")}


def several(given):
    share = 1 / (1 + rows(given).sum(axis=1))
    return {"label": (labels(given), "BYTES"), "shares": (np.stack([share, 1 - share], axis=1), "FP64")}


def refuse(_):
    raise InvalidInput("the rows are too wide")


def fail(_):
    raise ValueError("no such city")


if __name__ == "__main__":
    ModelServer().start(
        [
            Described("sums", lambda given: {"sum": (rows(given).sum(axis=1), "FP64")}),
            Described("counts", lambda given: {"count": (np.asarray(given, dtype=np.int64).sum(axis=1), "INT64")}),
            Described("signs", lambda given: {"above": (rows(given).sum(axis=1) > 0, "BOOL")}),
            Described("labels", lambda given: {"label": (labels(given), "BYTES")}),
            Described("people", people),
            Described("several", several),
            Described("refuses", refuse),
            Described("fails", fail),
        ]
    )
