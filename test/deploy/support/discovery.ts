import type { KubeApi, KubeObject } from "../../kube/support/kube-api.ts";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The answer to one object that was sent to an API server. */
export interface Applied {
  readonly object: string;
  readonly status: number;
  /** Why it was refused; empty where it was not. */
  readonly message: string;
  /** What the API server warns of, such as a pod that is not restricted. */
  readonly warnings: string;
}

/** Applies objects on the server side, as `kubectl apply --server-side` does, with strict checks of their fields. */
export async function applyAll(
  api: KubeApi,
  objects: readonly KubeObject[],
  namespace: string,
  options: { readonly dryRun: boolean },
): Promise<Applied[]> {
  const results: Applied[] = [];
  for (const object of objects) {
    const path = await pathOf(api, object, namespace);
    const query = `fieldManager=tests&force=true&fieldValidation=Strict${options.dryRun ? "&dryRun=All" : ""}`;
    const answer = await api.send("PATCH", `${path}?${query}`, object, "application/apply-patch+yaml");
    const { status, headers, body } = answer;
    results.push({
      object: `${object.kind}/${object.metadata.name}`,
      status,
      message: status < 300 ? "" : String(body.message),
      warnings: String(headers.warning ?? ""),
    });
  }
  return results;
}

async function pathOf(api: KubeApi, { apiVersion, kind, metadata }: KubeObject, namespace: string): Promise<string> {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources = [] } = (await api.send("GET", group)).body as { resources?: ApiResource[] };
  const resource = resources.find((one) => one.kind === kind && !one.name.includes("/"));
  if (resource === undefined) throw new Error(`the API server knows no ${apiVersion} ${kind}`);
  const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : "";
  return `${group}${scope}/${resource.name}/${metadata.name}`;
}
