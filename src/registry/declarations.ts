import { canonicalDecimal } from "../base/decimal.ts";
import { entryLimits, type FieldReader, isRecord, kindOf, shown } from "../base/field-reader.ts";
import { exceeds } from "../base/plain-size.ts";
import {
  comparisons,
  type FeatureType,
  type FeatureValue,
  featureTypes,
  type InputFeature,
  type OutputFormat,
  predictionCounts,
  type RemediationAction,
  type Trigger,
} from "./model.ts";

/** Types of features that can have limits. */
const numeric: readonly (FeatureType | undefined)[] = ["number", "integer"];

/** The features that a model takes: bare names, or `{name, type, unit, min, max, ...}`. */
export function readInputFeatures(entry: FieldReader): readonly InputFeature[] {
  const features = entry.list("inputFeatures", readInputFeature);
  const seen = new Set<string>();
  for (const [i, { name }] of features.entries()) {
    if (seen.has(name)) entry.problem(`inputFeatures[${i}]`, `the name ${shown(name)} is used twice`);
    seen.add(name);
  }
  return features;
}

/** Where the value that matters is, and what it means. */
export function readOutputFormat(entry: FieldReader): OutputFormat | undefined {
  return entry.object("outputFormat", "{field, threshold, comparison, labels, shape, count}", (reader) => {
    reader.refuseUnknown(["field", "threshold", "comparison", "labels", "shape", "count"]);
    const threshold = reader.number("threshold");
    const comparison = reader.choice("comparison", comparisons);
    if (comparison !== undefined && threshold === undefined) reader.problem("comparison", "needs a threshold");
    const { shape, labels, field } = reader.value;
    if (Array.isArray(shape) && shape.length > 0 && !field && (threshold !== undefined || labels !== undefined)) {
      reader.problem("field", "missing; a list has no threshold or label, but one of its values can: field: 0");
    }
    return withoutUndefined({
      field: reader.text("field"),
      threshold,
      comparison: threshold === undefined ? undefined : (comparison ?? ">="),
      labels: readLabels(reader),
      shape: readShape(reader),
      count: reader.choice("count", predictionCounts),
    });
  });
}

/** What should make a caller ask the model: bare names, or `{type, metric, threshold, comparison}`. */
export function readTriggers(entry: FieldReader): readonly Trigger[] {
  return entry.list("triggers", (item, reader): Trigger | undefined => {
    if (isShortText(item)) return { name: item };
    if (!isRecord(item)) {
      reader.problem("", `expected a name or an object {type, metric, threshold}; found ${shown(item)}`);
      return undefined;
    }
    reader.refuseUnknown(["type", "metric", "threshold", "comparison"]);
    const threshold = reader.number("threshold");
    const comparison = reader.choice("comparison", comparisons);
    const trigger = withoutUndefined({
      type: reader.text("type", { required: true }),
      metric: reader.text("metric"),
      threshold,
      comparison: threshold === undefined ? comparison : (comparison ?? ">="),
    });
    if (item.type === "metric-threshold") {
      if (trigger.metric === undefined) reader.problem("metric", "missing; a metric-threshold needs one");
      if (item.threshold === undefined) reader.problem("threshold", "missing; a metric-threshold needs one");
    }
    return trigger;
  });
}

/** The owner's advice: `{type, severity?, target?, ...}`, kept with all its keys. */
export function readRemediationActions(entry: FieldReader): readonly RemediationAction[] {
  return entry.list("remediationActions", (item, reader): RemediationAction | undefined => {
    if (!isRecord(item)) {
      reader.problem("", `expected an object {type, severity, target, ...}; found ${shown(item)}`);
      return undefined;
    }
    const type = reader.text("type", { required: true });
    reader.text("severity");
    reader.text("target");
    const { actionDepth, actionValues } = entryLimits;
    // It may contain anything, and is sent to every caller.
    if (exceeds(item, actionDepth, actionValues)) {
      reader.problem("", `expected at most ${actionDepth} levels and ${actionValues} values in an action`);
    }
    return type === undefined ? undefined : { ...item, type };
  });
}

