import { isRecord } from "../../base/field-reader.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { Source, SourceSnapshot } from "../../registry/ports.ts";
import type { DocumentReader } from "../document-reader.ts";
import type { ReadDocument } from "../models-document.ts";
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

interface Versioned {
  /** Undefined where the ConfigMap has no such key. */
  readonly text: string | undefined;
}

const empty: SourceSnapshot = { entries: [], refused: [] };

/** Creates the source of one ConfigMap with a document of models. Where there is no such ConfigMap, it has no models. */
export function createConfigMapSource(
  options: KubeSourceOptions & {
    readonly namespace: string;
    readonly name: string;
    readonly read: DocumentReader;
  },
): Source {
  const { namespace, name } = options;
  const where = `ConfigMap ${namespace}/${name} ${modelsKey}`;
  /** The ConfigMap that is being read, or was read last; undefined where there is none. */
  let held: Versioned | undefined;
  /** What was read last of it; kept while what stands there now cannot be read. */
  let snapshot: SourceSnapshot | undefined = empty;
  let problem: string | undefined;
  let reading = Promise.resolve();
  let changed = (): void => {};

  const readHeld = async (now: Versioned): Promise<void> => {
    if (now !== held) return;
    const { text } = now;
    const read: ReadDocument =
      text === undefined
        ? { problem: `${where}: the ConfigMap has no key ${modelsKey}` }
        : await options.read(text, where);
    // Meanwhile it may be another one, or gone.
    if (now !== held) return;
    if ("snapshot" in read) snapshot = read.snapshot;
    problem = "problem" in read ? read.problem : undefined;
    changed();
  };
  return createWatchedSource<Versioned>({
    ...options,
    kind: "config-map",
    resource: configMaps,
    namespaces: [namespace],
    // Rights can be given for this one ConfigMap: rules with a resource name allow just this query.
    query: { fieldSelector: `metadata.name=${name}` },
    convert: ({ data }: KubeObject, known) => {
      const text = isRecord(data) ? data[modelsKey] : undefined;
      const now: Versioned = { text: typeof text === "string" ? text : undefined };
      return known !== undefined && known.text === now.text ? known : now;
    },
    collection: {
      start(onChange) {
        changed = onChange;
      },
      change(now) {
        if (held === undefined) snapshot = undefined;
        held = now;
        if (now === undefined) [snapshot, problem] = [empty, undefined];
        else reading = reading.then(() => readHeld(now));
      },
      snapshot: () => snapshot,
      trouble: () => problem,
    },
  });
}
