import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { send } from "./http-client.ts";
import { sendRpc } from "./raw-rpc.ts";

/** More than Node's clients hold by default. */
const body = Buffer.alloc(12 * 1024 ** 2);

async function refusingServer(headers: Readonly<Record<string, string | number>>): Promise<string> {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond(headers, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("reads an answer that comes while most of a large body has not been sent", async () => {
  const url = await refusingServer({ ":status": 413 });
  expect(await send("2", { url, path: "/", body })).toMatchObject({ status: 413 });
});

it("reads the status of an RPC that comes while most of a large message has not been sent", async () => {
  const url = await refusingServer({ ":status": 200, "content-type": "application/grpc", "grpc-status": "8" });
  const format = { name: "grpc/2", protocol: "grpc", httpVersion: "2", contentType: "application/grpc" } as const;
  expect(await sendRpc(format, { url, path: "/", body })).toMatchObject({ code: "ResourceExhausted" });
});
