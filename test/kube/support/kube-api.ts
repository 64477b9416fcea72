import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";

/** A Kubernetes object, as JSON. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What an API server answered. */
export interface KubeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty where the answer is not JSON. */
  readonly body: Record<string, unknown>;
}

/** How an API server is called. */
export interface KubeApiOptions {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** A small client of the Kubernetes API for tests. What it sends is what stands there. */
export interface KubeApi {
  /** Sends a request, whatever it answers. */
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<KubeAnswer>;
  /** Reads a list in a form of one's own, such as the table that kubectl prints. */
  sendAccepting(path: string, accept: string): Promise<Record<string, unknown>>;
  /** Creates or changes objects by server-side apply; YAML may hold several documents. Throws when one is refused. */
  apply(objects: string | KubeObject | readonly KubeObject[]): Promise<readonly KubeObject[]>;
  /** Sets the status of an object by its `/status` subresource. */
  applyStatus(object: KubeObject): Promise<KubeObject>;
  get(object: KubeObject): Promise<KubeObject>;
  /** Deletes an object; one that is gone already is fine. */
  delete(object: KubeObject): Promise<void>;
}

/** Creates a client of the API server at an address. */
export function createKubeApi({ server, ca, token }: KubeApiOptions): KubeApi {
  const sendWith = (
    more: Readonly<Record<string, string>>,
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<KubeAnswer> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...more,
        ...(body === undefined ? {} : { "content-type": contentType }),
      };
      const call = request(new URL(path, server), { method, ca, headers, agent: false }, (response) => {
        text(response).then(
          (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: jsonOf(answer) }),
          reject,
        );
      });
      call.on("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const send: KubeApi["send"] = (...request) => sendWith({}, ...request);
  const must = async (method: string, path: string, body?: unknown, contentType?: string): Promise<KubeObject> => {
    const { status, body: answer } = await send(method, path, body, contentType);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${String(answer.message)}`);
    return answer as unknown as KubeObject;
  };
  const applyPatch = (object: KubeObject, below: string): Promise<KubeObject> =>
    must("PATCH", `${pathOf(object)}${below}?fieldManager=tests&force=true`, object, "application/apply-patch+yaml");
  return {
    send,
    sendAccepting: async (path, accept) => (await sendWith({ accept }, "GET", path)).body,
    async apply(objects) {
      const applied: KubeObject[] = [];
      for (const object of objectsOf(objects)) applied.push(await applyPatch(object, ""));
      return applied;
    },
    applyStatus: (object) => applyPatch(object, "/status"),
    get: (object) => must("GET", pathOf(object)),
    async delete(object) {
      const { status, body } = await send("DELETE", pathOf(object));
      if (status >= 300 && status !== 404) throw new Error(`DELETE ${pathOf(object)}: ${String(body.message)}`);
    },
  };
}

const clusterScoped: ReadonlySet<string> = new Set([
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "Namespace",
]);

/** The path of the list that an object is in. */
export function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = clusterScoped.has(kind) ? "" : `/namespaces/${metadata.namespace ?? "default"}`;
  return `${group}${scope}/${kind.toLowerCase()}s`;
}

function pathOf(object: KubeObject): string {
  return `${collectionOf(object)}/${object.metadata.name}`;
}

function jsonOf(answer: string): Record<string, unknown> {
  try {
    return JSON.parse(answer) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function objectsOf(given: string | KubeObject | readonly KubeObject[]): readonly KubeObject[] {
  if (typeof given !== "string") return Array.isArray(given) ? given : [given as KubeObject];
  return parseAllDocuments(given).map((document) => document.toJS() as KubeObject);
}
