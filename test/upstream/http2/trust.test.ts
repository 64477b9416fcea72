import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { type Certificate, makeAuthority, temporaryFolder } from "../../support/certificates.ts";
import { registered } from "../../support/registered.ts";
import {
  answerOk,
  createTestCaller,
  createTestClient,
  expectNoSocketsAfterEach,
  startHttp2Upstream,
} from "./support/http2-upstream.ts";

expectNoSocketsAfterEach();

const pem = ({ certFile, keyFile }: Certificate) => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
const tlsOf = (caFile: string) => ({ caFiles: [caFile], certFile: undefined, keyFile: undefined });
const findAddresses = async () => ["127.0.0.1"];

describe("a server behind TLS", () => {
  it("is called by the name of its Service, whichever address is dialled", async () => {
    const authority = makeAuthority(temporaryFolder(), "authority");
    const server = await startHttp2Upstream(answerOk, pem(authority.issue("service", "DNS:model.test")));
    let servername: string | false | undefined;
    server.server.on("secureConnection", (socket) => {
      servername = socket.servername;
    });
    const url = `https://model.test:${server.port}`;
    const { text } = createTestCaller(url, { findAddresses, tls: tlsOf(authority.file) });
    expect(await text()).toBe("answer");
    expect(servername).toBe("model.test");
    expect(server.seen[0]!.headers).toMatchObject({ ":scheme": "https", ":authority": `model.test:${server.port}` });
  });

  it("is refused where its certificate is for another name, and not tried again", async () => {
    const authority = makeAuthority(temporaryFolder(), "authority");
    const server = await startHttp2Upstream(answerOk, pem(authority.issue("service", "DNS:other.test,IP:127.0.0.1")));
    const options = { findAddresses, tls: tlsOf(authority.file) };
    const { send, retried } = createTestCaller(`https://model.test:${server.port}`, options);
    await expect(send()).rejects.toMatchObject({
      message: expect.stringContaining("its certificate is for another name"),
    });
    expect(retried).toEqual([]);
  });

  it("is rejected with a certificate from an untrusted authority", async () => {
    const authority = makeAuthority(temporaryFolder(), "authority");
    const server = await startHttp2Upstream(answerOk, pem(authority.issue("service", "DNS:model.test")));
    const { send } = createTestCaller(`https://model.test:${server.port}`, { findAddresses });
    await expect(send()).rejects.toMatchObject({ message: expect.stringContaining("not trusted") });
  });

  it("is found out where it offers HTTP/1.1 alone", async () => {
    const authority = makeAuthority(temporaryFolder(), "authority");
    const server = createServer({ ...pem(authority.issue("service", "DNS:model.test")), ALPNProtocols: ["http/1.1"] });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { send } = createTestCaller(`https://model.test:${port}`, { findAddresses, tls: tlsOf(authority.file) });
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_UNREACHABLE" });
  });
});

describe("a model whose entry is not trusted", () => {
  it.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])(
    "does not reach this machine as %s",
    async (host) => {
      const server = await startHttp2Upstream(answerOk, {}, host.includes(":") ? "::1" : "127.0.0.1");
      const { client, retried } = createTestClient();
      const model = registered({ url: `http://${host}:${server.port}` });
      const send = (tenant: string | undefined) =>
        client.send(
          { ...model, tenant },
          { path: "/", headers: {}, chunks: [], cancellation: new Cancellation<Error>() },
        );
      // An open connection of a trusted one must be of no use to it.
      if (host !== "[::ffff:127.0.0.1]") expect((await send(undefined)).status).toBe(200);
      await expect(send("tenant-a")).rejects.toMatchObject({
        reason: "MODEL_UNREACHABLE",
        message: expect.stringContaining("of a kind that only trusted entries may use"),
      });
      expect([server.seen.filter(({ headers }) => headers[":path"] === "/").length <= 1, retried]).toEqual([true, []]);
    },
  );

  it("does not reach what its Service leads out to, on an open connection either", async () => {
    const server = await startHttp2Upstream(answerOk);
    let elsewhere: string | undefined;
    const { client } = createTestClient({ leadsOut: () => elsewhere, findAddresses });
    const model = { ...registered({ url: `http://model.test:${server.port}` }), tenant: "tenant-a" };
    const send = () =>
      client.send(model, { path: "/", headers: {}, chunks: [], cancellation: new Cancellation<Error>() });
    expect((await send()).status).toBe(200);
    elsewhere = "db.other.svc";
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_UNREACHABLE" });
    expect(server.seen.length).toBe(1);
  });

  it("names no files, such as that of a token", async () => {
    const server = await startHttp2Upstream(answerOk);
    const { client } = createTestClient();
    const model = { ...registered({ url: `http://127.0.0.1:${server.port}` }), tenant: "tenant-a" };
    const credentials = { caFile: undefined, clientCertFile: undefined, clientKeyFile: undefined, tokenFile: "/token" };
    await expect(
      client.ask({ ...model, credentials }, { path: "/", headers: {}, chunks: [], cancellation: new Cancellation() }),
    ).rejects.toMatchObject({ reason: "MODEL_CREDENTIALS_UNREADABLE" });
    expect(server.seen).toEqual([]);
  });
});
