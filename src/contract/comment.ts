import type { FeatureValue, InputFeature, ModelEntry, OutputFormat } from "../registry/model.ts";

/** Further values of a list are only counted: comments are for people. */
const maxShown = 20;

/** A feature and its allowed values, in words. */
export function featureComment(feature: InputFeature): string[] {
  const { unit, min, max, values = [] } = feature;
  const facts = [
    unit === undefined ? "" : `Unit: ${unit}.`,
    limitWords(min, max),
    values.length === 0 ? "" : `One of ${listWords(values.map(valueWords))}.`,
    leftOutWords(feature),
  ];
  return [feature.description ?? "", facts.filter((fact) => fact !== "").join(" ")].filter((line) => line !== "");
}

/** What the value that matters means, in words. */
export function outputComment(format: OutputFormat | undefined): string[] {
  const { threshold, comparison = ">=", labels } = format ?? {};
  return [
    threshold === undefined ? "" : `Needs action if ${comparison} ${threshold}.`,
    labels === undefined
      ? ""
      : `${listWords(Object.entries(labels).map(([value, label]) => `${value} means ${label}`))}.`,
  ].filter((line) => line !== "");
}

/** A model in words: its type and its owner's description. */
export function modelComment({ name, type, description }: ModelEntry): string[] {
  const kinds = {
    anomaly: "It detects anomalies.",
    predictive: "It makes forecasts.",
    classification: "It classifies its input.",
  };
  return [`The model ${name}. ${type === undefined ? "" : kinds[type]}`.trimEnd(), description].filter((l) => l !== "");
}

function limitWords(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return `From ${min} to ${max}.`;
  if (min !== undefined) return `At least ${min}.`;
  return max === undefined ? "" : `At most ${max}.`;
}

function leftOutWords({ default: fallback, nullable }: InputFeature): string {
  if (fallback !== undefined) return `Default: ${valueWords(fallback)}.`;
  return nullable ? "Null if omitted." : "Required.";
}

function valueWords(value: FeatureValue): string {
  return JSON.stringify(value);
}

function listWords(items: readonly string[]): string {
  const more = items.length - maxShown;
  return `${items.slice(0, maxShown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
