import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openRaw } from "../support/raw-connection.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();

const alive = '{"status":"alive"}';
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** An empty SETTINGS frame, and a PING with eight bytes to recognise. */
const settings = "\0\0\0\x04\0\0\0\0\0";
const ping = "\0\0\x08\x06\0\0\0\0\0pingpong";

/** Whether the service leaves the CPU alone for a while, in which nothing is asked of it. */
async function restsFor(ms: number): Promise<boolean> {
  const cpuSeconds = (): Promise<number> => abused.service.metric("process_cpu_seconds_total");
  const before = await cpuSeconds();
  await sleep(ms);
  return (await cpuSeconds()) - before < ms / 3 / 1000;
}

describe("a connection that sends the beginning of a request and waits", () => {
  it.each([
    ["one letter", "P"],
    ["a method", "POST"],
    ["half the preface of HTTP/2", preface.slice(0, 12)],
    ["all but the last byte of the preface", preface.slice(0, -1)],
    ["half a head", "POST /v1/models HTTP/1.1\r\nhost: x\r\nx-a"],
    ["the preface and nothing more", preface],
    ["nothing", ""],
  ])("costs no CPU time: %s", async (_title, bytes) => {
    const connection = await openRaw(abused.service.port);
    connection.write(bytes);
    await sleep(50);
    // It may have something left to do of before, but not again and again.
    await until(() => restsFor(300), "the service rests");
    expect(connection.isClosed()).toBe(false);
    connection.destroy();
  });
});

describe("bytes that come one by one", () => {
  it.each([
    ["GET", `GET /livez HTTP/1.1\r\nhost: x\r\n\r\n`, alive],
    [
      "POST",
      `POST /v1/models/${model}:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 19\r\n\r\n{"instances":[[1]]}`,
      "predictions",
    ],
    ["PRI that is HTTP/1.1", "PRI /livez HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 400"],
    ["PUT", "PUT /livez HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 405"],
  ])("are HTTP/1.1: %s", async (_title, request, answer) => {
    const connection = await openRaw(abused.service.port);
    connection.socket.setNoDelay(true);
    for (const byte of request) {
      connection.write(byte);
      await sleep(0);
    }
    await connection.receives(answer);
    connection.destroy();
  });

  it("are HTTP/2", async () => {
    const connection = await openRaw(abused.service.port);
    connection.socket.setNoDelay(true);
    for (const byte of preface + settings + ping) {
      connection.write(Buffer.from(byte, "latin1"));
      await sleep(0);
    }
    await connection.receives("pingpong");
    connection.destroy();
  });

  it.each([1, 3, 14, 15, 23])("are HTTP/2 when the preface is cut behind byte %i", async (cut) => {
    const connection = await openRaw(abused.service.port);
    connection.write(preface.slice(0, cut));
    await sleep(20);
    connection.write(Buffer.from(preface.slice(cut) + settings + ping, "latin1"));
    await connection.receives("pingpong");
    connection.destroy();
  });
});

