import type { JsonValue } from "@bufbuild/protobuf";
import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { looseValue } from "../model/cells.ts";

/** One sample of a metric, as it is typed. */
export interface Sample {
  readonly name: string;
  readonly text: string;
}

/** At most so many samples are suggested. */
const maxSuggested = 12;

/** The metrics that triggers look at, and the features that their models then need. */
export function suggestedSamples(models: readonly Model[]): readonly Sample[] {
  const names = new Set<string>();
  for (const { triggers, inputFeatures } of models) {
    if (triggers.length === 0) continue;
    for (const { metric, name } of triggers) names.add(metric || name);
    for (const { name } of inputFeatures) names.add(name);
  }
  const found = [...names].filter(Boolean).slice(0, maxSuggested);
  return (found.length > 0 ? found : [""]).map((name) => ({ name, text: "" }));
}

/** The samples that are given, by name. */
export function samplesOf(samples: readonly Sample[]): Record<string, JsonValue> {
  const given = samples.filter(({ name, text }) => name.trim() !== "" && text.trim() !== "");
  return Object.fromEntries(given.map(({ name, text }) => [name.trim(), looseValue(text.trim())]));
}
