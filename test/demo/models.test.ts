import { expect, test } from "vitest";
import { trainModels } from "../../demo/models.ts";

const [anomaly, forecast, disk] = trainModels();

test("the anomaly detector knows the canonical row from a far one", () => {
  const rows = [
    [0.5, 1.2, 0.8],
    [9.5, 9.2, 8.8],
  ];
  expect(anomaly!.model.predict(rows)).toEqual([1, -1]);
});

test("the anomaly detector notices a single feature that is far off", () => {
  expect(anomaly!.model.predict([[0.5, 1.2, 3]])).toEqual([-1]);
});

test("the forecast sees the turn of the day coming", () => {
  const [next] = forecast!.model.predict([[52, 56, 59, 61, 62, 62]]) as number[][];
  expect(next).toHaveLength(3);
  expect(next![2]).toBeLessThan(62);
});

test("the disk failure predictor answers an object with the declared field", () => {
  const [high, low] = disk!.model.predict([
    [91.2, 5000, 365],
    [35, 800, 90],
  ]) as { failure_probability: number }[];
  expect(high!.failure_probability).toBeGreaterThan(0.7);
  expect(low!.failure_probability).toBeLessThan(0.2);
  expect(disk!.entry.outputFormat).toEqual({ field: "failure_probability", threshold: 0.7 });
});

test("training again gives the same models", () => {
  const predictions = (models: ReturnType<typeof trainModels>) =>
    models.map(({ model, example }) => model.predict(example));
  expect(predictions(trainModels())).toEqual(predictions([anomaly!, forecast!, disk!]));
});

test("every model is registered under a name of its own, in a namespace of its own", () => {
  const entries = [anomaly!, forecast!, disk!].map(({ entry }) => entry);
  expect(entries.map(({ name, namespace, type }) => [name, namespace, type])).toEqual([
    ["anomaly-detector", "self-healing-platform", "anomaly"],
    ["predictive-analytics", "forecasting", "predictive"],
    ["disk-failure-predictor", "storage-monitoring", "classification"],
  ]);
});
