import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** An issuer of tokens on loopback, with keys that rotate. */
export interface Issuer {
  readonly url: string;
  readonly jwksUrl: string;
  /** A token that is good for five minutes, but for what the claims say; `null` leaves a claim out. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Signs with a new key from now on, and publishes it alone. */
  rotate(): Promise<void>;
  /** Publishes all keys that there ever were, without their ids. */
  publishNameless(): void;
  /** Answers everything in another way; undefined: as usual again. */
  misbehave(answer: ((response: ServerResponse) => void) | undefined): void;
  /** How often the keys have been read. */
  reads(): number;
  close(): Promise<void>;
}

export const audience = "kserve-model-registry";

export async function startIssuer(): Promise<Issuer> {
  const keys: { readonly id: string; readonly privateKey: GenerateKeyPairResult["privateKey"]; readonly jwk: JWK }[] =
    [];
  let published: JWK[] = [];
  let reads = 0;
  let nameless = false;
  let misbehaviour: ((response: ServerResponse) => void) | undefined;
  const rotate = async (): Promise<void> => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const id = `key-${keys.length + 1}`;
    keys.push({ id, privateKey, jwk: await exportJWK(publicKey) });
    published = [{ ...keys.at(-1)!.jwk, kid: id, alg: "ES256", use: "sig" }];
  };
  await rotate();
  const server = createServer((request, response) => {
    if (request.url === "/keys") reads++;
    if (misbehaviour !== undefined) {
      misbehaviour(response);
      return;
    }
    response.setHeader("content-type", "application/json");
    if (request.url === "/keys") response.end(JSON.stringify({ keys: published }));
    else if (request.url === "/.well-known/openid-configuration") {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    jwksUrl: `${url}/keys`,
    async token(claims = {}) {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: url, aud: audience, sub: "ada", iat: now, exp: now + 300, ...claims };
      const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as JWTPayload;
      const { id, privateKey } = keys.at(-1)!;
      return new SignJWT(payload)
        .setProtectedHeader(nameless ? { alg: "ES256" } : { alg: "ES256", kid: id })
        .sign(privateKey);
    },
    rotate,
    publishNameless() {
      nameless = true;
      published = keys.map(({ jwk }) => jwk);
    },
    misbehave(answer) {
      misbehaviour = answer;
    },
    reads: () => reads,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
