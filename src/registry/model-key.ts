declare const keyed: unique symbol;

/**
 * What identifies a model in the registry: the registered name and the namespace of a model,
 * `anomaly-detector self-healing-platform`. It stays the same when another model comes to hold the bare name, so all that is known
 * of a model goes by it: readiness, breaker, slots, series. The registered name stands for the cluster. Keys sort by name,
 * then by namespace: a space goes before all that a name may hold.
 */
export type ModelKey = string & { readonly [keyed]: true };

/** The key of a model. */
export function modelKey(registeredName: string, namespace: string): ModelKey {
  return `${registeredName} ${namespace}` as ModelKey;
}

/** A model as a caller names it. */
export interface ModelRef {
  /** `anomaly-detector`, or `spoke-1/anomaly-detector` for one of a further cluster. */
  readonly name: string;
  /** Empty or left out: whichever model holds the name. */
  readonly namespace?: string | undefined;
  /** Empty or left out: the cluster that the name says, else the one whose model has the bare name. */
  readonly cluster?: string | undefined;
}

/** A reference as people write it, for messages: `spoke-1/anomaly-detector in namespace team-b`. */
export function refText({ name, namespace = "", cluster = "" }: ModelRef): string {
  const full = cluster === "" || name.startsWith(`${cluster}/`) ? name : `${cluster}/${name}`;
  return namespace === "" ? full : `${full} in namespace ${namespace}`;
}

/** What an error about a model that is not there says it is about. */
export function refMetadata({ name, namespace = "" }: ModelRef): Record<string, string> {
  return { model: name, ...(namespace === "" ? {} : { namespace }) };
}
