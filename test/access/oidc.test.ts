import { generateKeyPairSync, type KeyPairKeyObjectResult, sign } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createOidc, type OidcOptions } from "../../src/access/oidc.ts";
import type { RegistryError } from "../../src/registry/registry-error.ts";
import { audience, type Issuer, startIssuer } from "./support/issuer.ts";

async function start(): Promise<Issuer> {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  return issuer;
}

function oidcOf(issuer: Issuer, options: Partial<OidcOptions> = {}) {
  const authenticate = createOidc({
    issuer: issuer.url,
    audiences: ["elsewhere", audience],
    jwksUrl: undefined,
    clockToleranceMs: 5000,
    claims: { models: undefined, versions: undefined },
    keysCooldownMs: 0,
    ...options,
  });
  return (token: string) => authenticate(token, {});
}

async function refusalOf(known: Promise<unknown>): Promise<RegistryError> {
  return known.then(
    () => Promise.reject(new Error("it was taken")),
    (error: RegistryError) => error,
  );
}

describe("a token of an issuer", () => {
  it("says who calls, and until when", async () => {
    const issuer = await start();
    const exp = Math.floor(Date.now() / 1000) + 60;
    const known = await oidcOf(issuer)(await issuer.token({ sub: "grace", exp }));
    expect([known.access.caller, known.untilMs]).toEqual(["grace", exp * 1000 + 5000]);
  });

  it("is checked with keys that are read once", async () => {
    const issuer = await start();
    const authenticate = oidcOf(issuer);
    await Promise.all([authenticate(await issuer.token()), authenticate(await issuer.token())]);
    await authenticate(await issuer.token());
    expect(issuer.reads()).toBe(1);
  });

  it("is taken with a new key, and no longer with one that is withdrawn", async () => {
    const issuer = await start();
    const authenticate = oidcOf(issuer);
    const old = await issuer.token();
    await authenticate(old);
    await issuer.rotate();
    expect((await authenticate(await issuer.token())).access.caller).toBe("ada");
    expect(await refusalOf(authenticate(old))).toMatchObject({ reason: "UNAUTHENTICATED" });
  });

  it("is not a way to make the keys be read over and over", async () => {
    const issuer = await start();
    const authenticate = oidcOf(issuer, { keysCooldownMs: 60_000 });
    await authenticate(await issuer.token());
    await issuer.rotate();
    for (let i = 0; i < 5; i++) await refusalOf(authenticate(await issuer.token()));
    expect(issuer.reads()).toBe(1);
  });

  it("need not name its key", async () => {
    const issuer = await start();
    await issuer.rotate();
    await issuer.rotate();
    issuer.publishNameless();
    expect((await oidcOf(issuer)(await issuer.token())).access.caller).toBe("ada");
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["has expired", { exp: 1_600_000_000 }, /it has expired$/],
    ["never expires", { exp: null }, /it does not say when it expires$/],
    ["is not valid yet", { nbf: 4_000_000_000 }, /it is not valid yet$/],
    ["is for others", { aud: ["x", "y"] }, /it is for another audience$/],
    ["is for nobody", { aud: null }, /it is for another audience$/],
    ["is of another issuer", { iss: "https://x.example" }, /it is from another issuer$/],
  ])("is refused when it %s", async (_title, claims, message) => {
    const issuer = await start();
    const error = await refusalOf(oidcOf(issuer)(await issuer.token(claims)));
    expect(error.reason).toBe("UNAUTHENTICATED");
    expect(error.message).toMatch(message);
  });

  it("may be a little late, or early", async () => {
    const issuer = await start();
    const now = Math.floor(Date.now() / 1000);
    const token = await issuer.token({ exp: now - 2, nbf: now - 10 });
    await oidcOf(issuer, { clockToleranceMs: 60_000 })(token);
    await oidcOf(issuer, { clockToleranceMs: 60_000 })(await issuer.token({ nbf: now + 30 }));
    expect(await refusalOf(oidcOf(issuer, { clockToleranceMs: 0 })(token))).toMatchObject({
      reason: "UNAUTHENTICATED",
    });
  });
});

describe("a key of the issuer that is too short", () => {
  const [weak, strong] = [1024, 2048].map((modulusLength) => generateKeyPairSync("rsa", { modulusLength })) as [
    KeyPairKeyObjectResult,
    KeyPairKeyObjectResult,
  ];
  const tokenOf = ({ privateKey }: KeyPairKeyObjectResult, issuer: string): string => {
    const claims = { iss: issuer, aud: audience, sub: "ada", exp: Math.floor(Date.now() / 1000) + 300 };
    const head = [{ alg: "RS256" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return `${head.join(".")}.${sign("sha256", Buffer.from(head.join(".")), privateKey).toString("base64url")}`;
  };

  it.each([
    ["beside a good one", [weak, strong]],
    ["behind a good one", [strong, weak]],
    ["alone", [weak]],
  ])("is left out: %s", async (_title, keys) => {
    const issuer = await start();
    const jwks = JSON.stringify({ keys: keys.map(({ publicKey }) => publicKey.export({ format: "jwk" })) });
    issuer.misbehave((response) => void response.setHeader("content-type", "application/json").end(jwks));
    const authenticate = oidcOf(issuer, { jwksUrl: issuer.jwksUrl });
    if (keys.includes(strong)) {
      expect((await authenticate(tokenOf(strong, issuer.url))).access.caller).toBe("ada");
    }
    const error = await refusalOf(authenticate(tokenOf(weak, issuer.url)));
    expect(error).toMatchObject({ reason: "UNAUTHENTICATED", message: expect.stringMatching(/no key of the issuer/) });
  });
});

/** As much as comes within the time of a read would take all memory. */
function endless(): Readable {
  const piece = Buffer.alloc(65_536, " ");
  return new Readable({
    read() {
      this.push(piece);
    },
  });
}

describe("an issuer", () => {
  it.each<[string, Parameters<Issuer["misbehave"]>[0]]>([
    ["fails", (response) => void response.writeHead(500).end()],
    ["answers with no JSON", (response) => void response.end("<html>")],
    ["answers with something else", (response) => void response.end('{"issuer":"https://x.example","jwks_uri":"x"}')],
    ["breaks off", (response) => void response.socket?.destroy()],
    ["goes on and on", (response) => void pipeline(endless(), response).catch(() => {})],
    ["sends elsewhere", (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ])("that %s is our trouble and not the caller's, until it is well again", async (_title, misbehaviour) => {
    const issuer = await start();
    const token = await issuer.token();
    const discovering = oidcOf(issuer);
    const reading = oidcOf(issuer, { jwksUrl: issuer.jwksUrl });
    issuer.misbehave(misbehaviour);
    for (const authenticate of [discovering, reading]) {
      const error = await refusalOf(authenticate(token));
      expect(error).toMatchObject({ reason: "ACCESS_CHECK_FAILED", retryAfterMs: 1000 });
      expect(error.message).not.toContain("127.0.0.1");
      expect(error.message).not.toContain(token);
    }
    issuer.misbehave(undefined);
    for (const authenticate of [discovering, reading]) expect((await authenticate(token)).access.caller).toBe("ada");
  });
});
