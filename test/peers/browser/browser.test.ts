/** A real browser: what a page of another origin may call, and what it gets to see. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Background } from "../support/background.ts";
import { models } from "../support/models.ts";
import { startRegistry } from "../support/registry-server.ts";
import { oddRow, service } from "../support/requests.ts";
import { type Browser, type Page, startBrowser } from "./browser.ts";
import type { PageProtocol } from "./page.ts";

const json = { "content-type": "application/json" };
const row = [0.5, 1.2, 0.8];

let browser: Browser;
let page: Page;
let stranger: Page;
/** Lets in the pages of every origin, of one, and of none. */
let open: Background;
let picky: Background;
let closed: Background;

beforeAll(async () => {
  browser = await startBrowser();
  [page, stranger] = [await browser.open(), await browser.open()];
  const entries = models(inject("kserveUrl"));
  [open, picky, closed] = await Promise.all([
    startRegistry("registry-cors-open", entries),
    startRegistry("registry-cors-picky", entries, { CORS_ALLOWED_ORIGINS: page.origin }),
    startRegistry("registry-cors-closed", entries, { CORS_ALLOWED_ORIGINS: "" }),
  ]);
  console.log(`Chromium ${browser.version}`);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([open, picky, closed].map((server) => server?.stop()));
});

describe("a page of another origin", () => {
  it("predicts over REST, and reads its request id", async () => {
    const headers = { ...json, "x-request-id": "from-a-page" };
    const body = JSON.stringify({ instances: [row] });
    const url = `${open.url}/api/v1/models/anomaly-detector/predict`;
    expect(await page.call("fetch", url, "POST", headers, body)).toMatchObject({
      status: 200,
      body: '{"predictions":[-1]}',
      headers: { "x-request-id": "from-a-page" },
    });
  });

  it("lists models without asking first, as a simple request", async () => {
    const { status, body } = await page.call("fetch", `${open.url}/api/v1/models`, "GET", {});
    expect(status).toBe(200);
    expect(JSON.parse(body).models.length).toBeGreaterThan(3);
  });

  it("reads the reason of an error over REST, and when to come back", async () => {
    const missing = await page.call("fetch", `${open.url}/api/v1/models/none`, "GET", {});
    expect([missing.status, missing.headers["x-error-reason"]]).toEqual([404, "MODEL_NOT_FOUND"]);
    const url = `${open.url}/v1/models/unreachable:predict`;
    const busy = await page.call("fetch", url, "POST", json, JSON.stringify({ instances: [row] }));
    expect([busy.status, busy.headers["x-error-reason"], busy.headers["retry-after"]]).toEqual([
      503,
      "MODEL_UNREACHABLE",
      "1",
    ]);
  });

  it("calls an RPC by Connect JSON with fetch alone, and reads the details of its error", async () => {
    const headers = { ...json, "connect-protocol-version": "1", "connect-timeout-ms": "5000" };
    const url = `${open.url}/${service}/Predict`;
    const answer = await page.call("fetch", url, "POST", headers, oddRow);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      { predictions: [-1], modelName: "anomaly-detector" },
    ]);
    const refused = await page.call("fetch", url, "POST", headers, '{"name": "none", "instances": [[1]]}');
    expect(refused.status).toBe(404);
    expect(JSON.parse(refused.body)).toMatchObject({
      code: "not_found",
      details: [{ type: "google.rpc.ErrorInfo", debug: { reason: "MODEL_NOT_FOUND" } }],
    });
  });

  it("reads the trailers of gRPC-Web with fetch alone", async () => {
    const headers = { "content-type": "application/grpc-web+proto", "x-grpc-web": "1", "grpc-timeout": "5S" };
    // One frame with GetModelRequest { name: "echo" }.
    const message = "\x0a\x04echo";
    const body = `\0\0\0\0${String.fromCharCode(message.length)}${message}`;
    const answer = await page.call("fetch", `${open.url}/${service}/GetModel`, "POST", headers, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/grpc-status: ?0\r\n$/);
    const unknown = await page.call("fetch", `${open.url}/${service}/Explain`, "POST", headers, body);
    // An error stands in the body, too: of its head a page reads only what CORS exposes.
    expect(unknown.body).toMatch(/grpc-status: ?12\r\n/);
    expect(unknown.body).toMatch(/grpc-message: ?unknown method/);
  });

  describe.each<PageProtocol>(["grpc-web", "connect-binary", "connect-json"])(
    "with a Connect client by %s",
    (protocol) => {
      it("predicts, and reads its request id", async () => {
        expect(await page.call("predict", protocol, open.url, "anomaly-detector", row)).toEqual({
          answer: [-1],
          requestId: expect.stringMatching(/^[-0-9a-f]{36}$/),
        });
      });

      it("reads the code and the reason of an error", async () => {
        expect(await page.call("predict", protocol, open.url, "disk-failure-predictor", [1, 2])).toEqual({
          code: "InvalidArgument",
          reason: "INVALID_INSTANCE",
          message: expect.stringContaining("instances[0]"),
          requestId: expect.stringMatching(/^[-0-9a-f]{36}$/),
        });
      });

      it("watches the models", async () => {
        const { answer } = await page.call("watch", protocol, open.url);
        expect(answer).toContain("anomaly-detector");
      });
    },
  );
});

describe("CORS_ALLOWED_ORIGINS", () => {
  const calls: readonly [string, (from: Page, server: Background) => Promise<unknown>][] = [
    ["a simple request", (from, { url }) => from.call("fetch", `${url}/api/v1/models`, "GET", {})],
    ["REST", (from, { url }) => from.call("fetch", `${url}/v1/models/echo:predict`, "POST", json, '{"instances":[1]}')],
    ["Connect JSON", (from, { url }) => from.call("fetch", `${url}/${service}/Predict`, "POST", json, oddRow)],
    [
      "an authorization",
      (from, { url }) => from.call("fetch", `${url}/v1/models`, "GET", { authorization: "Bearer x" }),
    ],
  ];

  it.each(calls)("lets %s of its origin through", async (_title, call) => {
    expect(await call(page, picky)).toMatchObject({ status: 200 });
  });

  it.each(calls)("keeps the answer to %s from the pages of another origin", async (_title, call) => {
    await expect(call(stranger, picky)).rejects.toThrow("Failed to fetch");
  });

  it.each(calls)("keeps the answer to %s from every page when it is empty", async (_title, call) => {
    await expect(call(page, closed)).rejects.toThrow("Failed to fetch");
  });

  it.each<PageProtocol>(["grpc-web", "connect-json"])("keeps a Connect client by %s out", async (protocol) => {
    expect(await page.call("predict", protocol, picky.url, "anomaly-detector", row)).toMatchObject({ answer: [-1] });
    const kept = await stranger.call("predict", protocol, picky.url, "anomaly-detector", row);
    expect(kept).toMatchObject({ message: "Failed to fetch", requestId: null });
  });
});
