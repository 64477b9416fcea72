import { describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { type HttpVersion, httpVersions, send } from "../support/http-client.ts";
import { bodyWith, predictWays, wayNamed } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** What goes to the model server as it came. */
const allowed = {
  traceparent,
  tracestate: "vendor=value",
  "x-request-id": "request-7",
  "x-b3-traceid": "463ac35c9f6413ad48485a3953bb6124",
  "x-b3-spanid": "a2fb4a1d1a96d312",
  "x-b3-parentspanid": "0020000000000001",
  "x-b3-sampled": "1",
  "x-b3-flags": "0",
  "ce-id": "event-1",
};

/** What stays here. */
const withheld = {
  authorization: "Bearer secret",
  cookie: "session=secret",
  "x-custom": "1",
  "ce-type": "t",
  "x-b3": "0",
  b3: "0",
  "x-forwarded-for": "10.1.2.3",
  "x-forwarded-host": "evil.example",
  forwarded: "host=evil.example",
  baggage: "user=secret",
  "proxy-authorization": "secret",
  "kserve-url": "http://evil.example",
};

/** What the HTTP client of the service itself says. */
const own = ["accept-encoding", "accept", "connection", "content-length", "content-type", "host"];

type Call = (url: string, headers: Record<string, string>) => Promise<string | null | undefined>;

const rest =
  (version: HttpVersion): Call =>
  async (url, headers) => {
    const path = `/v1/models/${model}:predict`;
    const response = await send(version, { url, path, body: bodyWith(1), headers });
    return response.headers["x-request-id"] as string | undefined;
  };

/** Every way to predict, as a function that gives the request id that came back. */
const calls: { name: string; call: Call }[] = [
  ...predictWays.map((way) => ({
    name: way.name,
    call: async (url: string, headers: Record<string, string>) => {
      let requestId: string | null = null;
      await clientOf(way, url).predict(rows(model, [1]), {
        headers,
        onHeader: (returned) => {
          requestId = returned.get("x-request-id");
        },
      });
      return requestId;
    },
  })),
  ...httpVersions.map((version) => ({ name: `rest/${version}`, call: rest(version) })),
];

describe.each(calls)("headers of a prediction by $name", ({ call }) => {
  it("go to the model server by allow-list, and the request id comes back", async () => {
    const { url, upstream } = await startRegistry();
    expect(await call(url, { ...allowed, ...withheld })).toBe("request-7");
    const { host, ...headers } = upstream.predictions[0]!.headers;
    expect(headers).toMatchObject(allowed);
    expect(`http://${host}`).toBe(upstream.url);
    expect(Object.keys(headers).sort()).toEqual(
      [...Object.keys(allowed), ...own.filter((name) => name !== "host")].sort(),
    );
  });

  it("get a request id where the caller sends none", async () => {
    const { url, upstream } = await startRegistry();
    const requestId = await call(url, {});
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(upstream.predictions[0]?.headers["x-request-id"]).toBe(requestId);
  });

  it("carry authorization only where the entry asks for it", async () => {
    const { url, upstream } = await startRegistry({ models: [{ name: model, forwardAuthorization: true }] });
    await call(url, { authorization: "Bearer token" });
    await call(url, {});
    expect(upstream.predictions.map(({ headers }) => headers.authorization)).toEqual(["Bearer token", undefined]);
  });
});

describe("a header that is not as it should be", () => {
  const grpc = wayNamed("grpc/2");

  it.each([
    ["with a space", "a b"],
    ["too long", "x".repeat(129)],
    ["with letters beyond ASCII", "caf\u00e9"],
  ])("makes a new request id for one %s", async (_title, given) => {
    const { url } = await startRegistry();
    const { headers } = await send("1.1", { url, path: "/livez", headers: { "x-request-id": given } });
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ["is malformed", "00-xyz"],
    ["has no trace", "00-00000000000000000000000000000000-b7ad6b7169203331-01"],
    ["has no span", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"],
    ["has the version ff", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
    ["is of version 00 and goes on", `${traceparent}-more`],
  ])("does not go to the model server: a traceparent that %s, and its tracestate", async (_title, given) => {
    const { url, upstream } = await startRegistry();
    await clientOf(grpc, url).predict(rows(model, [1]), { headers: { traceparent: given, tracestate: "a=b" } });
    expect(upstream.predictions[0]?.headers.traceparent).toBeUndefined();
    expect(upstream.predictions[0]?.headers.tracestate).toBeUndefined();
  });
});

describe("a readiness check", () => {
  it("carries nothing of the caller", async () => {
    const { url, upstream } = await startRegistry();
    await send("1.1", { url, path: `/v1/models/${model}`, headers: { ...allowed, ...withheld } });
    expect(Object.keys(upstream.checks[0]!.headers).sort()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "host",
    ]);
  });
});
