import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net, { type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRegistry } from "../support/running-service.ts";
import { runCli } from "./support/run-cli.ts";

let directory: string;
const certFile = (): string => join(directory, "cert.pem");
const keyFile = (): string => join(directory, "key.pem");
const tls = (): { cert: Buffer; key: Buffer } => ({ cert: readFileSync(certFile()), key: readFileSync(keyFile()) });

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cli-tls-"));
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test";
  const args = [...request.split(" "), "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", [...args, "-keyout", keyFile(), "-out", certFile()], { stdio: "ignore" });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Listens on a free port of loopback for one test, and gives the port. */
async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const page: http.RequestListener = (_request, response) => void response.end("hello");

describe("a server that is none", () => {
  it.each<[string, "http" | "https", () => net.Server, RegExp]>([
    [
      "speaks HTTP/1.1",
      "http",
      () => http.createServer(page),
      /does not speak HTTP\/2, which gRPC needs\.\nCheck that/,
    ],
    ["speaks HTTP/1.1 over TLS", "https", () => https.createServer(tls(), page), /does not speak HTTP\/2/],
    ["speaks TLS to http://", "http", () => https.createServer(tls(), page), /closed the connection|speak HTTP\/2/],
    ["speaks no TLS to https://", "https", () => http.createServer(page), /does not speak TLS\.\nUse http:\/\//],
    ["speaks something else", "http", () => net.createServer((s) => s.write("SSH-2.0-x\r\n")), /speak HTTP\/2/],
    ["hangs up", "http", () => net.createServer((s) => s.once("data", () => s.destroy())), /closed the connection/],
    [
      "never answers",
      "http",
      () => net.createServer(() => {}),
      /^error: No answer from .* within 300ms\.\nSet a longer/,
    ],
    [
      "knows no such call",
      "http",
      () => http2.createServer((_request, response) => response.writeHead(404).end()),
      /does not know this call: HTTP 404\.\nCheck that --address is that of a kserve-model-registry/,
    ],
  ])("is told apart when it %s", async (_, scheme, create, expected) => {
    const address = `${scheme}://127.0.0.1:${await listen(create())}`;
    const ca = scheme === "https" ? ["--ca-file", certFile()] : [];
    const { status, out, err } = await runCli(["list", "--address", address, ...ca, "--timeout", "300ms"]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(expected);
    expect(err).toContain(address);
    expect(err.trimEnd().split("\n")).toHaveLength(2);
  });

  it.each([
    ["http://127.0.0.1:1", "cannot be reached: the connection was refused.\nStart it with"],
    ["http://no.such.invalid", "cannot be reached: its name "],
  ])("is told apart when nobody is at %s", async (address, expected) => {
    const { status, err } = await runCli(["list", "--address", address]);
    expect(status).toBe(1);
    expect(err).toContain(`error: The server at ${address} ${expected}`);
  });
});

describe("a server with TLS", () => {
  const startTls = () => startRegistry({ env: { TLS_CERT_FILE: certFile(), TLS_KEY_FILE: keyFile() } });

  it("is called with the authority of --ca-file", async () => {
    const { url } = await startTls();
    expect(url).toMatch(/^https:/);
    const { status, out } = await runCli(["list", "--address", url, "--ca-file", certFile()]);
    expect(status).toBe(0);
    expect(out).toContain("anomaly-detector");
  });

  it("is not trusted without", async () => {
    const { url } = await startTls();
    expect(await runCli(["list", "--address", url])).toEqual({
      status: 1,
      out: "",
      err: `error: The server at ${url} has a certificate that is not trusted here.\nPass the server's CA certificate in --ca-file.\n`,
    });
  });

  it("is not trusted under another name", async () => {
    const { port } = await startTls();
    const { err } = await runCli(["list", "--address", `https://localhost:${port}`, "--ca-file", certFile()]);
    expect(err).toContain("has a certificate for another name.\nUse a name from its certificate in --address.\n");
  });
});
