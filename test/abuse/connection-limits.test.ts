import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { describe, expect, it, type TestContext } from "vitest";
import { WatchModelsRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { startCli } from "../cli/support/run-cli.ts";
import { delayed, predict } from "../support/fake-upstream.ts";
import { framed } from "../support/frame.ts";
import { send } from "../support/http-client.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";
import { answered, openHttp2, requestBlock } from "../support/raw-http2.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { abusedService, expectNormalCall } from "./abused-service.ts";

const alive = '{"status":"alive"}';
const get = "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";
const getBlock = requestBlock("GET", "/livez");
const noError = 0;
/** A model that takes its time, beside the one that normal calls are made to. */
const thinker = "thinker";
const models = [{ name: model }, { name: thinker }];
const watchHead = requestBlock("POST", "/kserve.registry.v1.ModelRegistry/WatchModels", [
  ["content-type", "application/grpc"],
]);
const watchBody = framed(WatchModelsRequestSchema, {});

/** Opens connections that are closed behind the test. Tests run side by side, so each has its own. */
function opener({ onTestFinished }: TestContext) {
  const kept = async <C extends RawConnection>(opening: Promise<C>): Promise<C> => {
    const connection = await opening;
    onTestFinished(() => connection.destroy());
    return connection;
  };
  return { http1: (port: number) => kept(openRaw(port)), http2: (port: number) => kept(openHttp2(port)) };
}

describe("an idle connection", () => {
  const abused = abusedService({ models, env: { IDLE_TIMEOUT: "1s", HEADERS_TIMEOUT: "1s" } });

  it.concurrent("is closed over HTTP/1.1", async (context) => {
    const { http1 } = opener(context);
    const connection = await http1(abused.service.port);
    connection.write(get);
    await connection.receives(alive);
    await connection.closed(4000);
  });

  it.concurrent("is closed over HTTP/2, with a GOAWAY, whatever it pings", async (context) => {
    const { http2 } = opener(context);
    const connection = await http2(abused.service.port);
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, getBlock));
    await until(() => answered(connection, 1));
    const pings = setInterval(() => connection.write(http2Frame(frameTypes.ping, 0, 0, Buffer.alloc(8))), 100);
    await connection.closed(4000).finally(() => clearInterval(pings));
    expect(new Set(connection.goaways())).toEqual(new Set([noError]));
  });

  it.concurrent("is closed over HTTP/2 where no call ever came, or only half a head", async (context) => {
    const { http2 } = opener(context);
    const silent = await http2(abused.service.port);
    const half = await http2(abused.service.port);
    half.write(http2Frame(frameTypes.headers, 0, 1, getBlock));
    await Promise.all([silent.closed(4000), half.closed(4000)]);
  });

  it.concurrent("is none while a watch is silent, nor while a model thinks", async (context) => {
    const { http1, http2 } = opener(context);
    const { port, upstream } = abused.service;
    const watch = await http2(port);
    watch.write(http2Frame(frameTypes.headers, endHeaders, 1, watchHead));
    watch.write(http2Frame(frameTypes.data, endStream, 1, watchBody));
    await until(() => answered(watch, 1), "the watch begins");
    const watch1 = await http1(port);
    watch1.write(
      "POST /kserve.registry.v1.ModelRegistry/WatchModels HTTP/1.1\r\nhost: x\r\n" +
        `content-type: application/grpc-web+proto\r\ncontent-length: ${watchBody.length}\r\n\r\n`,
    );
    watch1.write(watchBody);
    await watch1.receives("HTTP/1.1 200");
    upstream.onPredict(thinker, delayed(2500, predict([0])));
    const slow = await http1(port);
    slow.write(
      `POST /v1/models/${thinker}:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 19\r\n\r\n{"instances":[[1]]}`,
    );
    await slow.receives("predictions", 4000);
    expect([watch.isClosed(), watch1.isClosed()]).toEqual([false, false]);
    expect(watch.goaways()).toEqual([]);
  });
});

