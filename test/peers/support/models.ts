/** The models that the suites register: three as a user would, and some for what can go wrong. */
export function models(kserveUrl: string): object[] {
  return [
    {
      name: "anomaly-detector",
      service: "anomaly-detector-predictor",
      namespace: "self-healing-platform",
      type: "anomaly",
      description: "Isolation forest over CPU, memory and network load",
      url: kserveUrl,
      triggers: ["resource_spike"],
    },
    {
      name: "predictive-analytics",
      service: "predictive-analytics-predictor",
      namespace: "forecasting",
      type: "predictive",
      description: "The next load from the last three",
      url: kserveUrl,
    },
    {
      name: "disk-failure-predictor",
      service: "disk-failure-predictor-predictor",
      namespace: "storage-monitoring",
      type: "classification",
      description: "Predicts disk failures",
      url: kserveUrl,
      triggers: [{ type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
      inputFeatures: ["disk_utilization", "iops", "disk_age_days"],
      outputFormat: { field: "failure_probability", threshold: 0.7 },
      remediationActions: [{ type: "alert", severity: "warning" }],
    },
    forTests("echo", kserveUrl),
    forTests("nan", kserveUrl),
    forTests("not-ready", kserveUrl),
    { ...forTests("slow", kserveUrl), timeout: "1s" },
    { ...forTests("renamed", kserveUrl), model: "echo" },
    { ...forTests("slashed", kserveUrl), model: "team/echo" },
    { ...forTests("misnamed", kserveUrl), model: "no-such-model" },
    // Nothing listens on port 1.
    forTests("unreachable", "http://127.0.0.1:1"),
  ];
}

function forTests(name: string, url: string) {
  return { name, service: `${name}-predictor`, namespace: "peers", type: "predictive", url };
}
