import { DISK_FEATURES, trainDiskFailure } from "./disk-failure.ts";
import { fitForecast } from "./forecast.ts";
import { trainIsolationForest } from "./isolation-forest.ts";
import type { DemoModel } from "./kserve-v1.ts";
import { makeDiskHistory, makeLoadSeries, makeUsageRows } from "./made-data.ts";
import { numericRows } from "./numeric-rows.ts";

/** A model of the demo: what it is, how it is registered, and what to ask it. */
export interface TrainedModel {
  readonly model: DemoModel;
  /** The entry of `KSERVE_MODEL_REGISTRY`, without the `url`: that is known once the model server listens. */
  readonly entry: { readonly name: string } & Readonly<Record<string, unknown>>;
  /** Instances that show what the model does. */
  readonly example: number[][];
}

/**
 * Trains the three models of the demo, each on data made up for it. Takes well under a second. One is called by the Open
 * Inference Protocol, the others by KServe v1: callers see no difference.
 */
export function trainModels(): TrainedModel[] {
  return [anomalyDetector(), predictiveAnalytics(), diskFailurePredictor()];
}

function anomalyDetector(): TrainedModel {
  const forest = trainIsolationForest(makeUsageRows(2000, 0.02, 1), { contamination: 0.03, seed: 1 });
  const rules = { estimator: "IsolationForest", width: 3, allowMissing: true };
  return {
    model: { predict: (instances) => forest.predict(numericRows(instances, rules)) },
    entry: {
      name: "anomaly-detector",
      service: "anomaly-detector-predictor",
      namespace: "self-healing-platform",
      type: "anomaly",
      description: "Isolation forest over CPU (cores), memory (GiB) and latency (s): 1 is normal, -1 an anomaly",
      outputFormat: { labels: { "1": "normal", "-1": "anomaly" } },
    },
    example: [
      [0.5, 1.2, 0.8],
      [9, 9, 9],
    ],
  };
}

function predictiveAnalytics(): TrainedModel {
  const forecast = fitForecast(makeLoadSeries(24 * 28, 2));
  const rules = { estimator: "LinearRegression", width: forecast.windowSize, allowMissing: false };
  return {
    model: {
      predict: (instances) => forecast.predict(numericRows(instances, rules)).map((next) => next.map(hundredths)),
    },
    entry: {
      name: "predictive-analytics",
      service: "predictive-analytics-predictor",
      namespace: "forecasting",
      type: "predictive",
      protocol: "v2",
      description: "Autoregressive forecast of CPU use (percent): from the last 6 hours to the next 3",
    },
    example: [[52, 56, 59, 61, 62, 62]],
  };
}

function diskFailurePredictor(): TrainedModel {
  const classifier = trainDiskFailure(makeDiskHistory(2000, 3));
  const rules = { estimator: "LogisticRegression", width: DISK_FEATURES.length, allowMissing: false };
  return {
    model: {
      predict: (instances) =>
        classifier.predict(numericRows(instances, rules)).map((p) => ({ failure_probability: hundredths(p) })),
    },
    entry: {
      name: "disk-failure-predictor",
      service: "disk-failure-predictor-predictor",
      namespace: "storage-monitoring",
      type: "classification",
      description: "Logistic regression: the probability that a disk fails",
      inputFeatures: [
        { name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100 },
        { name: "iops", type: "number", min: 0, description: "Reads and writes per second" },
        { name: "disk_age_days", type: "number", unit: "days", min: 0 },
      ],
      triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
      outputFormat: { field: "failure_probability", threshold: 0.7 },
      remediationActions: [
        { type: "alert", severity: "warning" },
        { type: "scale-storage", target: "increase-capacity" },
      ],
    },
    example: [[91.2, 5000, 365]],
  };
}

/** Rounds to what these models can really tell. */
function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
