import { describe, expect, it } from "vitest";
import { type ErrorReason, errorReasons } from "../../src/registry/registry-error.ts";
import { hang } from "../support/fake-upstream.ts";
import { secretOfFault, startFaultyServer } from "../support/faulty-server.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, namespace, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type ErrorRow, errorRows, type RestRow, shownApart } from "./error-rows.ts";

type ReasonRow = readonly [ErrorReason, ErrorRow & { readonly rest: RestRow }];

const rowsByReason = (Object.entries(errorRows) as [ErrorReason, ErrorRow][]).filter(
  (row): row is [ErrorReason, ErrorRow & { readonly rest: RestRow }] => typeof row[1].rest !== "string",
) as readonly ReasonRow[];

/** Every REST answer says these. */
const common = { "content-type": "application/json", "x-request-id": "test-1" };

describe("every reason", () => {
  it("has a row, a test of its own, or cannot come about over REST", () => {
    const notOverRest: ErrorReason[] = ["SHUTTING_DOWN", "DEADLINE_EXCEEDED", "PREDICTIONS_NOT_A_TENSOR"];
    const found = [...rowsByReason.map(([reason]) => reason), ...notOverRest, ...shownApart];
    expect(found.sort()).toEqual([...errorReasons].sort());
  });
});

/** Every route that answers with JSON, and what it answers. */
const successes: readonly { method: "GET" | "POST"; path: string; answer: unknown }[] = [
  { method: "GET", path: "/", answer: { status: "alive" } },
  { method: "GET", path: "/livez", answer: { status: "alive" } },
  { method: "GET", path: "/readyz", answer: { status: "ready" } },
  { method: "GET", path: "/readyz/health", answer: { status: "ready" } },
  { method: "GET", path: "/readyz/isDirty", answer: { status: "clean" } },
  { method: "GET", path: "/v1/models", answer: { models: [model] } },
  { method: "GET", path: `/v1/models/${model}`, answer: { name: model, ready: true } },
  { method: "POST", path: `/v1/models/${model}:predict`, answer: { predictions: [0, 1] } },
  { method: "POST", path: `/api/v1/models/${model}/predict`, answer: { predictions: [0, 1] } },
  {
    method: "GET",
    path: "/api/v1/models?type=anomaly&namespace=self-healing-platform",
    answer: { models: [expect.objectContaining({ name: model, namespace, type: "anomaly", source: "environment" })] },
  },
  {
    method: "GET",
    path: "/api/v1/models?pageSize=1",
    answer: { models: [expect.objectContaining({ name: model })], totalSize: 1 },
  },
  {
    method: "GET",
    path: `/api/v1/models/${model}`,
    answer: expect.objectContaining({ name: model, namespace, type: "anomaly", state: "ready" }),
  },
  { method: "GET", path: "/openapi.json", answer: expect.objectContaining({ openapi: "3.1.1" }) },
];

describe.each(httpVersions)("rest/%s", (version) => {
  it.each(successes)(`rest/${version}/$method $path`, async ({ method, path, answer }) => {
    const { url } = await startRegistry();
    const body = method === "POST" ? { body: '{"instances":[[1],[2]]}' } : {};
    const headers = { "x-request-id": "test-1" };
    const response = await send(version, { url, method, path, headers, ...body });
    expect([response.status, jsonOf(response)]).toEqual([200, answer]);
    expect(response.headers).toMatchObject(common);
    expect(response.headers["content-length"]).toBe(String(Buffer.byteLength(response.body)));
  });

  it.each(rowsByReason)(`rest/${version}/%s`, async (reason, row) => {
    const { rest } = row;
    const { url, upstream } = await startRegistry(row.service);
    if (row.upstream !== undefined) upstream.onPredict(model, row.upstream);
    if (rest.before !== undefined) await send(version, { ...rest.before, url });
    const busy = new AbortController();
    const meanwhile = rest.meanwhile && send(version, { ...rest.meanwhile, url, signal: busy.signal }).catch(() => {});
    if (meanwhile !== undefined) await until(() => upstream.predictions.length > 0);
    const response = await send(version, { ...rest.request, url, headers: { "x-request-id": "test-1" } });
    busy.abort();
    await meanwhile;
    expect(response.status).toBe(rest.status);
    expect(response.headers).toMatchObject({ ...common, "x-error-reason": reason });
    expect(response.headers["retry-after"]).toEqual(rest.retryAfter);
    expect(jsonOf(response)).toEqual({
      error: typeof rest.error === "string" ? rest.error : expect.stringMatching(rest.error),
    });
    expect(response.body).not.toContain("127.0.0.1");
  });

  it(`rest/${version}/INTERNAL`, async () => {
    const { url } = await startFaultyServer();
    const response = await send(version, { url, path: `/api/v1/models/${model}` });
    expect(response.status).toBe(500);
    expect(response.headers["x-error-reason"]).toBe("INTERNAL");
    expect(jsonOf(response)).toEqual({ error: expect.stringMatching(/^Internal error/) });
    expect(response.body).not.toContain(secretOfFault);
  });

  it(`rest/${version}/CALLER_LEFT`, async () => {
    const { url, upstream, log } = await startRegistry();
    upstream.onPredict(model, hang());
    const caller = new AbortController();
    const path = `/v1/models/${model}:predict`;
    const call = send(version, { url, path, body: '{"instances":[[1]]}', signal: caller.signal });
    const left = expect(call).rejects.toThrow();
    await until(() => upstream.predictions.length > 0);
    caller.abort();
    await left;
    await until(() => log.calls().length > 0);
    expect(log.calls()[0]).toMatchObject({ level: "info", outcome: "499", model });
  });
});
