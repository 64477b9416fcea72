import { describe, expect, it } from "vitest";
import type { Env } from "../../src/config/config.ts";
import { type HttpVersion, httpVersions, type PlainResponse, send } from "../support/http-client.ts";
import { bodyWith } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";

const origin = "https://dashboard.example";
const rpc = "/kserve.registry.v1.ModelRegistry/Predict";
const rest = `/v1/models/${model}:predict`;

async function preflight(version: HttpVersion, path: string, env: Env, from = origin): Promise<PlainResponse> {
  const { url } = await startRegistry({ env });
  const headers = {
    origin: from,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,connect-protocol-version,x-grpc-web",
  };
  return send(version, { url, path, method: "OPTIONS", headers });
}

async function call(env: Env, from = origin): Promise<PlainResponse> {
  const { url } = await startRegistry({ env });
  return send("1.1", { url, path: rest, body: bodyWith(1), headers: { origin: from } });
}

describe("a page of any origin", () => {
  it.each(httpVersions.flatMap((version) => [rpc, rest].map((path) => ({ version, path }))))(
    "may ask before it calls $path over HTTP/$version",
    async ({ version, path }) => {
      const { status, headers, body } = await preflight(version, path, {});
      expect([status, body]).toEqual([204, ""]);
      expect(headers["access-control-allow-origin"]).toBe("*");
      expect(headers["access-control-allow-methods"]).toBe("GET, HEAD, POST, PUT, PATCH, DELETE");
      expect(headers["access-control-max-age"]).toBe("7200");
      const allowed = String(headers["access-control-allow-headers"]).toLowerCase().split(", ");
      expect(allowed).toEqual(
        expect.arrayContaining([
          "content-type",
          "connect-protocol-version",
          "connect-timeout-ms",
          "grpc-timeout",
          "x-grpc-web",
          "x-user-agent",
          "authorization",
          "x-request-id",
          "traceparent",
          "last-event-id",
          "cache-control",
          "if-match",
        ]),
      );
      expect(headers["access-control-allow-credentials"]).toBeUndefined();
    },
  );

  it("may read the answer, its status and its reason", async () => {
    const { status, headers } = await call({});
    expect(status).toBe(200);
    expect(headers["access-control-allow-origin"]).toBe("*");
    const exposed = String(headers["access-control-expose-headers"]).toLowerCase().split(", ");
    expect(exposed).toEqual(
      expect.arrayContaining([
        "grpc-status",
        "grpc-message",
        "grpc-status-details-bin",
        "x-request-id",
        "x-error-reason",
        "retry-after",
      ]),
    );
  });

  it("may read an error, too", async () => {
    const { url } = await startRegistry();
    const response = await send("1.1", { url, path: "/v1/models/none:predict", body: "{}", headers: { origin } });
    expect([response.status, response.headers["access-control-allow-origin"]]).toEqual([404, "*"]);
  });
});

describe("CORS_ALLOWED_ORIGINS", () => {
  const env = { CORS_ALLOWED_ORIGINS: `https://other.example, ${origin}` };

  it("lets the pages of its origins in, each by its name", async () => {
    const asked = await preflight("1.1", rpc, env);
    expect([asked.status, asked.headers["access-control-allow-origin"], asked.headers.vary]).toEqual([
      204,
      origin,
      "Origin",
    ]);
    const answered = await call(env);
    expect([answered.headers["access-control-allow-origin"], answered.headers.vary]).toEqual([origin, "Origin"]);
  });

  it.each(["https://evil.example", "null", "https://dashboard.example.evil.example"])(
    "keeps the pages of %s out",
    async (from) => {
      const asked = await preflight("1.1", rpc, env, from);
      expect(Object.keys(asked.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
      const answered = await call(env, from);
      expect(answered.headers["access-control-allow-origin"]).toBeUndefined();
      expect(answered.headers.vary).toBe("Origin");
    },
  );

  it("turns CORS off when it is empty", async () => {
    const asked = await preflight("1.1", rest, { CORS_ALLOWED_ORIGINS: "" });
    expect(asked.status).toBe(405);
    expect(Object.keys(asked.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("a caller that is not a page", () => {
  it("sees nothing of CORS", async () => {
    const { url } = await startRegistry();
    const { headers } = await send("1.1", { url, path: "/livez" });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control") || name === "vary")).toEqual([]);
  });
});
