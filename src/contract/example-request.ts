import type { FeatureValue, InputFeature, ModelEntry } from "../registry/model.ts";

/** A row of a model. */
export interface ExampleRow {
  readonly byName: Readonly<Record<string, FeatureValue>>;
  readonly byPosition: readonly FeatureValue[];
}

/** A row that a model's declarations allow. */
export function exampleRow({ inputFeatures }: ModelEntry): ExampleRow {
  const byPosition = inputFeatures.map(exampleValue);
  // Not by assignment: a feature may be named __proto__.
  return { byPosition, byName: Object.fromEntries(inputFeatures.map(({ name }, i) => [name, byPosition[i]!])) };
}

/** A KServe v1 request that works as it stands, as JSON text; empty when the model declares no features. */
export function exampleRequest(model: ModelEntry): string {
  return model.inputFeatures.length === 0 ? "" : JSON.stringify({ instances: [exampleRow(model).byName] });
}

function exampleValue(feature: InputFeature): FeatureValue {
  if (feature.default !== undefined) return feature.default;
  if (feature.values !== undefined) return feature.values[0]!;
  switch (feature.type) {
    case "boolean":
      return false;
    case "string":
      return "";
    default:
      return numberWithin(feature);
  }
}

/** Between two limits, their middle is a better example than 0 at the edge; with one limit, 0 or the limit. */
function numberWithin({ type, min, max }: InputFeature): number {
  const low = type === "integer" && min !== undefined ? Math.ceil(min) : min;
  const high = type === "integer" && max !== undefined ? Math.floor(max) : max;
  if (low === undefined || high === undefined) {
    if (low !== undefined && low > 0) return low;
    return high !== undefined && high < 0 ? high : 0;
  }
  // Halved first, as the sum of two large doubles overflows.
  const middle = low / 2 + high / 2;
  const short = type === "integer" ? Math.floor(middle) : Number(middle.toPrecision(4));
  return short >= low && short <= high ? short : low;
}
