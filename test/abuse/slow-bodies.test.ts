import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { endHeaders, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw } from "../support/raw-connection.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { abusedService, expectNormalCall } from "./abused-service.ts";

const registry = "/kserve.registry.v1.ModelRegistry";
const begin = frame(Buffer.alloc(0), 0, 100);
/** Less than the limit on bodies by far, and more than a body that comes in time needs. */
const dripMs = 100;

describe.each(["on", "off"])("a body that comes drop by drop, with the fast path %s,", (fastPath) => {
  const abused = abusedService({ env: { BODY_TIMEOUT: "1s", FAST_PATH: fastPath } });

  const expectLogged = async (id: string): Promise<void> => {
    const line = () => abused.service.lines.find(({ requestId }) => requestId === id);
    await until(() => line() !== undefined, "the call is over");
    expect(line()).toMatchObject({ level: "info", reason: "REQUEST_TOO_SLOW" });
  };

  it.concurrent.each<[string, string, string, Buffer]>([
    ["gRPC-Web", "application/grpc-web+proto", `${registry}/Predict`, begin],
    ["gRPC-Web, a read", "application/grpc-web+proto", `${registry}/ListModels`, begin],
    ["gRPC-Web, a stream of answers", "application/grpc-web+proto", `${registry}/WatchModels`, begin],
    ["Connect", "application/proto", `${registry}/Predict`, Buffer.from([1])],
    ["Connect JSON", "application/json", `${registry}/Predict`, Buffer.from("{")],
    ["REST", "application/json", `/v1/models/${model}:predict`, Buffer.from("{")],
    ["REST, samples", "application/json", "/api/v1/triggers/evaluate", Buffer.from("{")],
  ])("is refused in time over HTTP/1.1, and its connection closed: %s", async (title, type, path, first) => {
    const id = `1.1-${title.replaceAll(/\W+/g, "-")}`;
    const connection = await openRaw(abused.service.port);
    connection.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nx-request-id: ${id}\r\ncontent-type: ${type}\r\ncontent-length: 105\r\n\r\n`,
    );
    connection.write(first);
    const drip = setInterval(() => connection.write(" "), dripMs);
    const answer = await connection.closed(4000).finally(() => clearInterval(drip));
    expect(answer).toMatch(/BODY_TIMEOUT/);
    expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    if (title.startsWith("REST")) expect(answer).toMatch(/^HTTP\/1\.1 408 .*x-error-reason: REQUEST_TOO_SLOW/is);
    await expectLogged(id);
  });

  it.concurrent.each<[string, string, string, Buffer]>([
    ["gRPC", "application/grpc", `${registry}/Predict`, begin],
    ["gRPC, a read", "application/grpc", `${registry}/ListModels`, begin],
    ["Connect JSON", "application/json", `${registry}/Predict`, Buffer.from("{")],
    ["REST", "application/json", `/v1/models/${model}:predict`, Buffer.from("{")],
  ])("is refused in time over HTTP/2, and its stream closed: %s", async (title, type, path, first) => {
    const id = `2-${title.replaceAll(/\W+/g, "-")}`;
    const connection = await openHttp2(abused.service.port);
    const block = requestBlock("POST", path, [
      ["content-type", type],
      ["x-request-id", id],
    ]);
    connection.write(http2Frame(frameTypes.headers, endHeaders, 1, block));
    connection.write(http2Frame(frameTypes.data, 0, 1, first));
    const drip = setInterval(() => connection.write(http2Frame(frameTypes.data, 0, 1, Buffer.from(" "))), dripMs);
    await until(() => connection.resetOf(1) !== undefined, "the stream is closed", 4000).finally(() =>
      clearInterval(drip),
    );
    expect(connection.resetOf(1)).toBe(0);
    await expectLogged(id);
    await expectNormalCall(abused.service.url, "2");
    connection.destroy();
  });

  it.concurrent("that is complete in time is taken", async () => {
    const connection = await openRaw(abused.service.port);
    const body = '{"instances":[[1],[2]]}';
    connection.write(
      `POST /v1/models/${model}:predict HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
    );
    await sleep(500);
    connection.write(body.slice(9));
    await connection.receives('"predictions":[0,1]');
    connection.destroy();
  });

  it.concurrent("may take longer all in all where requests stream, as long as no pause does", async () => {
    const connection = await openHttp2(abused.service.port);
    const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    const block = requestBlock("POST", path, [["content-type", "application/grpc"]]);
    connection.write(http2Frame(frameTypes.headers, endHeaders, 1, block));
    const listServices = frame(Buffer.from("3a00", "hex"));
    for (let i = 0; i < 4; i++) {
      await sleep(400);
      connection.write(http2Frame(frameTypes.data, 0, 1, listServices));
    }
    await connection.receives("kserve.registry.v1.ModelRegistry");
    connection.destroy();
  });
});
