import type { DescEnum } from "@bufbuild/protobuf";
import {
  ComparisonSchema,
  FeatureTypeSchema,
  ModelSourceSchema,
  ModelStateSchema,
  ModelTypeSchema,
  VersionLinkStateSchema,
} from "../../../gen/kserve/registry/v1/model_pb.ts";
import { AddressRuleSchema, BreakerStateSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";

/** The words of a value of an enum: `MODEL_STATE_NOT_READY` is `not ready`. Values of a newer server are numbers. */
export function wordsOf({ values, sharedPrefix = "" }: DescEnum): (value: number) => string {
  const words = new Map(
    values.map(({ number, name }) => [number, name.slice(sharedPrefix.length).toLowerCase().replaceAll("_", " ")]),
  );
  return (value) => words.get(value) ?? String(value);
}

export const typeWords = wordsOf(ModelTypeSchema);
export const stateWords = wordsOf(ModelStateSchema);
export const featureTypeWords = wordsOf(FeatureTypeSchema);
export const linkWords = wordsOf(VersionLinkStateSchema);
export const breakerWords = wordsOf(BreakerStateSchema);

const sources: Readonly<Record<string, string>> = {
  "model registration": "ModelRegistration",
  "config map": "ConfigMap",
  file: "models file",
  environment: "environment",
  "legacy environment": "environment (deprecated)",
  discovery: "InferenceService",
};
const plainSource = wordsOf(ModelSourceSchema);

/** Where an entry comes from, as people of Kubernetes call it. */
export function sourceWords(value: number): string {
  return sources[plainSource(value)] ?? plainSource(value);
}

const rules: Readonly<Record<string, string>> = {
  "entry url": "set in the entry",
  "inference service": "from the InferenceService",
  "url format": "from KSERVE_URL_FORMAT",
};
const plainRule = wordsOf(AddressRuleSchema);

/** What an address was made from. */
export function addressRuleWords(value: number): string {
  return rules[plainRule(value)] ?? plainRule(value);
}

const signs: Readonly<Record<string, string>> = {
  "greater or equal": "≥",
  greater: ">",
  "less or equal": "≤",
  less: "<",
  equal: "=",
  "not equal": "≠",
};
const plainComparison = wordsOf(ComparisonSchema);

/** The sign of a comparison: `≥`. */
export function comparisonSign(value: number): string {
  return signs[plainComparison(value)] ?? plainComparison(value);
}
