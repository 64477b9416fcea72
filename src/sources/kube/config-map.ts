import { isRecord } from "../../registry/field-reader.ts";
import type { Source, SourceSnapshot } from "../../registry/ports.ts";
import type { ReadDocument } from "../models-document.ts";
import type { KubeObject, KubeResource } from "./kube-object.ts";
import { createWatchedSource, type KubeSourceOptions } from "./watched-source.ts";

/** The resource of the core group. */
export const configMaps: KubeResource = {
  group: "",
  version: "v1",
  plural: "configmaps",
  origin: "is this a Kubernetes API server?",
};

/** The key of the ConfigMap that holds the document. */
export const modelsKey = "models.yaml";

interface Document {
  /** What was read last; kept while what stands there now cannot be read. */
  readonly snapshot: SourceSnapshot | undefined;
  readonly problem: string | undefined;
}

const empty: SourceSnapshot = { entries: [], refused: [] };

/** Creates the source of one ConfigMap with a document of models. Where there is no such ConfigMap, it has no models. */
export function createConfigMapSource(
  options: KubeSourceOptions & {
    readonly namespace: string;
    readonly name: string;
    /** @param where the name of the document, for locations */
    readonly read: (text: string, where: string) => ReadDocument;
  },
): Source {
  const { namespace, name, read } = options;
  const where = `ConfigMap ${namespace}/${name} ${modelsKey}`;
  let document: Document | undefined;
  return createWatchedSource<Document>({
    ...options,
    kind: "config-map",
    resource: configMaps,
    namespaces: [namespace],
    // Rights can be given for this one ConfigMap: rules with a resource name allow just this query.
    query: { fieldSelector: `metadata.name=${name}` },
    convert: ({ data }: KubeObject, known) => {
      const text = isRecord(data) ? data[modelsKey] : undefined;
      const given =
        typeof text === "string" ? read(text, where) : { problem: `${where}: the ConfigMap has no key ${modelsKey}` };
      return "problem" in given
        ? { snapshot: known?.snapshot, problem: given.problem }
        : { snapshot: given.snapshot, problem: undefined };
    },
    collection: {
      change(now) {
        document = now;
      },
      snapshot: () => (document === undefined ? empty : document.snapshot),
      trouble: () => document?.problem,
    },
  });
}
