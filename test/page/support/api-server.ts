import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** An InferenceService that was applied, and as whom. */
export interface AppliedObject {
  readonly path: string;
  readonly dryRun: boolean;
  readonly authorization: string | undefined;
}

/**
 * As much of an API server as a review of a token and an apply need: it knows one token, whose owner may do all but touch the
 * namespace `forbidden`. The real one is tried in test/kube.
 *
 * @param username of the owner of the token
 * @returns the path of a kubeconfig for it, what was applied, and what SubjectAccessReviews asked
 */
export async function startApiServer(
  token: string,
  username = "ada",
): Promise<{ kubeconfig: string; applied: AppliedObject[]; reviewed: unknown[] }> {
  const applied: AppliedObject[] = [];
  const reviewed: unknown[] = [];
  const answer = async (request: IncomingMessage): Promise<readonly [status: number, body: object]> => {
    const { pathname, searchParams } = new URL(request.url!, "http://api");
    const body = await text(request);
    if (pathname.endsWith("/tokenreviews")) {
      const asked = (JSON.parse(body) as { spec: { token: string } }).spec.token;
      const status = asked === token ? { authenticated: true, user: { username } } : { authenticated: false };
      return [201, { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }];
    }
    if (pathname.endsWith("/subjectaccessreviews")) {
      reviewed.push((JSON.parse(body) as { spec: unknown }).spec);
      return [201, { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", status: { allowed: true } }];
    }
    if (request.method !== "PATCH") return [404, { kind: "Status", message: "there is nothing here" }];
    if (pathname.includes("/forbidden/")) {
      return [403, { kind: "Status", message: 'User "ada" cannot patch resource "inferenceservices"' }];
    }
    applied.push({
      path: pathname,
      dryRun: searchParams.get("dryRun") === "All",
      authorization: request.headers.authorization,
    });
    return [201, { apiVersion: "serving.kserve.io/v1beta1", kind: "InferenceService", metadata: {} }];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "page-kube-"));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const kubeconfig = join(folder, "config");
  const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster }],
      users: [{ name: "registry", user: {} }],
      contexts: [{ name: "test", context: { cluster: "test", user: "registry" } }],
      "current-context": "test",
    }),
  );
  return { kubeconfig, applied, reviewed };
}
