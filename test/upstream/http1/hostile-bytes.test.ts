/** Servers that send what bytes they like: no answer is read otherwise than Node's own client reads it, however it is cut. */
import { request } from "node:http";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { AnswerReader } from "../../../src/upstream/http1/answer-reader.ts";
import { createDice, type Dice, hostileRuns } from "../../support/hostile-inference.ts";
import { expectNoSockets } from "../../support/open-sockets.ts";
import { createTestCaller, startSaying } from "./support/http1-upstream.ts";

// What is registered first goes last: servers and clients are closed by then.
beforeEach(() => onTestFinished(expectNoSockets));

const runs = hostileRuns(300);
const timeoutMs = 20_000 + runs * 20;

const limits = { maxResponseBytes: 64 * 1024, cancellation: new Cancellation<Error>() };

const versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "http/1.1", "HTTP/2"];
const statuses = ["200", "200", "200", "204", "304", "404", "500", "100", "103", "101", "99", "2000", "+20"];
const fields = [
  "content-length: 6",
  "Content-Length:6",
  "content-length: 5",
  "content-length: 7",
  "content-length : 6",
  "content-length: 6, 6",
  "content-length: 99999999999999999999",
  "content-length: 0x6",
  "content-length: -6",
  "content-length:",
  "transfer-encoding: chunked",
  "Transfer-Encoding: Chunked",
  "transfer-encoding: gzip, chunked",
  "transfer-encoding: identity",
  "transfer-encoding: chunked\r\n ,identity",
  "connection: close",
  "connection: keep-alive",
  "keep-alive: timeout=5",
  "x: y",
  " x: y",
  "x",
  ": x",
  "x: \0",
];
const bodies = [
  "answer",
  "6\r\nanswer\r\n0\r\n\r\n",
  "3\r\nans\r\n3;a=b\r\nwer\r\n0\r\nx: y\r\n\r\n",
  "06\r\nanswer\r\n0\r\n\r\n",
  "6 \r\nanswer\r\n0\r\n\r\n",
  "6\nanswer\r\n0\r\n\r\n",
  "5\r\nanswer\r\n0\r\n\r\n",
  "fffffffffffffffff\r\nanswer",
  "0\r\n\r\nanswer",
  "",
  "answerHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
];

/** An answer that may be right, may contradict itself, or may be broken. */
function hostileAnswer(dice: Dice): Buffer {
  const lines = Array.from({ length: dice.below(4) }, () => dice.pick(fields));
  const end = dice.below(12) === 0 ? dice.pick(["\n", "\r", ""]) : "\r\n";
  const interim = dice.below(8) === 0 ? "HTTP/1.1 100 Continue\r\n\r\n" : "";
  const first = `${dice.pick(versions)} ${dice.pick(statuses)}${dice.pick([" OK", " ", ""])}`;
  const bytes = Buffer.from(`${interim}${[first, ...lines].join("\r\n")}${end}\r\n${dice.pick(bodies)}`, "latin1");
  for (let i = dice.below(3) - 1; i > 0; i--) bytes[dice.below(bytes.length)] = dice.below(256);
  return dice.below(10) === 0 ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes;
}

/** What Node's own client makes of it: the status and the body; undefined where it refuses it. */
function askNode(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ port, host: "127.0.0.1", method: "POST", agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(undefined));
      response.on("end", () => {
        resolve(response.complete ? `${response.statusCode} ${Buffer.concat(chunks).toString("latin1")}` : undefined);
      });
    });
    asked.on("error", () => resolve(undefined));
    asked.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve(undefined);
    });
    asked.end("request");
  });
}

it(
  `reads ${runs} hostile answers as Node does, or refuses them`,
  async () => {
    let bytes: Buffer = Buffer.alloc(0);
    let step = 1;
    const server = await startSaying(async (socket) => {
      for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
        socket.write(bytes.subarray(at, Math.min(bytes.length, at + step)));
        if (step < bytes.length) await new Promise(setImmediate);
      }
      socket.end();
    });
    const { send } = createTestCaller(`http://127.0.0.1:${server.port}`);
    const outcomes = new Map<string, number>();
    for (let seed = 1; seed <= runs; seed++) {
      const dice = createDice(seed);
      bytes = hostileAnswer(dice);
      const outcomeOf = async (pieces: number): Promise<string> => {
        step = pieces;
        return await send().then(
          ({ status, body }) => `${status} ${Buffer.from(body).toString("latin1")}`,
          ({ cause }) => (cause as { code: string }).code,
        );
      };
      const whole = await outcomeOf(Number.POSITIVE_INFINITY);
      const inPieces = await outcomeOf(1 + dice.below(9));
      const what = `seed ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`;
      expect(inPieces, what).toBe(whole);
      if (whole.startsWith("E")) {
        expect(["ERR_NOT_HTTP1", "ERR_ANSWER_TOO_LARGE", "ECONNRESET"], what).toContain(whole);
      } else {
        step = Number.POSITIVE_INFINITY;
        // Node refuses an answer for what follows it, too.
        bytes = bytes.subarray(0, bytes.length - new AnswerReader(limits).read(bytes));
        expect(whole, what).toBe(await askNode(server.port));
      }
      const kind = whole.startsWith("E") ? whole : "answered";
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    expect(outcomes.get("ERR_NOT_HTTP1")).toBeGreaterThan(runs / 8);
    expect(outcomes.get("answered")).toBeGreaterThan(runs / 20);
  },
  timeoutMs,
);