describe("several requests at once on one HTTP/1.1 connection", () => {
  it("are answered in their order", async () => {
    const connection = await openRaw(abused.service.port);
    const paths = ["/livez", "/nothing", "/v1/models", `/v1/models/${model}`, "/livez"];
    connection.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`).join(""));
    await until(() => connection.received().split("HTTP/1.1 ").length === paths.length + 1);
    const statuses = [...connection.received().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "404", "200", "200", "200"]);
    connection.destroy();
  });

  it("do not mix when one of them is broken", async () => {
    const connection = await openRaw(abused.service.port);
    connection.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\nBROKEN\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    const received = await connection.closed();
    // The one before it loses its answer where that is not out yet; what stands behind it must not be answered.
    expect(received.split(alive).length).toBeLessThanOrEqual(2);
  });

  it("are not smuggled past a length", async () => {
    const connection = await openRaw(abused.service.port);
    connection.write(
      "POST /v1/models HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n",
    );
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 400 /);
    expect(connection.received()).not.toContain(alive);
  });
});

describe("a client that ends its side", () => {
  it("behind an HTTP/1.1 request gets its answer", async () => {
    const connection = await openRaw(abused.service.port);
    connection.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.halfClose();
    expect(await connection.closed()).toContain(alive);
  });

  it.each([
    ["with nothing sent", ""],
    ["within a method", "PO"],
    ["within the preface", preface.slice(0, 10)],
    ["within a head", "GET /livez HTTP/1.1\r\nhost"],
    ["behind the preface", preface],
    ["behind a SETTINGS frame", preface + settings],
  ])("%s is let go", async (_title, bytes) => {
    const connection = await openRaw(abused.service.port);
    connection.write(Buffer.from(bytes, "latin1"));
    await sleep(30);
    connection.halfClose();
    await connection.closed();
  });
});

describe("garbage", () => {
  it.each([
    ["a TLS handshake", Buffer.from("16030100050100000100", "hex")],
    ["zeros", Buffer.alloc(64)],
    ["noise", Buffer.from("f1e2d3c4b5a69788796a5b4c3d2e1f00", "hex")],
    ["lines that are none", Buffer.from("\r\n\r\n\r\n\r\nx\r\n\r\n")],
    ["a head without end", Buffer.from(`GET / HTTP/1.1\r\nx-a: ${"a".repeat(40_000)}`)],
    ["too many headers", Buffer.from(`GET / HTTP/1.1\r\n${"a: b\r\n".repeat(5000)}\r\n`)],
    ["a path without end", Buffer.from(`GET /${"a".repeat(40_000)}`)],
    ["noise behind the preface", Buffer.concat([Buffer.from(preface), Buffer.alloc(64, 0xff)])],
    ["a frame of a size that is not allowed", Buffer.from(`${preface}\u007f\u007f\u007f\0\0\0\0\0\x01`, "latin1")],
  ])("is refused, and its connection closed: %s", async (_title, bytes) => {
    const connection = await openRaw(abused.service.port);
    connection.write(bytes);
    expect(await connection.closed()).not.toMatch(/HTTP\/1\.1 [25]/);
  });
});

describe("connections whose client is gone", () => {
  it.each([
    ["HTTP/1.1, idle", "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["HTTP/2, idle", preface + settings + ping],
    ["within a head", "GET /livez HTTP/1.1\r\n"],
    ["within the preface", preface.slice(0, 5)],
  ])("are let go: %s", async (_title, bytes) => {
    const before = await abused.service.metric("process_open_fds");
    const connections = await Promise.all(Array.from({ length: 20 }, () => openRaw(abused.service.port)));
    for (const connection of connections) connection.write(Buffer.from(bytes, "latin1"));
    await sleep(50);
    expect(await abused.service.metric("process_open_fds")).toBeGreaterThan(before + 15);
    for (const connection of connections) connection.destroy();
    await until(async () => (await abused.service.metric("process_open_fds")) <= before + 2, "the sockets are closed");
  });

  it("are let go in the middle of an HTTP/2 upload", async () => {
    const canceled = (): number => abused.service.lines.filter(({ outcome }) => outcome === "canceled").length;
    const before = canceled();
    const session = connect(abused.service.url);
    session.on("error", () => {});
    const path = "/kserve.registry.v1.ModelRegistry/Predict";
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    stream.on("error", () => {});
    stream.write(Buffer.alloc(3));
    await sleep(50);
    session.destroy();
    await until(() => canceled() === before + 1, "the call is logged as canceled");
  });
});

describe("a storm of HTTP/2 resets", () => {
  it("costs the storm its connection at most", async () => {
    const session = connect(abused.service.url);
    session.on("error", () => {});
    const closed = new Promise<void>((resolve) => session.once("close", resolve));
    for (let i = 0; i < 5000 && !session.destroyed; i++) {
      const stream = session.request({ ":path": "/livez" });
      stream.on("error", () => {});
      stream.close(8);
      if (i % 500 === 0) await sleep(1);
    }
    await Promise.race([closed, sleep(1000)]);
    session.destroy();
  });
});
