import { constants } from "node:http2";
import { describe, expect, it } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { MemoryBudget } from "../../../src/registry/memory-budget.ts";
import { until } from "../../support/until.ts";
import {
  type AnswerCall,
  answerOk,
  createTestCaller,
  expectNoSocketsAfterEach,
  startHttp2Upstream,
  startTcp,
} from "./support/http2-upstream.ts";

expectNoSocketsAfterEach();

async function start(answer: AnswerCall, options: Parameters<typeof createTestCaller>[1] = {}) {
  const server = await startHttp2Upstream(answer);
  return { server, ...createTestCaller(`http://127.0.0.1:${server.port}/prefix/`, options) };
}

describe("a request by HTTP/2", () => {
  it("goes out with its head and its pieces, and comes back with trailers", async () => {
    const { server, send } = await start(answerOk);
    const answer = await send({ headers: { "content-type": "application/grpc", te: "trailers", "x-more": "1" } });
    expect(Buffer.concat(answer.chunks as Buffer[]).toString()).toBe("answer");
    expect(answer).toMatchObject({ status: 200, attempts: 1, size: 6, trailers: { "grpc-status": "0" } });
    const { headers, body } = server.seen[0]!;
    expect(body.toString()).toBe("request");
    expect(headers).toMatchObject({
      ":method": "POST",
      ":scheme": "http",
      ":authority": `127.0.0.1:${server.port}`,
      ":path": "/prefix/service/Method",
      "x-more": "1",
    });
  });

  it("names an IPv6 address in brackets", async () => {
    const server = await startHttp2Upstream(answerOk, {}, "::1");
    const { text } = createTestCaller(`http://[::1]:${server.port}`);
    expect(await text()).toBe("answer");
    expect(server.seen[0]!.headers[":authority"]).toBe(`[::1]:${server.port}`);
  });

  it("is sent to another address of the name where one does not answer", async () => {
    const server = await startHttp2Upstream(answerOk);
    const { text, retried } = createTestCaller(`http://model.test:${server.port}`, {
      findAddresses: async () => ["127.0.0.2", "127.0.0.3", "127.0.0.1"],
    });
    expect(await Promise.all(Array.from({ length: 10 }, () => text()))).toEqual(Array(10).fill("answer"));
    expect(retried).toEqual([]);
    expect(server.seen[0]!.headers[":authority"]).toBe(`model.test:${server.port}`);
  });

  it("takes a body that is larger than every window, both ways", async () => {
    const large = Buffer.alloc(3 * 1024 * 1024, "x");
    const { server, send } = await start((call) => answerOk(call, large), { maxResponseBytes: large.length });
    const answers = await Promise.all(Array.from({ length: 4 }, () => send({ chunks: [large.subarray(0, 9), large] })));
    expect(answers.map(({ size }) => size)).toEqual(Array(4).fill(large.length));
    expect(server.seen.map(({ body }) => body.length)).toEqual(Array(4).fill(large.length + 9));
  });

  it("gives an answer that comes before the request has been read", async () => {
    const resets: (number | undefined)[] = [];
    const server = await startHttp2Upstream(() => {});
    server.server.removeAllListeners("stream");
    server.server.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.on("close", () => resets.push(stream.rstCode));
      stream.pause();
      stream.respond({ ":status": 200, "grpc-status": "8" }, { endStream: true });
    });
    const { send } = createTestCaller(`http://127.0.0.1:${server.port}`);
    const answer = await send({ chunks: [Buffer.alloc(4 * 1024 * 1024)] });
    expect(answer.headers["grpc-status"]).toBe("8");
    // The rest of the request is not waited for: nobody reads it.
    await until(() => resets.length === 1);
  });

  it("ends with a reset when it is cancelled, and its connection stays", async () => {
    let hangs = true;
    const { server, send, text } = await start((call) => {
      if (!hangs) answerOk(call);
    });
    const cancellation = new Cancellation<Error>();
    const sent = expect(send({ cancellation })).rejects.toThrow("no longer wanted");
    await until(() => server.seen.length === 1);
    cancellation.cancel(new Error("no longer wanted"));
    await sent;
    await until(() => server.seen[0]!.stream.rstCode === constants.NGHTTP2_CANCEL);
    hangs = false;
    expect(await text()).toBe("answer");
    expect(server.sessionCount).toBe(1);
  });

  it("is not sent at all where it is cancelled before", async () => {
    const { server, send } = await start(answerOk);
    const cancellation = new Cancellation<Error>();
    cancellation.cancel(new Error("gone"));
    await expect(send({ cancellation })).rejects.toThrow("gone");
    expect(server.seen).toEqual([]);
  });
});

