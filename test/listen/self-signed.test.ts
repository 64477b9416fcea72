import { X509Certificate } from "node:crypto";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { selfSigned } from "../../src/listen/self-signed.ts";

describe("a certificate that signs itself", () => {
  it("names the server, ends in ten years, is good for servers alone, and is its own authority", () => {
    const { cert, key } = selfSigned(["registry.example", "localhost"], new Date("2026-11-27T02:03:04Z"));
    const parsed = new X509Certificate(cert);
    expect(parsed).toMatchObject({
      subject: "CN=registry.example",
      issuer: "CN=registry.example",
      subjectAltName: "DNS:registry.example, DNS:localhost",
      ca: false,
      keyUsage: ["1.3.6.1.5.5.7.3.1"],
      validFrom: "Nov 27 02:03:04 2026 GMT",
      validTo: "Nov 27 02:03:04 2036 GMT",
    });
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(key.toString()).toContain("BEGIN PRIVATE KEY");
    expect(selfSigned(["registry.example"]).cert).not.toEqual(cert);
  });

  it("can be long", () => {
    const names = Array.from({ length: 40 }, (_, i) => `host-${i}.example`);
    const { subjectAltName } = new X509Certificate(selfSigned([names[0]!, ...names.slice(1)]).cert);
    expect(subjectAltName).toBe(names.map((name) => `DNS:${name}`).join(", "));
  });

  it("is taken by a client that trusts it, and by no other", async () => {
    const { cert, key } = selfSigned(["localhost"]);
    const server = createServer({ cert, key }, (_, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const status = (ca?: Buffer) =>
      new Promise((resolve) => {
        const options = {
          host: "127.0.0.1",
          servername: "localhost",
          port,
          agent: false,
          ...(ca === undefined ? {} : { ca }),
        };
        get(options, ({ statusCode }) => resolve(statusCode)).on("error", ({ code }: NodeJS.ErrnoException) =>
          resolve(code),
        );
      });
    expect(await status(cert)).toBe(200);
    expect(await status()).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});
