import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { RestClient } from "../../src/transfer/rest-client.ts";
import { startPeer } from "./support/peer-answers.ts";

it("ends an answer without end where it is larger than it may be", async () => {
  let isOver = false;
  const server = createServer((_, response) => {
    const go = (): void => {
      if (!response.destroyed) response.write(" ".repeat(65_536), () => setImmediate(go));
    };
    response.on("close", () => {
      isOver = true;
    });
    go();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new RestClient({
    address,
    ca: undefined,
    token: () => undefined,
    timeoutMs: 20_000,
    maxAnswerBytes: 1_000_000,
  });
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  await expect(client.get("/records", AbortSignal.timeout(20_000))).rejects.toThrow(
    "answers with more than 1000000 bytes",
  );
  await expect.poll(() => isOver).toBe(true);
});

it("reads no page of so many values that they would fill the memory", async () => {
  const { url } = await startPeer({
    "/records": { status: 200, text: `{"items":[${"{},".repeat(3_000_000)}{}]}` },
  });
  await expect(clientOf(url).json("/records", AbortSignal.timeout(20_000))).rejects.toThrow(
    `GET ${url}/records answers with more than 4194304 values`,
  );
});

it.each([
  [
    "a redirect",
    (response: ServerResponse) => response.writeHead(302, { location: "http://h/?t=hunter2" }).end(),
    /answered 302; redirects are not followed: give the address that it leads to$/,
  ],
  ["silence", () => {}, /was not answered within 200ms$/],
  [
    "a broken answer",
    (response: ServerResponse) => {
      response.setHeader("content-length", "100");
      response.write("{", () => response.destroy());
    },
    /was answered in part: the connection broke off$/,
  ],
])("says of %s what it is", async (_, answer, message) => {
  const server = createServer((_, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 200);
  await expect(client.json("/records", AbortSignal.timeout(20_000))).rejects.toThrow(message);
});

function clientOf(address: string, timeoutMs = 10_000): RestClient {
  const client = new RestClient({ address, ca: undefined, token: () => undefined, timeoutMs, attempts: 1 });
  onTestFinished(() => client.close());
  return client;
}