describe("an old connection", () => {
  const abused = abusedService({ models, env: { MAX_CONNECTION_AGE: "1s", MAX_CONNECTION_AGE_GRACE: "2s" } });

  it.concurrent("is asked to go over HTTP/1.1 with its next answer, and closed behind it", async (context) => {
    const { http1 } = opener(context);
    const connection = await http1(abused.service.port);
    connection.write(get);
    await connection.receives(alive);
    expect(connection.received()).toMatch(/connection: keep-alive/i);
    await sleep(1200);
    expect(connection.isClosed()).toBe(false);
    connection.write(get);
    expect(await connection.closed()).toMatch(/connection: close.*alive"\}$/is);
  });

  it.concurrent("is asked to go over HTTP/2, and which call was the last that was taken", async (context) => {
    const { http2 } = opener(context);
    const connection = await http2(abused.service.port);
    connection.write(http2Frame(frameTypes.headers, endHeaders | endStream, 1, getBlock));
    await until(() => answered(connection, 1));
    await connection.closed(4000);
    const goaway = connection.frames().find(({ type }) => type === frameTypes.goaway);
    expect([goaway?.payload.readUInt32BE(0), goaway?.payload.readUInt32BE(4)]).toEqual([1, noError]);
  });

  it.concurrent("may finish its calls, for as long as the grace is", async (context) => {
    const { http2 } = opener(context);
    const { port, upstream } = abused.service;
    upstream.onPredict(thinker, delayed(2000, predict([0])));
    const body = '{"instances":[[1]]}';
    const block = requestBlock("POST", `/v1/models/${thinker}:predict`, [["content-type", "application/json"]]);
    const slow = await http2(port);
    slow.write(http2Frame(frameTypes.headers, endHeaders, 1, block));
    slow.write(http2Frame(frameTypes.data, endStream, 1, Buffer.from(body)));
    const watch = await http2(port);
    watch.write(http2Frame(frameTypes.headers, endHeaders, 1, watchHead));
    watch.write(http2Frame(frameTypes.data, endStream, 1, watchBody));
    await until(() => answered(watch, 1), "the watch begins");
    await until(() => slow.goaways().length > 0, "the GOAWAY comes", 3000);
    expect(answered(slow, 1)).toBe(false);
    await until(() => answered(slow, 1), "the slow call is answered", 3000);
    await watch.closed(5000);
  });

  it.concurrent("costs callers over gRPC no call", async () => {
    const client = new Client(`127.0.0.1:${abused.service.port}`, credentials.createInsecure());
    const bytes = (value: Buffer): Buffer => value;
    const check = (): Promise<void> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest("/grpc.health.v1.Health/Check", bytes, bytes, Buffer.alloc(0), (error) =>
          error === null ? resolve() : reject(error),
        );
      });
    let answers = 0;
    const started = performance.now();
    while (performance.now() - started < 4000 || answers < 100)
      answers += (await Promise.all([check(), check(), check()])).length;
    client.close();
    expect(answers).toBeGreaterThanOrEqual(100);
  }, 30_000);
});

describe("connections above the cap", () => {
  const abused = abusedService({ env: { MAX_CONNECTIONS: "20" } });
  const roomAgain = (): Promise<void> =>
    until(
      () =>
        expectNormalCall(abused.service.url, "1.1").then(
          () => true,
          () => false,
        ),
      "there is room again",
    );

  it("are closed, and those that are open go on", async (context) => {
    const { http1 } = opener(context);
    const { port } = abused.service;
    const first = await Promise.all(Array.from({ length: 20 }, () => http1(port)));
    first[0]!.write(get);
    await first[0]!.receives(alive);
    const more = await Promise.all(Array.from({ length: 10 }, () => http1(port)));
    for (const connection of more) connection.write("GET /api/v1/models HTTP/1.1\r\nhost: x\r\n\r\n");
    await Promise.all(more.map((connection) => connection.closed()));
    expect(more.map((connection) => connection.received())).toEqual(more.map(() => ""));
    first[19]!.write(get);
    await first[19]!.receives(alive);
    expect(first.filter((connection) => connection.isClosed())).toEqual([]);
    // One that goes makes room for another.
    for (const connection of first.slice(0, 5)) connection.destroy();
    await roomAgain();
  });

  it("leave probes their places, whatever holds the rest and comes above it", async (context) => {
    const { http1 } = opener(context);
    const { port, url } = abused.service;
    const held = await Promise.all(Array.from({ length: 20 }, () => http1(port)));
    held[0]!.write(get);
    await held[0]!.receives(alive);
    // More than there are places, of connections that ask nothing.
    const silent = await Promise.all(Array.from({ length: 80 }, () => http1(port)));
    for (const path of ["/livez", "/readyz"]) {
      for (const version of ["1.1", "2"] as const) {
        expect(await send(version, { url, path })).toMatchObject({ status: 200 });
      }
    }
    const probe = await http1(port);
    probe.write(get);
    await probe.receives(alive);
    await probe.closed();
    const health = startCli(["health", "--address", url]);
    expect({ status: await health.status, out: health.out() }).toEqual({ status: 0, out: "The server is serving\n" });
    const [first] = silent;
    await first!.closed();
    // Another path on such a connection is not asked.
    await expect(send("2", { url, path: "/api/v1/models" })).rejects.toThrow();
    // Those of tests before, which are closing, may have taken the last of the usual places from these.
    expect(held.slice(0, 10).map((connection) => connection.isClosed())).toEqual(Array(10).fill(false));
    for (const connection of held) connection.destroy();
    await roomAgain();
  });

  it("are closed after a while when they ask nothing", async (context) => {
    const { http1 } = opener(context);
    const { port } = abused.service;
    const held = await Promise.all(Array.from({ length: 20 }, () => http1(port)));
    const silent = await http1(port);
    await silent.closed(8000);
    for (const connection of held) connection.destroy();
    await roomAgain();
  }, 15_000);
});
