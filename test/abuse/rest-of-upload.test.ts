import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { abusedService } from "./abused-service.ts";

const KiB = 1024;
const registry = "/kserve.registry.v1.ModelRegistry";
const grpcWeb = "application/grpc-web+proto";
const empty = frame(Buffer.alloc(0));

/** A piece of a body whose length is not known beforehand. */
function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}
const lastChunk = "0\r\n\r\n";

/** Begins an upload, and waits for the answer that does not wait for its end. */
async function beginUpload(port: number, path: string, type: string, begin: Uint8Array): Promise<RawConnection> {
  const connection = await openRaw(port);
  connection.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
  connection.write(chunk(begin));
  await connection.receives("HTTP/1.1 ");
  return connection;
}

async function expectNextAnswered(connection: RawConnection): Promise<void> {
  connection.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
  await connection.receives('{"status":"alive"}');
  expect(connection.isClosed()).toBe(false);
  connection.destroy();
}

describe.each(["on", "off"])("an upload over HTTP/1.1 that is answered early, with the fast path %s,", (fastPath) => {
  const abused = abusedService({ env: { MAX_REQUEST_SIZE: "64KiB", FAST_PATH: fastPath } });

  it.each<[string, string, string, Buffer]>([
    ["gRPC-Web, too large", grpcWeb, `${registry}/Predict`, frame(Buffer.alloc(65 * KiB))],
    [
      "gRPC-Web, said to be too large",
      grpcWeb,
      `${registry}/ListModels`,
      frame(Buffer.alloc(65 * KiB)).subarray(0, 10),
    ],
    ["gRPC-Web, a second message", grpcWeb, `${registry}/ListModels`, Buffer.concat([empty, empty])],
    ["gRPC-Web, a second message to a stream", grpcWeb, `${registry}/WatchModels`, Buffer.concat([empty, empty])],
    ["Connect, too large", "application/proto", `${registry}/Predict`, Buffer.alloc(65 * KiB)],
    ["Connect JSON, too large", "application/json", `${registry}/Predict`, Buffer.alloc(65 * KiB, 0x20)],
    ["REST, too large", "application/json", `/v1/models/${model}:predict`, Buffer.alloc(65 * KiB, 0x20)],
    ["REST, not wanted", "application/json", "/v1/nothing", Buffer.alloc(65 * KiB, 0x20)],
  ])("is taken to its end, and its connection goes on: %s", async (_title, type, path, begin) => {
    const connection = await beginUpload(abused.service.port, path, type, begin);
    for (let i = 0; i < 4; i++) connection.write(chunk(Buffer.alloc(64 * KiB, 0x20)));
    connection.write(lastChunk);
    await expectNextAnswered(connection);
  });

  it("does not cost its connection later on", async () => {
    const connection = await beginUpload(
      abused.service.port,
      `${registry}/WatchModels`,
      grpcWeb,
      Buffer.concat([empty, empty]),
    );
    connection.write(lastChunk);
    // Longer than an upload that goes on is put up with.
    await sleep(1300);
    await expectNextAnswered(connection);
  });
});

describe.each(["on", "off"])("an upload over HTTP/2 that is answered early, with the fast path %s,", (fastPath) => {
  const abused = abusedService({ env: { MAX_REQUEST_SIZE: "64KiB", FAST_PATH: fastPath } });
  const large = 4 * 1024 * KiB;

  it.each<[string, string, string, Buffer]>([
    ["gRPC", "application/grpc", `${registry}/Predict`, frame(Buffer.alloc(large))],
    ["gRPC-Web", grpcWeb, `${registry}/Predict`, frame(Buffer.alloc(large))],
    ["Connect", "application/proto", `${registry}/Predict`, Buffer.alloc(large)],
    ["Connect JSON", "application/json", `${registry}/Predict`, Buffer.alloc(large, 0x20)],
    ["REST", "application/json", `/v1/models/${model}:predict`, Buffer.alloc(large, 0x20)],
  ])("is over, though its connection stays: %s", async (_title, type, path, body) => {
    const id = `upload of ${path} as ${type}`.replaceAll(" ", "-");
    const session = connect(abused.service.url);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": type, "x-request-id": id });
    stream.on("error", () => {});
    stream.resume().end(body);
    const isOver = (): boolean => abused.service.lines.some(({ requestId }) => requestId === id);
    await until(isOver, "the call is over");
    expect(await abused.service.metric("kserve_registry_bytes_in_memory")).toBe(0);
    expect(session.closed).toBe(false);
    session.destroy();
  });
});
