import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ScaleApiServer, specOf } from "./api-server.ts";

/** What a real API server adds to every object: as many bytes again as the object has itself. */
const managedFields = [
  {
    manager: "kubectl-client-side-apply",
    operation: "Update",
    apiVersion: "aiops.platform.io/v1alpha1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:spec": {
        ".": {},
        "f:description": {},
        "f:featureDeclarations": {},
        "f:inputFeatures": {},
        "f:modelType": {},
        "f:outputFormat": { ".": {}, "f:threshold": {} },
        "f:remediationActions": {},
        "f:triggers": {},
        "f:url": {},
      },
    },
  },
];

/**
 * Starts a stand-in for an API server, which costs next to nothing: so the service is measured at a rate that a real one
 * and the service together do not reach on a small machine. It knows lists, pages and watches of this one resource.
 */
export async function startStandIn(names: readonly string[], url: string): Promise<ScaleApiServer> {
  let version = 1;
  const objects = new Map<string, object>();
  const watches = new Set<ServerResponse>();
  const put = (name: string, description: string): object => {
    const resourceVersion = String(++version);
    const metadata = {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion,
      generation: version,
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields,
    };
    const object = {
      apiVersion: "aiops.platform.io/v1alpha1",
      kind: "ModelRegistration",
      metadata,
      spec: specOf(url, description),
    };
    objects.set(name, object);
    return object;
  };
  for (const name of names) put(name, "Predicts disk failures a day ahead");

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    response.setHeader("content-type", "application/json");
    if (!pathname.endsWith("/modelregistrations")) {
      response.writeHead(404).end('{"kind":"Status","code":404,"message":"not found"}');
    } else if (searchParams.has("watch")) {
      response.flushHeaders();
      watches.add(response);
      response.once("close", () => watches.delete(response));
    } else {
      const from = Number(searchParams.get("continue") ?? 0);
      const to = from + Number(searchParams.get("limit") ?? names.length);
      const metadata = { resourceVersion: String(version), ...(to < names.length ? { continue: String(to) } : {}) };
      const items = names.slice(from, to).map((name) => objects.get(name));
      response.end(JSON.stringify({ kind: "ModelRegistrationList", metadata, items }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dir = mkdtempSync(join(tmpdir(), "kserve-model-registry-scale-"));
  const kubeconfig = join(dir, "kubeconfig");
  const cluster = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    "insecure-skip-tls-verify": true,
  };
  const config = {
    clusters: [{ name: "stand-in", cluster }],
    users: [{ name: "stand-in", user: {} }],
    contexts: [{ name: "stand-in", context: { cluster: "stand-in", user: "stand-in" } }],
    "current-context": "stand-in",
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return {
    kubeconfig,
    async describe(name, description) {
      const line = `${JSON.stringify({ type: "MODIFIED", object: put(name, description) })}\n`;
      for (const watch of watches) watch.write(line);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
