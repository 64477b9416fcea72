import { describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { bearer, sharedGuarded } from "./support/guarded-service.ts";
import type { Issuer } from "./support/issuer.ts";
import { listSurfaces, modelSurfaces, otherSurfaces, type Surface } from "./support/surfaces.ts";

/** Every way not to be known. */
const anonymous: Readonly<Record<string, (issuer: Issuer) => Promise<Record<string, string>>>> = {
  "no token": async () => ({}),
  "an empty token": async () => ({ authorization: "Bearer " }),
  "a scheme that is not Bearer": async () => ({ authorization: "Basic YWRhOnNlY3JldA==" }),
  "not a JSON Web Token": async () => bearer("c2VjcmV0"),
  "a token that was tampered with": async (issuer) => bearer(forged(await issuer.token({ models: ["*"] }))),
  "an unsigned token": async (issuer) => bearer(unsigned(await issuer.token({ models: ["*"] }))),
  "an expired token": async (issuer) => bearer(await issuer.token({ models: ["*"], exp: 1_600_000_000 })),
  "a token that never expires": async (issuer) => bearer(await issuer.token({ models: ["*"], exp: null })),
  "a token for another audience": async (issuer) => bearer(await issuer.token({ models: ["*"], aud: "elsewhere" })),
  "a token of another issuer": async (issuer) => bearer(await issuer.token({ models: ["*"], iss: "http://x.example" })),
};

/** The signature of a token, changed in its middle. */
function forged(token: string): string {
  const at = token.length - 40;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

function unsigned(token: string): string {
  return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`;
}

describe("a caller that is not known", () => {
  const guarded = sharedGuarded();
  const tokens: string[] = [];
  let calls = 0;

  it.each<Surface>([...modelSurfaces, ...listSurfaces, ...otherSurfaces])(
    "gets nothing from $title",
    async (surface) => {
      const { url, upstream, issuer } = guarded();
      const found: Record<string, string> = {};
      for (const [title, headersOf] of Object.entries(anonymous)) {
        const headers = await headersOf(issuer);
        found[title] = await surface.call({ url, headers, model: "mine" });
        tokens.push(...(headers.authorization?.split(" ").filter((part) => part.length > 6) ?? []));
      }
      expect(found).toEqual(Object.fromEntries(Object.keys(anonymous).map((title) => [title, "Unauthenticated"])));
      // Nor does it learn what is there.
      expect(await surface.call({ url, headers: {}, model: "none" })).toBe("Unauthenticated");
      const reached = [...upstream.predictions, ...upstream.checks].map(({ path }) => path);
      // What else runs on this machine may still look for a server that had this port before.
      expect(reached.filter((path) => /mine|none/.test(path))).toEqual([]);
      calls += Object.keys(anonymous).length + 1;
    },
  );

  it("is logged as that, call by call, without its token", async () => {
    const { log } = guarded();
    const lines = () => log.lines.filter(({ msg }) => msg.startsWith("call"));
    // Many of a kind within a second are counted in one line at its end.
    const count = (): number => lines().reduce((sum, { repeated = 1 }) => sum + Number(repeated), 0);
    await until(() => count() >= calls, "every call is in the log");
    expect(count()).toBe(calls);
    expect(lines().filter(({ reason }) => reason !== "UNAUTHENTICATED")).toEqual([]);
    const logged = JSON.stringify(log.lines);
    expect(tokens.filter((token) => logged.includes(token))).toEqual([]);
  });
});

describe("a caller with a token for its own model", () => {
  const guarded = sharedGuarded();
  const withoutFastPath = sharedGuarded({ FAST_PATH: "off" });

  it.each(modelSurfaces)("gets that, and no other, from $title", async ({ call }) => {
    const { url, upstream, issuer } = guarded();
    const headers = bearer(await issuer.token({ models: ["mine"] }));
    expect(await call({ url, headers, model: "mine" })).toBe("Ok");
    const asked = upstream.predictions.length + upstream.checks.length;
    expect(await call({ url, headers, model: "theirs" })).toBe("PermissionDenied");
    // The same as of a model that is not there.
    expect(await call({ url, headers, model: "none" })).toBe("PermissionDenied");
    expect(upstream.predictions.length + upstream.checks.length).toBe(asked);
  });

  it.each(modelSurfaces.filter(({ title }) => /^(Predict|ModelInfer)/.test(title)))(
    "gets that, and no other, from $title without the fast path",
    async ({ call }) => {
      const { url, issuer } = withoutFastPath();
      const headers = bearer(await issuer.token({ models: ["mine"] }));
      expect(await call({ url, headers, model: "mine" })).toBe("Ok");
      expect(await call({ url, headers, model: "theirs" })).toBe("PermissionDenied");
    },
  );

  it.each(listSurfaces)("sees that, and no other, in $title", async ({ call }) => {
    const { url, upstream, issuer } = guarded();
    const headers = bearer(await issuer.token({ models: ["mine"] }));
    expect(await call({ url, headers, model: "" })).toBe("Ok mine");
    expect(upstream.predictions.map(({ path }) => path).filter((path) => path.includes("theirs"))).toEqual([]);
  });

  it.each(otherSurfaces)("gets the usual answer of $title", async ({ call, known }) => {
    const { url, issuer } = guarded();
    const headers = bearer(await issuer.token({ models: ["mine"] }));
    expect(await call({ url, headers, model: "mine" })).toBe(known);
  });
});

describe("a caller with a token for all models", () => {
  const guarded = sharedGuarded();

  it.each(modelSurfaces)("learns from $title what is not there", async ({ call, title }) => {
    const { url, issuer } = guarded();
    const headers = bearer(await issuer.token({ models: ["*"] }));
    expect(await call({ url, headers, model: "theirs" })).toBe("Ok");
    const notThere = title.startsWith("health Watch") ? ["Ok"] : ["HTTP 404", "NotFound", "Unimplemented"];
    expect(notThere).toContain(await call({ url, headers, model: "none" }));
  });

  it.each(listSurfaces)("sees all in $title", async ({ call }) => {
    const { url, issuer } = guarded();
    const headers = bearer(await issuer.token({ models: ["*"] }));
    expect(await call({ url, headers, model: "" })).toBe("Ok mine,theirs");
  });
});

describe("while the issuer cannot be asked", () => {
  const guarded = sharedGuarded({ OIDC_JWKS_URL: "http://127.0.0.1:1/keys" });

  it.each([...modelSurfaces, ...listSurfaces, ...otherSurfaces])("$title says to try again", async ({ call }) => {
    const { url, upstream, issuer } = guarded();
    const headers = bearer(await issuer.token({ models: ["*"] }));
    expect(await call({ url, headers, model: "mine" })).toBe("Unavailable");
    expect(upstream.predictions).toEqual([]);
  });
});
