import { describe, expect, it } from "vitest";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { ways } from "../support/ways.ts";
import { bearer, startGuarded } from "./support/guarded-service.ts";

const domain = "kserve-model-registry";

describe.each(ways)("a refusal over $name", (way) => {
  it("carries its reason, and is logged with who it was", async () => {
    const { url, log, issuer } = await startGuarded();
    const client = clientOf(way, url);
    expect(partsOf(await errorOf(client.getModel({ name: "mine" })))).toEqual({
      code: "Unauthenticated",
      reason: "UNAUTHENTICATED",
      domain,
      metadata: {},
    });
    const headers = bearer(await issuer.token({ models: ["mine"], sub: "grace" }));
    expect(partsOf(await errorOf(client.getModel({ name: "theirs" }, { headers })))).toEqual({
      code: "PermissionDenied",
      reason: "PERMISSION_DENIED",
      domain,
      metadata: { model: "theirs" },
    });
    await until(() => log.calls().length === 2);
    expect(log.calls()).toEqual([
      expect.objectContaining({ outcome: "unauthenticated", reason: "UNAUTHENTICATED" }),
      expect.objectContaining({ outcome: "permission_denied", reason: "PERMISSION_DENIED", caller: "grace" }),
    ]);
  });

  it("says to try again when the check has failed", async () => {
    const { url, log, issuer } = await startGuarded();
    const headers = bearer(await issuer.token());
    await issuer.close();
    expect(partsOf(await errorOf(clientOf(way, url).getModel({ name: "mine" }, { headers })))).toEqual({
      code: "Unavailable",
      reason: "ACCESS_CHECK_FAILED",
      domain,
      metadata: {},
      retryMs: 1000,
    });
    await until(() => log.calls().length === 1);
    expect(log.calls()[0]).toMatchObject({ level: "warn", cause: expect.stringContaining("ECONNREFUSED") });
  });
});

describe("a refusal over REST", () => {
  it.each<[string, Record<string, unknown>, number, string, object]>([
    ["UNAUTHENTICATED", { exp: 1_600_000_000 }, 401, "The bearer token is rejected: it has expired", {}],
    ["PERMISSION_DENIED", {}, 403, "You may not use the model theirs, whether or not there is one", {}],
  ])("of %s has its status and its reason", async (reason, claims, status, error) => {
    const { url, issuer } = await startGuarded();
    const headers = bearer(await issuer.token({ models: ["mine"], ...claims }));
    const response = await send("1.1", { url, path: "/v1/models/theirs", headers });
    expect([response.status, jsonOf(response), response.headers["x-error-reason"]]).toEqual([
      status,
      { error },
      reason,
    ]);
  });

  it("of ACCESS_CHECK_FAILED says when to come back", async () => {
    const { url, issuer } = await startGuarded({ OIDC_JWKS_URL: "http://127.0.0.1:1/" });
    const response = await send("1.1", { url, path: "/v1/models", headers: bearer(await issuer.token()) });
    expect([response.status, response.headers["retry-after"]]).toEqual([503, "1"]);
  });

  it("does not wait for the body of the call", async () => {
    const { url } = await startGuarded();
    const body = Buffer.alloc(8 * 1024 * 1024, 0x20);
    const response = await send("2", { url, path: "/v1/models/mine:predict", body });
    expect(response.status).toBe(401);
  });
});

describe("the token of a caller", () => {
  it.each([false, true])("goes to a model only where its entry asks for it (%s)", async (forwardAuthorization) => {
    const { url, issuer, upstream, log } = await startGuarded(
      { AUTH_MODELS_CLAIM: undefined },
      { forwardAuthorization },
    );
    const headers = bearer(await issuer.token());
    await clientOf(ways[0]!, url).predict(rows("mine", [1]), { headers });
    expect(upstream.predictions[0]!.headers.authorization).toBe(
      forwardAuthorization ? headers.authorization : undefined,
    );
    await until(() => log.calls().length === 1);
    expect(JSON.stringify(log.lines)).not.toContain(headers.authorization!.slice(7));
    expect(log.calls()[0]).toMatchObject({ caller: "ada" });
  });
});

describe("without access control", () => {
  it("a token is not looked at", async () => {
    const { url } = await startRegistry();
    const headers = { authorization: "Bearer nonsense" };
    expect((await send("1.1", { url, path: "/v1/models", headers })).status).toBe(200);
  });
});
