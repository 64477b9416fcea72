/** A Kubernetes object as the API server sends it: what all kinds share. */
export interface KubeObject {
  readonly metadata: KubeMetadata;
  readonly spec?: unknown;
  readonly status?: unknown;
  /** Of a ConfigMap. */
  readonly data?: unknown;
  /** Of a ConfigMap: what is not UTF-8. */
  readonly binaryData?: unknown;
}

/** The metadata of every Kubernetes object. */
export interface KubeMetadata {
  readonly name: string;
  readonly namespace: string;
  /** Distinguishes objects that have the same name one after the other. */
  readonly uid: string;
  /** Changes with every change; otherwise opaque. */
  readonly resourceVersion: string;
  /** Changes with every change of `spec`, for resources with a status subresource. */
  readonly generation?: number;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Set once it is being deleted, which waits for its finalizers; RFC 3339. */
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
}

/** A resource of the Kubernetes API. */
export interface KubeResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** `modelregistrations`. */
  readonly plural: string;
  /** Where its definition comes from, for the message that it is missing. */
  readonly origin: string;
}

/** The name that access rules and messages use: `modelregistrations.aiops.platform.io`. */
export function resourceName({ plural, group }: KubeResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** The path of all objects of a resource, in one namespace or in all. */
export function resourcePath(
  { group, version, plural }: Pick<KubeResource, "group" | "version" | "plural">,
  namespace: string | undefined,
): string {
  const api = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined ? `${api}/${plural}` : `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
