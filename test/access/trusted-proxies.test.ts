import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { createGuard } from "../../src/access/guard.ts";
import { namedUser } from "../../src/access/trusted-proxies.ts";
import { startService } from "../../src/compose/service.ts";
import { type Access, everyone } from "../../src/registry/access.ts";
import { startApiServer } from "../page/support/api-server.ts";
import { captureLog } from "../support/captured-log.ts";
import { startFakeUpstream } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { environmentOf } from "../support/running-service.ts";
import { bearer } from "./support/guarded-service.ts";

const proxy = "system:serviceaccount:kubeflow:model-registry-ui";
const proxies = { names: [proxy, "gateway"], userHeader: "kubeflow-userid", groupsHeader: "kubeflow-groups" };

describe("a person whom a proxy names", () => {
  it.each([
    [{}, undefined],
    [{ "kubeflow-userid": " " }, undefined],
    [{ "kubeflow-userid": "ada@example.org" }, { username: "ada@example.org", groups: ["system:authenticated"] }],
    [
      { "kubeflow-userid": "ada", "kubeflow-groups": "ops, ml,," },
      { username: "ada", groups: ["ops", "ml", "system:authenticated"] },
    ],
  ])("in %j is %j", (headers, expected) => {
    expect(namedUser(headers, proxies)).toEqual(expected);
  });

  it.each([
    ["a header that was sent twice", { "kubeflow-userid": "ada, root" }, "UNAUTHENTICATED"],
    ["a control character", { "kubeflow-userid": "ada\u0007" }, "UNAUTHENTICATED"],
    ["an endless name", { "kubeflow-userid": "a".repeat(257) }, "UNAUTHENTICATED"],
    ["too many groups", { "kubeflow-userid": "a", "kubeflow-groups": "g,".repeat(65) }, "UNAUTHENTICATED"],
    ["a part of the cluster", { "kubeflow-userid": "system:kube-scheduler" }, "PERMISSION_DENIED"],
    ["its group of masters", { "kubeflow-userid": "a", "kubeflow-groups": "x,system:masters" }, "PERMISSION_DENIED"],
  ])("is nobody where there is %s", (_, headers, reason) => {
    expect(() => namedUser(headers, proxies)).toThrow(expect.objectContaining({ reason }));
  });

  const guard = createGuard({
    certificates: undefined,
    open: () => "closed",
    ttlMs: 60_000,
    authenticate: async (token) => ({ access: { ...everyone, caller: token }, untilMs: Infinity }),
    proxied: { proxies, accessOf: ({ username }): Access => ({ ...everyone, caller: username }) },
  });
  const admit = (token: string, headers: IncomingHttpHeaders = {}) =>
    guard.admit({
      ...{ path: "/", authorization: `Bearer ${token}`, peer: {} },
      headers: { "kubeflow-userid": "ada", ...headers },
    });

  it("counts only where the proxy has shown who it is", async () => {
    expect(await admit("gateway")).toMatchObject({ caller: "ada", byProxy: true });
    const other = await admit("somebody");
    expect([other.caller, other.byProxy]).toEqual(["somebody", undefined]);
  });

  it("counts behind a sidecar by the token of the proxy, and never by what the sidecar writes of a certificate", async () => {
    const ofGateway = {
      "x-forwarded-client-cert": 'By=spiffe://cluster.local/ns/kubeflow/sa/registry;Subject="CN=gateway";URI=gateway',
    };
    expect(await admit("gateway", ofGateway)).toMatchObject({ caller: "ada", byProxy: true });
    const other = await admit("somebody", ofGateway);
    expect([other.caller, other.byProxy]).toEqual(["somebody", undefined]);
  });

  it("stays that person in a call that is open for long", async () => {
    const { lease } = await admit("gateway");
    expect(await lease?.renew()).toMatchObject({ caller: "ada", byProxy: true });
  });

  it("is taken from a client certificate as well, without a token", async () => {
    const withCertificates = createGuard({
      certificates: { names: [] },
      open: () => "closed",
      ttlMs: 60_000,
      authenticate: async (token) => ({ access: { ...everyone, caller: token }, untilMs: Infinity }),
      proxied: { proxies, accessOf: ({ username }): Access => ({ ...everyone, caller: username }) },
    });
    const call = (CN: string) =>
      withCertificates.admit({
        ...{ path: "/", authorization: undefined, headers: { "kubeflow-userid": "ada" } },
        peer: { authorized: true, getPeerCertificate: () => ({ subject: { CN } }) as never },
      });
    expect(await call("gateway")).toMatchObject({ caller: "ada", byProxy: true });
    await expect(call("else")).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
  });
});

it("reviews the user with the cluster, and forwards the proxy's token to no one", async () => {
  const { kubeconfig, reviewed } = await startApiServer("proxy-token", proxy);
  const upstream = await startFakeUpstream();
  const { log, calls } = captureLog();
  const models = [{ name: "alpha", namespace: "ml", forwardAuthorization: true }];
  const env = { AUTH_MODE: "kubernetes", KUBECONFIG: kubeconfig, AUTH_PROXIES: proxy };
  const service = await startService(environmentOf(models, upstream.url, env), log);
  onTestFinished(async () => {
    await service.stop();
    await upstream.close();
  });
  const headers = {
    ...bearer("proxy-token"),
    ...{ "kubeflow-userid": "ada@example.org", "kubeflow-groups": "ops", "content-type": "application/json" },
  };
  const answer = await send("1.1", {
    ...{ url: service.url, path: "/api/v1/models/alpha/predict", headers },
    body: '{"instances":[[1]]}',
  });
  expect(answer.status).toBe(200);
  expect(reviewed).toMatchObject([{ user: "ada@example.org", groups: ["ops", "system:authenticated"] }]);
  expect(upstream.predictions.map((one) => one.headers.authorization)).toEqual([undefined]);
  expect(calls()).toMatchObject([{ caller: "ada@example.org" }]);
  // A token that nobody knows stays one, whomever it names.
  const stranger = await send("1.1", {
    ...{ url: service.url, path: "/api/v1/models" },
    headers: { ...headers, ...bearer("junk") },
  });
  expect(stranger.status).toBe(401);
});
