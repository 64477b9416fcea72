import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { createListener } from "../../src/listen/listener.ts";
import { readTlsFiles } from "../../src/listen/tls-files.ts";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { rows } from "../support/clients.ts";
import { delayed, predict } from "../support/fake-upstream.ts";
import { openRaw } from "../support/raw-connection.ts";
import { model, type RunningService, startRegistry } from "../support/running-service.ts";
import { getHttp1, getHttp2, handshake } from "../support/tls-client.ts";
import { until } from "../support/until.ts";

async function startSecure(): Promise<RunningService> {
  const { certFile, keyFile } = makeCertificate(temporaryFolder(), "first");
  return startRegistry({ env: { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } });
}

/** A listener with a short time for heads and handshakes. */
async function listenBriefly(): Promise<number> {
  const { certFile, keyFile } = makeCertificate(temporaryFolder(), "first");
  const options = { headersTimeoutMs: 300, tls: readTlsFiles({ certFile, keyFile }) };
  const listener = createListener(options, (_request, response) => response.end());
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(100));
  return port;
}

describe("a port with TLS", () => {
  it("says so", async () => {
    const { url, log } = await startSecure();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(log.lines.some(({ msg }) => msg.includes(url))).toBe(true);
  });

  it.each<[string[], string | false]>([
    [["h2", "http/1.1"], "h2"],
    [["http/1.1", "h2"], "h2"],
    [["h2"], "h2"],
    [["http/1.1"], "http/1.1"],
    [["http/1.0", "http/1.1"], "http/1.1"],
    [["http/1.0"], "http/1.0"],
    [[], false],
  ])("chooses of %j by ALPN: %s", async (offered, chosen) => {
    const { port } = await startSecure();
    const { alpn, protocol } = await handshake(port, offered);
    expect(alpn).toBe(chosen);
    expect(["TLSv1.2", "TLSv1.3"]).toContain(protocol);
  });

  it("serves REST over both versions of HTTP", async () => {
    const { port } = await startSecure();
    const alive = { status: 200, body: '{"status":"alive"}' };
    expect(await getHttp1(port, "/livez")).toEqual(alive);
    expect(await getHttp2(port, "/livez")).toEqual(alive);
  });

  it("serves gRPC, and Connect over HTTP/1.1", async () => {
    const { url } = await startSecure();
    const trusting = { rejectUnauthorized: false };
    const sessionManager = new Http2SessionManager(url, {}, trusting);
    onTestFinished(() => sessionManager.abort());
    const transports = [
      createGrpcTransport({ baseUrl: url, sessionManager }),
      createConnectTransport({ baseUrl: url, httpVersion: "1.1", nodeOptions: { ...trusting, agent: false } }),
    ];
    for (const transport of transports) {
      expect((await createClient(ModelRegistry, transport).predict(rows(model, [1]))).modelName).toBe(model);
    }
  });

  it("closes connections that do not speak TLS, and continues", async () => {
    const { port } = await startSecure();
    const plain = await openRaw(port);
    plain.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(await plain.closed()).not.toContain("alive");
    const noise = await openRaw(port);
    noise.write(Buffer.alloc(100, 0xff));
    await noise.closed();
    const gone = await openRaw(port);
    gone.write(Buffer.from("16030100", "hex"));
    gone.destroy();
    expect((await getHttp2(port, "/livez")).status).toBe(200);
  });

  it("does not wait for a slow head", async () => {
    const port = await listenBriefly();
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    let closed = false;
    socket.on("close", () => {
      closed = true;
    });
    socket.on("error", () => {});
    socket.resume();
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n");
    await until(() => closed, "the connection is closed");
  });

  it.each([
    ["that never begins", ""],
    ["that stops half-way", "160301"],
  ])("does not wait for a handshake %s", async (_title, bytes) => {
    const connection = await openRaw(await listenBriefly());
    connection.write(Buffer.from(bytes, "hex"));
    await connection.closed();
  });

  it("finishes what is under way when it stops", async () => {
    const service = await startSecure();
    service.upstream.onPredict(model, delayed(200, predict([1])));
    const transport = createConnectTransport({
      baseUrl: service.url,
      httpVersion: "1.1",
      nodeOptions: { rejectUnauthorized: false },
    });
    const call = createClient(ModelRegistry, transport).predict(rows(model, [1]));
    await until(() => service.upstream.predictions.length > 0);
    const stopped = service.stop();
    expect((await call).modelName).toBe(model);
    await stopped;
  });
});

describe("a start with TLS files", () => {
  it.each<[string, (folder: string) => { certFile: string; keyFile: string }]>([
    ["that are not there", (folder) => ({ certFile: join(folder, "no.crt"), keyFile: join(folder, "no.key") })],
    [
      "that do not fit each other",
      (folder) => ({
        certFile: makeCertificate(folder, "one").certFile,
        keyFile: makeCertificate(folder, "two").keyFile,
      }),
    ],
    [
      "that are something else",
      (folder) => {
        writeFileSync(join(folder, "text"), "no certificate");
        return { certFile: join(folder, "text"), keyFile: join(folder, "text") };
      },
    ],
  ])("%s is refused, and says which", async (_title, files) => {
    const { certFile, keyFile } = files(temporaryFolder());
    const start = startRegistry({ env: { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } });
    await expect(start).rejects.toThrow(/TLS_CERT_FILE, TLS_KEY_FILE: /);
  });

  it("of which one is missing is refused", async () => {
    await expect(startRegistry({ env: { TLS_CERT_FILE: "/tmp/x.crt" } })).rejects.toThrow(/expected both or neither/);
  });
});
