import { isRecord } from "../../base/field-reader.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeResource } from "../../kube/kube-object.ts";
import type { ObjectName } from "../../kube/object-name.ts";
import { listsIn, type WatchedListTiming } from "../../kube/watched-list.ts";
import { serviceOfHost } from "../../registry/trust.ts";

/** The resource of the core group. */
const services: KubeResource = {
  group: "",
  version: "v1",
  plural: "services",
  origin: "is this a Kubernetes API server?",
};

/** Knows the Services that are aliases for other hosts (`type: ExternalName`). */
export interface ExternalNames {
  start(): void;
  stop(): Promise<void>;
  /** Whether all Services have been read once, or the reason is known why they cannot be. */
  readonly settled: boolean;
  /**
   * The target of a host that names such a Service, if that is outside of its namespace and not an allowed gateway;
   * undefined for every other host, and while Services cannot be read.
   */
  leadsOut(host: string): string | undefined;
}

export interface ExternalNamesOptions {
  readonly client: KubeClient;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** The Services that any namespace may lead to, as Knative does for its routes. */
  readonly gateways: readonly ObjectName[];
  /** The cluster domain, after `.svc.` in the names of Services. */
  readonly clusterDomain: string;
  /** Called with the reason why Services cannot be read, and with undefined once they can. */
  readonly onTrouble: (trouble: string | undefined) => void;
  readonly timing?: WatchedListTiming;
}

/** Services may lead to each other in a chain, or in a circle. */
const maxSteps = 8;

interface ExternalName {
  readonly key: string;
  readonly target: string;
}

/** Watches Services of type ExternalName, by which the owner of a namespace can give any address a name in it. */
export function createExternalNames(options: ExternalNamesOptions): ExternalNames {
  const { client, clusterDomain, onTrouble, timing } = options;
  const targets = new Map<string, string>();
  const gateways = new Set(options.gateways.map(({ namespace, name }) => `${namespace}/${name}`));
  const lists = listsIn<ExternalName>(options.namespaces, {
    client,
    resource: services,
    query: { fieldSelector: "spec.type=ExternalName" },
    convert: ({ metadata, spec }) => ({
      key: `${metadata.namespace}/${metadata.name}`,
      target: isRecord(spec) && typeof spec.externalName === "string" ? spec.externalName : "",
    }),
    onItem(now, before) {
      if (now === undefined) targets.delete(before!.key);
      else targets.set(now.key, now.target);
    },
    onTrouble,
    ...(timing === undefined ? {} : { timing }),
  });
  return {
    start() {
      for (const list of lists) list.start();
    },
    async stop() {
      await Promise.all(lists.map((list) => list.stop()));
    },
    get settled() {
      return lists.every((list) => list.complete || list.trouble !== undefined);
    },
    leadsOut(host) {
      const first = serviceOfHost(host, clusterDomain);
      let at = first;
      for (let step = 0; at !== undefined && step < maxSteps; step++) {
        const target = targets.get(`${at.namespace}/${at.name}`);
        if (target === undefined) return undefined;
        at = serviceOfHost(target, clusterDomain);
        if (at === undefined) return target;
        if (gateways.has(`${at.namespace}/${at.name}`)) return undefined;
        if (at.namespace !== first?.namespace) return target;
      }
      return undefined;
    },
  };
}
