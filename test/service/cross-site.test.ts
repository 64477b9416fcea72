import { describe, expect, it } from "vitest";
import { send } from "../support/http-client.ts";
import { sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model, startRegistry } from "../support/running-service.ts";

const rest = { path: `/v1/models/${model}:predict`, body: '{"instances":[[1]]}' };
const own = "https://app.example";

describe("a prediction that a browser sends", () => {
  it.each<[string, Record<string, string>, number]>([
    ["for a page of another origin", { origin: "https://evil.example" }, 403],
    ["for a page of no origin", { origin: "null" }, 403],
    ["for a page of another site, without an origin", { "sec-fetch-site": "cross-site" }, 403],
    ["for a page of a neighbouring site", { "sec-fetch-site": "same-site" }, 403],
    ["for a page of an allowed origin", { origin: own, "sec-fetch-site": "cross-site" }, 200],
    ["for a page of this server", { origin: "https://registry.example", host: "registry.example" }, 200],
    [
      "for a page of this server behind a proxy",
      { origin: "https://outside.example", "sec-fetch-site": "same-origin" },
      200,
    ],
    ["at the wish of its visitor", { "sec-fetch-site": "none" }, 200],
    ["that is not a browser", {}, 200],
  ])("%s is answered as is right", async (_title, headers, status) => {
    const { url } = await startRegistry({ env: { CORS_ALLOWED_ORIGINS: own } });
    const json = { "content-type": "application/json", ...headers };
    const answer = await send("1.1", { url, ...rest, headers: json });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.headers["x-error-reason"]).toBe("PERMISSION_DENIED");
  });

  it("for a page of another origin is refused in every protocol, before the model is called", async () => {
    const { url, upstream } = await startRegistry({ env: { CORS_ALLOWED_ORIGINS: own } });
    const path = "/kserve.registry.v1.ModelRegistry/Predict";
    for (const format of wireFormats) {
      const answer = await sendRpc(format, { url, path, body: "", headers: { origin: "https://evil.example" } });
      expect([format.name, answer.code, answer.reason]).toEqual([format.name, "PermissionDenied", "PERMISSION_DENIED"]);
    }
    expect(upstream.predictions).toEqual([]);
  });

  it("is answered for every page where every origin is allowed", async () => {
    const { url } = await startRegistry({ env: { CORS_ALLOWED_ORIGINS: "*" } });
    const headers = { "content-type": "application/json", origin: "https://evil.example" };
    expect((await send("1.1", { url, ...rest, headers })).status).toBe(200);
  });

  it("leaves what only reads to CORS", async () => {
    const { url } = await startRegistry({ env: { CORS_ALLOWED_ORIGINS: own } });
    const answer = await send("1.1", { url, path: "/api/v1/models", headers: { origin: "https://evil.example" } });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, undefined]);
  });
});
