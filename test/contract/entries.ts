import type { ModelEntry } from "../../src/registry/model.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";

/** Reads an entry that must be a good one. */
export function entryOf(value: Readonly<Record<string, unknown>>): ModelEntry {
  const { entry, problems } = parseModelEntry({ service: "any", type: "classification", ...value }, "contracts");
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return entry;
}

/** The disk failure predictor, with declarations of every type. */
export const diskFailure = {
  name: "disk-failure-predictor",
  description: "Predicts disk failures.\nTrained on what the storage nodes report.",
  inputFeatures: [
    { name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100, description: "How full it is." },
    { name: "iops", type: "integer", min: 0, default: 5000 },
    { name: "disk_age_days", type: "number", nullable: true },
    { name: "is_ssd", type: "boolean" },
    { name: "Vendor (short)", type: "string", values: ["acme", "initech"] },
  ],
  outputFormat: { field: "failure_probability", threshold: 0.7 },
} as const;

/** Names of features that someone may give, for all that can be odd about them. */
export const oddNames: readonly string[] = [
  "disk utilization",
  "disk.utilization",
  "disk_utilization",
  "diskUtilization",
  "DISK UTILIZATION",
  "x1",
  "x_1",
  "x 1",
  "x_1_2",
  "3d_ratio",
  "größe",
  "温度",
  "🌡",
  "%",
  "_",
  "__proto__",
  "constructor",
  "to_string",
  "class",
  "lambda",
  "message",
  "optional",
  "repeated",
  "double",
  "reserved",
  "option",
  "package",
  "google",
  "instance",
  "feature_1",
  "[x]",
  "x",
  '"quoted" \\ name',
  "line\nbreak",
  "tab\tstop",
  "nul\0character",
  "del\u007fete",
  "c1\u0085control",
  "line\u2028separator",
  "lone\ud800surrogate",
  "@type",
  "*/",
  "//",
];
