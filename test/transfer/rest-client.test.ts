import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { RestClient } from "../../src/transfer/rest-client.ts";

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
