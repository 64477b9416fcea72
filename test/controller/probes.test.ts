import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { createProbes, type ProbesOptions } from "../../src/controller/probes.ts";
import { selfSigned } from "../../src/listen/self-signed.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";

const expose = async () => ({ contentType: "text/plain; version=0.0.4", body: Buffer.from("up 1\n") });

async function start(options: Partial<ProbesOptions> = {}) {
  let reason: string | undefined = "waiting for the models of model-registration";
  const probes = createProbes({ notReadyReason: () => reason, metrics: { expose }, onError: () => {}, ...options });
  onTestFinished(() => probes.close());
  const { port } = await probes.listen(0, "127.0.0.1");
  const ask = async (path: string, method = "GET", headers = {}): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
    return [response.status, await response.text()];
  };
  return { ask, probes, port, setReason: (now: string | undefined) => (reason = now) };
}

describe("the probes of the controller", () => {
  it("say that it lives, and why it is not ready until it is", async () => {
    const { ask, setReason } = await start();
    expect(await ask("/livez")).toEqual([200, "ok\n"]);
    expect(await ask("/readyz?verbose")).toEqual([503, "waiting for the models of model-registration\n"]);
    setReason(undefined);
    expect(await ask("/readyz")).toEqual([200, "ok\n"]);
    expect(await ask("/metrics")).toEqual([200, "up 1\n"]);
  });

  it("answer nothing else", async () => {
    const { ask } = await start();
    expect(await ask("/livez", "HEAD")).toEqual([200, ""]);
    expect((await ask("/livez", "POST"))[0]).toBe(405);
    expect((await ask("/api/v1/models"))[0]).toBe(404);
  });

  it("return 404 without metrics, and reject scrapers without access", async () => {
    const { ask: withoutMetrics } = await start({ metrics: undefined });
    expect(await withoutMetrics("/metrics")).toEqual([404, "not found; there are /livez, /readyz\n"]);
    const admit = async (authorization: string | undefined): Promise<void> => {
      if (authorization === undefined) throw new RegistryError("UNAUTHENTICATED", "a token is needed");
      if (authorization === "Bearer weak") throw new RegistryError("PERMISSION_DENIED", "weak may not");
      if (authorization === "Bearer broken") throw new TypeError("secret inside");
    };
    const { ask } = await start({ metrics: { expose, admit } });
    expect(await ask("/metrics")).toEqual([401, "a token is needed\n"]);
    const as = (token: string) => ask("/metrics", "GET", { authorization: `Bearer ${token}` });
    expect(await as("weak")).toEqual([403, "weak may not\n"]);
    expect(await as("broken")).toEqual([503, "access cannot be checked\n"]);
    expect(await as("good")).toEqual([200, "up 1\n"]);
    expect((await ask("/livez"))[0]).toBe(200);
  });

  it("return 500 where the metrics cannot be exposed, with nothing of why, and live on", async () => {
    const reported: unknown[] = [];
    const failure = new TypeError("secret inside");
    const { ask } = await start({
      metrics: { expose: () => Promise.reject(failure) },
      onError: (error) => reported.push(error),
    });
    expect(await ask("/metrics")).toEqual([500, "internal error; the log has more\n"]);
    expect(reported).toEqual([failure]);
    expect(await ask("/livez")).toEqual([200, "ok\n"]);
  });

  it("return 500 where it is not known whether it is ready", async () => {
    const { ask } = await start({
      notReadyReason: () => {
        throw new TypeError("secret inside");
      },
    });
    expect((await ask("/readyz"))[0]).toBe(500);
    expect((await ask("/livez"))[0]).toBe(200);
  });

  it("speak TLS with the certificate that they were given last", async () => {
    const { probes, port } = await start({ tls: selfSigned(["one.example"]) });
    const subject = () =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
          resolve(new X509Certificate(socket.getPeerCertificate(true).raw).subject);
          socket.destroy();
        });
        socket.on("error", reject);
      });
    expect(await subject()).toBe("CN=one.example");
    probes.setTls(selfSigned(["other.example"]));
    expect(await subject()).toBe("CN=other.example");
  });
});
