import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";

/** What names a model in the address bar and in calls: its name, and its namespace where the name alone means another. */
export interface ModelRef {
  readonly name: string;
  readonly namespace?: string;
}

type Named = Pick<Model, "name" | "namespace" | "holdsName">;

export function refOf({ name, namespace, holdsName }: Named): ModelRef {
  return holdsName ? { name } : { name, namespace };
}

/** Tells models apart, whatever they are called. */
export function modelId({ name, namespace }: Pick<Model, "name" | "namespace">): string {
  return `${name} ${namespace}`;
}

/** The model that a reference stands for. */
export function findModel<M extends Named>(models: readonly M[], { name, namespace }: ModelRef): M | undefined {
  return models.find(
    (model) => model.name === name && (namespace === undefined ? model.holdsName : model.namespace === namespace),
  );
}

/** Below which path of the REST API a model is. */
export function restPathOf({ name, namespace }: ModelRef): string {
  const place = namespace === undefined ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
  return `api/v1/${place}models/${encodeURIComponent(name)}`;
}
