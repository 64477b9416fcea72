import type { Examples } from "./document.ts";

/**
 * Predictions to try on the models of `npm run demo`, under the same keys for the name, the request and the answer.
 */
const predictions = [
  {
    key: "anomaly",
    summary: "Is this row normal (1) or an anomaly (-1)?",
    name: "anomaly-detector",
    request: {
      instances: [
        [0.5, 1.2, 0.8],
        [9, 9, 9],
      ],
    },
    answer: { predictions: [1, -1] },
  },
  {
    key: "forecast",
    summary: "From the load of six hours, that of the next three",
    name: "predictive-analytics",
    request: { instances: [[52, 56, 59, 61, 62, 62]] },
    answer: { predictions: [[61.55, 59.85, 57.39]] },
  },
  {
    key: "diskByPosition",
    summary: "Will this disk fail? Features by position",
    name: "disk-failure-predictor",
    request: { instances: [[91.2, 5000, 365]] },
    answer: { predictions: [{ failure_probability: 0.91 }] },
  },
  {
    key: "diskByName",
    summary: "The same disk, features by name, in any order",
    name: "disk-failure-predictor",
    request: { instances: [{ disk_age_days: 365, disk_utilization: 91.2, iops: 5000 }] },
    answer: { predictions: [{ failure_probability: 0.91 }] },
  },
] as const;

function examplesOf(part: "name" | "request" | "answer"): Examples {
  return Object.fromEntries(
    predictions.map((example) => [example.key, { summary: example.summary, value: example[part] }]),
  );
}

/** The `{name}` of a prediction. */
export const predictNames: Examples = examplesOf("name");

/** What is asked, in the order of `predictNames`. */
export const predictRequests: Examples = examplesOf("request");

/** What the demo's models answer. */
export const predictAnswers: Examples = examplesOf("answer");

/** A model as it is shown, in full. */
export const modelExample = {
  name: "disk-failure-predictor",
  service: "disk-failure-predictor-predictor",
  namespace: "storage-monitoring",
  type: "classification",
  description: "Logistic regression: the probability that a disk fails",
  url: "http://disk-failure-predictor-predictor.storage-monitoring.svc.cluster.local",
  triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85, comparison: ">=" }],
  inputFeatures: ["disk_utilization", "iops", "disk_age_days"],
  outputFormat: { field: "failure_probability", threshold: 0.7, comparison: ">=" },
  remediationActions: [
    { type: "alert", severity: "warning" },
    { type: "scale-storage", target: "increase-capacity" },
  ],
  state: "ready",
  source: "environment",
  updateTime: "2026-01-07T09:30:00.000Z",
};

/** The same with what it has to do. */
export const modelDetailExample = {
  ...modelExample,
  entries: [
    {
      source: "environment",
      location: "KSERVE_MODEL_REGISTRY[1]",
      standing: "in-force",
      updateTime: "2026-01-07T09:30:00.000Z",
    },
  ],
  inFlight: 3,
  queued: 0,
  breaker: { state: "closed", consecutiveFailures: 0 },
};

const failingDisk = {
  prediction: { failure_probability: 0.91 },
  value: 0.91,
  threshold: 0.7,
  comparison: ">=",
  thresholdCrossed: true,
  remediationActions: modelExample.remediationActions,
};

/** What to judge, in the demo. */
export const evaluationRequest = { instances: [[91.2, 5000, 365]] };

/** What it means. */
export const evaluation = { modelName: "disk-failure-predictor", verdicts: [failingDisk] };

const fired = {
  modelName: "disk-failure-predictor",
  namespace: "storage-monitoring",
  triggers: [{ trigger: modelExample.triggers[0], sample: 91.2 }],
};

/** Samples that make a model of the demo fire: with all that it needs, and without. */
export const samples: Examples = {
  covered: {
    summary: "The samples cover the model's features",
    value: { disk_utilization: 91.2, iops: 5000, disk_age_days: 365 },
  },
  missing: { summary: "A feature of the model is missing", value: { disk_utilization: 91.2, iops: 5000 } },
  quiet: { summary: "Nothing fires", value: { disk_utilization: 40 } },
};

/** What comes of them, under the same keys. */
export const triggered: Examples = {
  covered: { summary: "A verdict", value: { models: [{ ...fired, verdict: failingDisk }] } },
  missing: { summary: "No verdict yet", value: { models: [{ ...fired, missingFeatures: ["disk_age_days"] }] } },
  quiet: { summary: "No models", value: { models: [] } },
};

/** The names of the demo's models. */
export const modelNames = ["anomaly-detector", "disk-failure-predictor", "predictive-analytics"];

/** One example, for places that have only one. */
export function example(summary: string, value: unknown): Examples {
  return { example: { summary, value } };
}