function readInputFeature(item: unknown, reader: FieldReader): InputFeature | undefined {
  if (isShortText(item)) return { name: item };
  if (!isRecord(item)) {
    reader.problem("", `expected a name or an object {name, type, ...}; found ${shown(item)}`);
    return undefined;
  }
  reader.refuseUnknown(["name", "type", "unit", "min", "max", "nullable", "default", "values", "description"]);
  const type = reader.choice("type", featureTypes);
  const min = reader.number("min");
  const max = reader.number("max");
  for (const limit of ["min", "max"] as const) {
    if (item[limit] !== undefined && !numeric.includes(type)) reader.problem(limit, "needs the type number or integer");
  }
  if (min !== undefined && max !== undefined && min > max) {
    reader.problem("min", `expected at most max, which is ${max}; found ${min}`);
  }
  const feature = withoutUndefined({
    name: reader.text("name", { required: true }),
    type,
    unit: reader.text("unit"),
    min,
    max,
    nullable: reader.boolean("nullable"),
    description: reader.text("description", { maxChars: entryLimits.descriptionChars }),
    values: item.values === undefined ? undefined : readValues(item, reader),
    // null is a valid default where the feature is nullable.
    default: item.default as FeatureValue | undefined,
  });
  if (feature.default !== undefined) {
    const problem = valueProblem(feature as InputFeature, feature.default);
    if (problem !== undefined) reader.problem("default", problem);
  }
  return feature.name === undefined ? undefined : (feature as InputFeature);
}

function readValues(item: Record<string, unknown>, reader: FieldReader): readonly FeatureValue[] {
  const { values, ...withoutValues } = item;
  if (Array.isArray(values) && values.length === 0) reader.problem("values", "is empty; leave it out to allow all");
  return reader.list("values", (value, valueReader) => {
    const problem = valueProblem(withoutValues as unknown as InputFeature, value);
    if (problem !== undefined) valueReader.problem("", problem);
    return value as FeatureValue;
  });
}

/** Why a value is not valid for a feature, in words; undefined when it is. */
export function valueProblem(feature: InputFeature, value: unknown): string | undefined {
  if (value === null) {
    return feature.nullable || feature.type === undefined ? undefined : "expected a value; null is not allowed";
  }
  switch (feature.type) {
    case "number":
    case "integer":
      if (!Number.isFinite(value) || (feature.type === "integer" && !Number.isInteger(value))) {
        return `expected ${feature.type === "integer" ? "a whole number" : "a number"}; found ${shown(value)}`;
      }
      if (feature.min !== undefined && (value as number) < feature.min)
        return `${value} is below ${limit(feature.min, feature)}`;
      if (feature.max !== undefined && (value as number) > feature.max)
        return `${value} is above ${limit(feature.max, feature)}`;
      break;
    case "boolean":
      if (typeof value !== "boolean") return `expected true or false; found ${shown(value)}`;
      break;
    case "string":
      if (typeof value !== "string") return `expected a string; found ${shown(value)}`;
      break;
    default:
      if (typeof value === "object") return `expected a number, string, true, false or null; found ${kindOf(value)}`;
  }
  if (feature.values !== undefined && !feature.values.includes(value as FeatureValue)) {
    return `expected one of ${feature.values.map(shown).join(", ").slice(0, 400)}; found ${shown(value)}`;
  }
  return undefined;
}

function limit(value: number, feature: InputFeature): string {
  return `the limit of ${value}${feature.unit === undefined ? "" : ` ${feature.unit}`}`;
}

function readLabels(reader: FieldReader): Record<string, string> | undefined {
  return reader.object("labels", "of values and their meaning, such as {-1: anomaly, 1: normal}", (labels) => {
    const read = new Map<string, string>();
    for (const value of Object.keys(labels.value)) {
      const label = labels.text(value, { required: true });
      if (label !== undefined) read.set(value, label);
    }
    refuseEqualKeys(labels);
    if (Object.keys(labels.value).length === 0) reader.problem("labels", "is empty; leave it out to allow all values");
    // Not by assignment, which would treat `__proto__` in a special way.
    return Object.fromEntries(read);
  });
}

/** Refuses two spellings of one number, such as `1` and `1.0`, which cannot have two meanings. */
function refuseEqualKeys(labels: FieldReader): void {
  const seen = new Map<string, string>();
  for (const key of Object.keys(labels.value)) {
    const canonical = canonicalDecimal(key);
    const same = canonical === undefined ? undefined : seen.get(canonical);
    if (same !== undefined) labels.problem(key, `is the same number as ${same}; give each number one label`);
    if (canonical !== undefined) seen.set(canonical, key);
  }
}

function readShape(reader: FieldReader): readonly number[] | undefined {
  if (reader.leavesOut("shape")) return undefined;
  const shape = reader.list("shape", (size, item) => {
    if (typeof size === "number" && Number.isInteger(size) && size >= 0) return size;
    item.problem("", `expected a whole number of 0 or more; found ${shown(size)}`);
    return undefined;
  });
  if (shape.length > 8) reader.problem("shape", `expected at most 8 dimensions, found ${shape.length}`);
  return shape;
}

function isShortText(item: unknown): item is string {
  return typeof item === "string" && item !== "" && item.length <= entryLimits.textChars;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // A loop, because this runs for every feature of every entry.
  const kept: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) kept[key] = value[key];
  return kept as never;
}
