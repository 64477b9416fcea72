import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { createKubeReviewer } from "../../../src/kube/kube-reviewer.ts";
import { type ApiAnswer, type FakeApiServer, failure, json, stalls, startFakeApiServer } from "./fake-api-server.ts";

const path = "/apis/authentication.k8s.io/v1/tokenreviews";
const review = { kind: "TokenReview", spec: { token: "t" } };

function reviewerOf(server: FakeApiServer, timeoutMs?: number) {
  const reviewer = createKubeReviewer(server.access, timeoutMs);
  onTestFinished(() => reviewer.close());
  return reviewer;
}

describe("a reviewer", () => {
  it("returns what the API server has filled in, over one connection", async () => {
    const server = await startFakeApiServer();
    server.onList(json(201, { status: { authenticated: true } }));
    const reviewer = reviewerOf(server);
    expect(await reviewer.review(path, review)).toEqual({ status: { authenticated: true } });
    await reviewer.review(path, review);
    expect(server.requests.map(({ path, authorization }) => [path, authorization])).toEqual(
      Array(2).fill([path, "Bearer secret"]),
    );
    expect(new Set(server.requests.map(({ clientPort }) => clientPort)).size).toBe(1);
  });

  it.each<[string, ApiAnswer, object]>([
    ["fails", failure(500, "etcd is away"), { status: 500, message: /HTTP 500: etcd is away$/ }],
    ["may not be asked", failure(403, "no"), { status: 403, message: /system:auth-delegator$/ }],
    ["asks to wait", json(429, "slow down"), { status: 429 }],
    ["answers with no JSON", json(201, "<html>"), { status: undefined }],
    ["answers with no object", json(201, "7"), { message: /no object/ }],
    ["closes the connection", (response) => response.destroy(), { message: /cannot be reached/ }],
    ["does not answer in time", () => {}, { message: /does not answer within 0.2s/ }],
    ["stops within its answer", stalls(201), { message: /within 0.2s/ }],
  ])(
    "says what is wrong when the API server %s",
    async (_title, answer, { message, ...rest }: { message?: RegExp }) => {
      const server = await startFakeApiServer();
      server.onList(answer);
      const error = await reviewerOf(server, 200)
        .review(path, review)
        .catch((error: unknown) => error);
      expect(error).toMatchObject({ name: "KubeError", ...rest });
      expect((error as Error).message).toMatch(message ?? path);
    },
  );

  it("reads its credentials again after they were refused", async () => {
    const server = await startFakeApiServer();
    server.onList(failure(401, "who?"), json(201, {}));
    const reviewer = reviewerOf(server);
    await expect(reviewer.review(path, review)).rejects.toMatchObject({ status: 401 });
    const kubeconfig = server.access.kubeconfig!;
    writeFileSync(kubeconfig, readFileSync(kubeconfig, "utf8").replace("secret", "rotated"));
    await reviewer.review(path, review);
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(["Bearer secret", "Bearer rotated"]);
  });

  it("asks again when a connection that was kept turns out to be closed", async () => {
    const server = await startFakeApiServer();
    const asked = json(201, {});
    server.onList(asked, (response) => response.destroy(), asked);
    const reviewer = reviewerOf(server);
    await reviewer.review(path, review);
    expect(await reviewer.review(path, review)).toEqual({});
    expect(server.requests).toHaveLength(3);
  });
});
