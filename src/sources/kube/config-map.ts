import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../base/field-reader.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { Source, SourceSnapshot } from "../../registry/ports.ts";
import type { SourceUpdate } from "../../registry/source-update.ts";
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

/** The document in the ConfigMap, or why there is none. */
type Versioned = { readonly text: string } | { readonly problem: string };

/** Creates the source of one ConfigMap with a document of models. Where there is no such ConfigMap, it has no models. */
export function createConfigMapSource(
  options: KubeSourceOptions & {
    readonly namespace: string;
    readonly name: string;
    readonly read: DocumentReader;
    /** After how long a document is read again whose reading was given up. Default: 5 s. */
    readonly againMs?: number;
  },
): Source {
  const { namespace, name, trusts, againMs = 5000 } = options;
  const where = `ConfigMap ${namespace}/${name} ${modelsKey}`;
  /** The ConfigMap that is being read, or was read last; undefined where there is none. */
  let held: Versioned | undefined;
  let problem: string | undefined;
  let reading = Promise.resolve();
  let publish = (): void => {};
  let again: NodeJS.Timeout | undefined;

  const readHeld = async (now: Versioned, update: SourceUpdate): Promise<void> => {
    if (now !== held) return;
    const read: ReadDocument =
      "problem" in now ? { problem: `${where}: ${now.problem}` } : await options.read(now.text, where);
    // It may have been replaced or deleted meanwhile.
    if (now !== held) return;
    if ("snapshot" in read) update.replace(trusts(namespace) ? read.snapshot : ofTenant(read.snapshot, namespace));
    problem = "problem" in read ? read.problem : undefined;
    publish();
    if ("mayPass" in read) again = setTimeout(() => readInTurn(now, update), againMs).unref();
  };
  const readInTurn = (now: Versioned, update: SourceUpdate): void => {
    reading = reading.then(() => readHeld(now, update));
  };
  const source = createWatchedSource<Versioned>({
    ...options,
    kind: "config-map",
    resource: configMaps,
    namespaces: [namespace],
    // Access can be granted to this one ConfigMap: rules with a resource name allow exactly this query.
    query: { fieldSelector: `metadata.name=${name}` },
    convert: (object, known) => {
      const now = documentOf(object);
      return known !== undefined && isDeepStrictEqual(known, now) ? known : now;
    },
    reader: {
      start(_update, given) {
        publish = given;
      },
      change(now, _before, update) {
        // The first document is handed over once it has been read, and not as an empty list before.
        if (held === undefined) update.clear();
        held = now;
        if (now === undefined) {
          problem = undefined;
          update.replace({ entries: [], refused: [] });
        } else {
          readInTurn(now, update);
        }
      },
      trouble: () => problem,
    },
  });
  return {
    ...source,
    async stop() {
      held = undefined;
      clearTimeout(again);
      await source.stop();
    },
  };
}

function documentOf({ data, binaryData }: KubeObject): Versioned {
  const text = isRecord(data) ? data[modelsKey] : undefined;
  if (typeof text === "string") return { text };
  const isBinary = isRecord(binaryData) && binaryData[modelsKey] !== undefined;
  return {
    problem: isBinary
      ? `is in binaryData because it is not UTF-8; save the document as UTF-8, so that it is stored in data`
      : `the ConfigMap has no key ${modelsKey}`,
  };
}

function ofTenant({ entries, refused }: SourceSnapshot, tenant: string): SourceSnapshot {
  return {
    entries: entries.map((located) => ({ ...located, tenant })),
    refused: refused.map((one) => ({ ...one, tenant })),
  };
}