describe("an answer by HTTP/2", () => {
  it("is cut off above its limit", async () => {
    const { send } = await start((call) => answerOk(call, Buffer.alloc(100_000)));
    await expect(send()).rejects.toMatchObject({
      reason: "MODEL_BAD_ANSWER",
      message: expect.stringContaining("KSERVE_MAX_RESPONSE_SIZE"),
      failure: { attempts: 1 },
    });
  });

  it("counts for its call, which ends where the memory of all is used up", async () => {
    const memory = new MemoryBudget(50_000);
    const { send } = await start((call) => answerOk(call, Buffer.alloc(60_000)), { memory });
    await expect(send({ holder: { heldBytes: 0 } })).rejects.toMatchObject({ reason: "SERVER_OVERLOADED" });
    expect(memory.heldBytes).toBe(0);
  });

  it("comes byte by byte, and is whole", async () => {
    const whole = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
    const { send } = await start(({ stream }) => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      let at = 0;
      const more = (): void => {
        for (let i = 0; i < 50; i++) stream.write(whole.subarray(at++, at));
        if (at < 3000) setImmediate(more);
        else stream.end(whole.subarray(at));
      };
      more();
    });
    const { chunks, size } = await send();
    expect(Buffer.concat(chunks as Buffer[]).equals(whole)).toBe(true);
    expect([size, chunks.length < 100]).toEqual([5000, true]);
  });

  it("may be without trailers where it is not from a gRPC server", async () => {
    const { send } = await start(({ stream }) => {
      stream.respond({ ":status": 503, "content-type": "text/plain" });
      stream.end("no healthy upstream");
    });
    const answer = await send();
    expect(answer).toMatchObject({ status: 503, trailers: {} });
    expect(Buffer.concat(answer.chunks as Buffer[]).toString()).toBe("no healthy upstream");
  });

  it("is given up where interim answers do not end", async () => {
    const { send } = await start(({ stream }) => {
      const more = (): void => {
        if (stream.destroyed || stream.closed) return;
        stream.additionalHeaders({ ":status": 103 });
        setImmediate(more);
      };
      more();
    });
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_BAD_ANSWER" });
  });
});

const faults: readonly [string, AnswerCall][] = [
  ["is reset as if it were cancelled", ({ stream }) => stream.close(constants.NGHTTP2_CANCEL)],
  ["is reset for an internal error", ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
  ["loses its connection", ({ stream }) => stream.session!.socket.destroy()],
  [
    "loses its connection within the answer",
    ({ stream }) => {
      stream.respond({ ":status": 200 });
      stream.write("ans", () => setTimeout(() => stream.session?.destroy(), 5));
    },
  ],
  [
    "is ended by a GOAWAY that says it was seen",
    ({ stream }) => stream.session!.goaway(constants.NGHTTP2_INTERNAL_ERROR, stream.id!),
  ],
];

describe("a request that has been read executes once at most", () => {
  it.each(faults)("when it %s", async (_title, answer) => {
    const { server, send, retried } = await start(answer);
    await expect(send()).rejects.toMatchObject({
      reason: "MODEL_UNREACHABLE",
      unprocessed: false,
      message: expect.stringContaining("the connection closed before the response arrived"),
      failure: { attempts: 1 },
    });
    expect([server.seen.length, retried]).toEqual([1, []]);
  });
});

describe("a request that no server has begun to work on is sent again", () => {
  it("after a stream that was refused", async () => {
    let calls = 0;
    const { text, server, retried } = await start((call) => {
      if (++calls === 1) call.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else answerOk(call);
    });
    expect(await text()).toBe("answer");
    expect([retried, server.sessionCount]).toEqual([[true], 1]);
  });

  it.each([
    ["in peace", constants.NGHTTP2_NO_ERROR],
    ["for an error", constants.NGHTTP2_ENHANCE_YOUR_CALM],
  ])("after a GOAWAY %s that leaves it out", async (_title, code) => {
    let calls = 0;
    const { text, server, retried } = await start((call) => {
      if (++calls === 2) call.stream.session!.goaway(code, call.stream.id! - 2);
      else answerOk(call);
    });
    expect(await text()).toBe("answer");
    expect(await text()).toBe("answer");
    expect([retried, server.sessionCount]).toEqual([[true], 2]);
  });

  it("but no more often than the budget allows", async () => {
    const { send, server } = await start(({ stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const attempts = async () => send().catch((error) => error.failure.attempts);
    expect([await attempts(), await attempts(), await attempts()]).toEqual([3, 2, 1]);
    expect(server.seen.length).toBe(6);
  });

  it("not where the entry allows none", async () => {
    const { send } = await start(({ stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM), {
      retries: { share: 0 },
    });
    await expect(send()).rejects.toMatchObject({ unprocessed: true, failure: { attempts: 1 } });
  });

  it("after a connection that did not open", async () => {
    const first = await startHttp2Upstream(answerOk);
    first.close();
    const { text, retried } = createTestCaller(`http://127.0.0.1:${first.port}`);
    const sent = text();
    await until(() => retried.length > 0);
    await startHttp2Upstream(answerOk, {}, "127.0.0.1", first.port);
    expect(await sent).toBe("answer");
  });

  it("on a new connection when the one before has gone", async () => {
    const { text, server } = await start(answerOk);
    expect(await text()).toBe("answer");
    for (const session of server.sessions) session.destroy();
    await until(() => server.sessions.size === 0);
    expect(await text()).toBe("answer");
    expect(server.sessionCount).toBe(2);
  });
});

describe("a server that does not speak HTTP/2", () => {
  it.each([
    ["HTTP/1.1", "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"],
    ["TLS", "\x15\x03\x01\x00\x02\x02\x46"],
    ["anything else", "hello, this is not HTTP at all, whatever you say"],
  ])("but %s is found out", async (_title, words) => {
    const { port } = await startTcp((socket) => {
      socket.once("data", () => socket.end(Buffer.from(words, "latin1")));
    });
    const { send } = createTestCaller(`http://127.0.0.1:${port}`);
    await expect(send()).rejects.toMatchObject({ failure: { hint: expect.stringContaining("gRPC") } });
  });
});
