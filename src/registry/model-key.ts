declare const keyed: unique symbol;

/**
 * Identifies a model in the registry by its registered name and its namespace: `anomaly-detector
 * self-healing-platform`. It stays the same when another model comes to hold the bare name, so everything kept about a
 * model is kept by it: readiness, breaker, slots, metrics. The registered name implies the cluster. Keys sort by name,
 * then by namespace: a space sorts before any character of a name.
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
  /** Empty or left out: the cluster in the name, else the one whose model has the bare name. */
  readonly cluster?: string | undefined;
}

/** A reference as people write it, for messages: `spoke-1/anomaly-detector in namespace team-b`. */
export function refText({ name, namespace = "", cluster = "" }: ModelRef): string {
  const full = cluster === "" || name.startsWith(`${cluster}/`) ? name : `${cluster}/${name}`;
  return namespace === "" ? full : `${full} in namespace ${namespace}`;
}

/** The metadata of an error about a model that does not exist. */
export function refMetadata({ name, namespace = "" }: ModelRef): Record<string, string> {
  return { model: name, ...(namespace === "" ? {} : { namespace }) };
}
