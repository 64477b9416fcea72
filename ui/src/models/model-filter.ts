import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { sourceWords, stateWords, typeWords } from "../words/enum-words.ts";

/** Which models are shown. It stands in the address bar; an empty text means all. */
export interface ModelFilter {
  /** Words that all have to occur in a model's name, namespace, description, service or triggers. */
  readonly q: string;
  readonly state: string;
  readonly type: string;
  readonly namespace: string;
  readonly source: string;
}

export const noFilter: ModelFilter = { q: "", state: "", type: "", namespace: "", source: "" };

/** Reads the filter of an address, whatever stands there. */
export function readFilter(search: Readonly<Record<string, unknown>>): ModelFilter {
  const text = (value: unknown): string =>
    typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) : "";
  return {
    q: text(search.q),
    state: text(search.state),
    type: text(search.type),
    namespace: text(search.namespace),
    source: text(search.source),
  };
}

/** What a model is filtered by. */
export const facets = {
  state: (model: Model) => stateWords(model.state),
  type: (model: Model) => typeWords(model.type),
  namespace: (model: Model) => model.namespace,
  source: (model: Model) => sourceWords(model.source),
} satisfies Readonly<Record<string, (model: Model) => string>>;
export type Facet = keyof typeof facets;

/** The models that a filter leaves. */
export function filterModels(models: readonly Model[], filter: ModelFilter): readonly Model[] {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = (Object.keys(facets) as Facet[]).filter((facet) => filter[facet] !== "");
  if (words.length === 0 && chosen.length === 0) return models;
  return models.filter(
    (model) =>
      chosen.every((facet) => facets[facet](model) === filter[facet]) &&
      (words.length === 0 || words.every((word) => textOf(model).includes(word))),
  );
}

const texts = new WeakMap<Model, string>();

function textOf(model: Model): string {
  let text = texts.get(model);
  if (text === undefined) {
    const triggers = model.triggers.map(({ name, metric }) => `${name} ${metric}`).join(" ");
    text = `${model.name} ${model.namespace} ${model.service} ${model.description} ${triggers}`.toLowerCase();
    texts.set(model, text);
  }
  return text;
}

/** The values of a facet among the models, in order, with how many have each. */
export function facetValues(
  models: readonly Model[],
  facet: Facet,
): readonly (readonly [value: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const model of models) {
    const value = facets[facet](model);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
