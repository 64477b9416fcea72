import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { frameTypes, http2Frame } from "../../support/http2-frames.ts";
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

const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

/** Model servers behind one name and port, each at an address of its own. */
async function startServers(answers: readonly AnswerCall[]) {
  const first = await startHttp2Upstream(answers[0]!, {}, addresses[0]);
  const others = answers.slice(1).map((answer, i) => startHttp2Upstream(answer, {}, addresses[i + 1], first.port));
  return [first, ...(await Promise.all(others))];
}

const answerAfter =
  (ms: number): AnswerCall =>
  async (call) => {
    await sleep(ms);
    answerOk(call);
  };

/** Keeps so many calls open until `calls` have been made. Gives how many failed. */
async function load(send: () => Promise<unknown>, calls: number, concurrency: number): Promise<number> {
  let left = calls;
  let failed = 0;
  const one = async (): Promise<void> => {
    while (left-- > 0) await send().catch(() => failed++);
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return failed;
}

describe("calls to a name with three addresses", () => {
  it("are spread evenly over servers that are alike", async () => {
    const servers = await startServers([answerOk, answerOk, answerOk]);
    const { send } = createTestCaller(`http://model.test:${servers[0]!.port}`, {
      findAddresses: async () => addresses,
    });
    await send();
    await until(() => servers.every(({ sessions }) => sessions.size === 1));
    for (let i = 0; i < 30; i++) await send();
    for (const { seen, sessionCount } of servers) {
      expect(seen.length).toBeGreaterThan(7);
      expect(sessionCount).toBe(1);
    }
  });

  it("do not fail while one is slow and one goes away, and the slow one gets no more than it can do", async () => {
    const servers = await startServers([answerAfter(5), answerAfter(100), answerAfter(5)]);
    const [fast, slow, leaving] = servers;
    let found = addresses;
    const { send } = createTestCaller(`http://model.test:${fast!.port}`, {
      findAddresses: async () => found,
      lookupAgeMs: 50,
    });
    const loaded = load(send, 600, 8);
    await until(() => leaving!.seen.length > 50);
    // As a pod goes: no new calls, then out of DNS, then the end of the process.
    for (const session of leaving!.sessions) session.close();
    leaving!.server.close();
    found = addresses.slice(0, 2);
    expect(await loaded).toBe(0);
    // It takes twenty times as long; in turn it would get as many as the other.
    expect(slow!.seen.length).toBeLessThan(fast!.seen.length / 3);
    expect(slow!.seen.length).toBeGreaterThan(0);
  });

  it("go to the others once an address has left, and its connection closes", async () => {
    const servers = await startServers([answerOk, answerOk, answerOk]);
    let found = addresses;
    const { send } = createTestCaller(`http://model.test:${servers[0]!.port}`, {
      findAddresses: async () => found,
      lookupAgeMs: 1,
    });
    await send();
    await until(() => servers.every(({ sessions }) => sessions.size === 1));
    found = addresses.slice(1);
    await until(async () => {
      await send();
      return servers[0]!.sessions.size === 0;
    });
    expect(servers[1]!.sessions.size + servers[2]!.sessions.size).toBe(2);
  });

  it("keep their addresses while the look-up fails", async () => {
    const servers = await startServers([answerOk]);
    let lookups = 0;
    const { send } = createTestCaller(`http://model.test:${servers[0]!.port}`, {
      findAddresses: async () => {
        if (lookups++ > 0) throw Object.assign(new Error("no name server"), { code: "EAI_AGAIN" });
        return addresses.slice(0, 1);
      },
      lookupAgeMs: 1,
    });
    await until(async () => {
      await send();
      return lookups > 3;
    });
  });

  it("fail with the words of the look-up where nothing was found before", async () => {
    const { send } = createTestCaller("http://model.test:1", {
      findAddresses: async () => {
        throw Object.assign(new Error("getaddrinfo ENOTFOUND model.test"), { code: "ENOTFOUND" });
      },
      retries: { share: 0 },
    });
    await expect(send()).rejects.toMatchObject({
      reason: "MODEL_UNREACHABLE",
      message: expect.stringContaining("(DNS)"),
    });
  });
});

describe("sessions", () => {
  it("are renewed where a name has one address, with no call lost", async () => {
    const [server] = await startServers([answerOk]);
    const { send } = createTestCaller(`http://127.0.0.1:${server!.port}`, { sessionAgeMs: 30 });
    let failed = 0;
    await until(async () => {
      failed += await load(send, 20, 4);
      await sleep(5);
      return server!.sessionCount >= 4;
    });
    expect(failed).toBe(0);
    await until(() => server!.sessions.size <= 2);
  });

  it("have one call until the server says how many it takes, and then no more than that", async () => {
    let open = 0;
    let most = 0;
    const server = await startHttp2Upstream(
      async (call) => {
        most = Math.max(most, ++open);
        await sleep(20);
        open--;
        answerOk(call);
      },
      { settings: { maxConcurrentStreams: 2 } },
    );
    const { send, retried } = createTestCaller(`http://127.0.0.1:${server.port}`);
    expect(await load(send, 60, 30)).toBe(0);
    // Eight sessions of two calls are as many as there are.
    expect([most, server.sessionCount, retried]).toEqual([16, 8, []]);
  });

  it("leave a call that waits for room when it is cancelled", async () => {
    const calls: Parameters<AnswerCall>[0][] = [];
    const server = await startHttp2Upstream((call) => void calls.push(call), { settings: { maxConcurrentStreams: 1 } });
    const { send, text } = createTestCaller(`http://127.0.0.1:${server.port}`);
    const busy = Array.from({ length: 8 }, () => text());
    await until(() => calls.length === 8);
    const cancellation = new Cancellation<Error>();
    const waiting = expect(send({ cancellation })).rejects.toThrow("left");
    const next = text();
    cancellation.cancel(new Error("left"));
    await waiting;
    for (const call of calls) answerOk(call);
    await Promise.all(busy);
    await until(() => calls.length === 9);
    answerOk(calls[8]!);
    expect(await next).toBe("answer");
  });

  it("close when nothing has gone on for a while", async () => {
    const [server] = await startServers([answerOk]);
    const { send } = createTestCaller(`http://127.0.0.1:${server!.port}`, { idleTimeoutMs: 20 });
    await send();
    expect(server!.sessions.size).toBe(1);
    await until(() => server!.sessions.size === 0);
    await send();
    expect(server!.sessionCount).toBe(2);
  });

  it("are one, and close behind the answer, where a question asks for that", async () => {
    const servers = await startServers([answerOk, answerOk, answerOk]);
    const { client, model } = createTestCaller(`http://model.test:${servers[0]!.port}`, {
      findAddresses: async () => addresses,
    });
    await client.ask(model, { path: "/", headers: {}, chunks: [], cancellation: new Cancellation(), closes: true });
    await until(() => servers.every(({ sessions }) => sessions.size === 0));
    expect(servers.reduce((sum, { sessionCount }) => sum + sessionCount, 0)).toBe(1);
  });

  it("end with their calls when the server does not answer a PING", async () => {
    // What a host that has gone does: nothing at all.
    const { port } = await startTcp((socket) => socket.write(http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0))));
    const { send } = createTestCaller(`http://127.0.0.1:${port}`, {
      keepalive: { pingAfterMs: [20], pongWithinMs: 50 },
    });
    await expect(send()).rejects.toMatchObject({ reason: "MODEL_UNREACHABLE", unprocessed: false });
  });

  it("stay while a call takes long and the server answers each PING", async () => {
    let pings = 0;
    const server = await startHttp2Upstream(answerAfter(150));
    server.server.on("session", (session) => session.on("ping", () => pings++));
    const { text } = createTestCaller(`http://127.0.0.1:${server.port}`, {
      keepalive: { pingAfterMs: [20], pongWithinMs: 1000 },
    });
    expect(await text()).toBe("answer");
    expect(pings).toBeGreaterThan(0);
    // One may have been on its way when the answer came.
    await sleep(40);
    const before = pings;
    await sleep(80);
    // Not while it is idle.
    expect(pings).toBe(before);
  });
});
