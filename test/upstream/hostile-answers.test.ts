/** Model servers that answer predictions and questions with anything at all, over real connections. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../src/base/cancellation.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import type { RegisteredModel } from "../../src/registry/model.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";
import { createUpstream } from "../../src/upstream/by-protocol.ts";
import { createDice, type Dice, hostileGrpc, hostileRest, hostileRuns } from "../support/hostile-inference.ts";
import { registered } from "../support/registered.ts";
import { startHttp2Upstream } from "./http2/support/http2-upstream.ts";

const runs = hostileRuns(300);
const timeoutMs = 20_000 + runs * 20;

/** What a server may be blamed for, and what its description may forbid a row. Never what is ours. */
const expected = new Set([
  "MODEL_BAD_ANSWER",
  "MODEL_FAILED",
  "MODEL_NOT_READY",
  "MODEL_OVERLOADED",
  "MODEL_PATH_NOT_FOUND",
  "MODEL_REJECTED_CREDENTIALS",
  "MODEL_REJECTED_INPUT",
  "MODEL_TIMEOUT",
  "MODEL_UNREACHABLE",
  "REQUEST_TOO_LARGE",
  "INVALID_INSTANCE",
  "INVALID_REQUEST",
]);

const descriptions = [
  "{}",
  '{"inputs":[],"outputs":[]}',
  '{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],"outputs":[{"name":"a","datatype":"FP64","shape":[-1]}]}',
  '{"inputs":[{"name":"x","datatype":"FP32","shape":[9007199254740993]}]}',
  '{"inputs":[{"name":"x","datatype":"FP33","shape":[-1,2]}]}',
  '{"inputs":[{"name":"a","datatype":"FP16","shape":[-1,1]},{"name":"b","datatype":"BYTES","shape":[-1,1]}]}',
  '{"inputs":{"name":"x"}}',
  "[]",
  "{",
];
const configs = ['{"max_batch_size":1}', '{"max_batch_size":-1}', '{"max_batch_size":1e300}', "null", "{"];
const rightAnswer = '{"outputs":[{"name":"a","datatype":"FP64","shape":[2],"data":[1,2]}]}';
const statuses = [200, 200, 200, 200, 200, 200, 201, 204, 302, 400, 404, 422, 429, 500, 503];

function createCaller() {
  const upstream = createUpstream({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 10_000,
    maxResponseBytes: 10_000,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
  });
  onTestFinished(() => upstream.close());
  return upstream;
}

/** Asks one model for predictions of two rows, for its metadata and for its readiness. */
async function ask(upstream: ReturnType<typeof createCaller>, model: RegisteredModel): Promise<string> {
  const cancellation = new Cancellation<Error>();
  await upstream.checkReadiness(model, cancellation);
  try {
    const body = Buffer.from('{"instances":[[1,2],[3,4]]}');
    const answer = await upstream.predict({ model, body, headers: {}, cancellation, holder: undefined });
    const text = Buffer.from(answer.body).toString();
    const { predictions } = JSON.parse(text.replaceAll(/-?Infinity|NaN/g, "0"));
    expect(Array.isArray(predictions)).toBe(true);
    // No claim of a size makes more of it than was sent.
    expect(text.length).toBeLessThan(10_000);
    return "answered";
  } catch (error) {
    if (error instanceof RegistryError && expected.has(error.reason)) return error.reason;
    throw error;
  }
}

async function run(model: (seed: number) => RegisteredModel): Promise<Map<string, number>> {
  const upstream = createCaller();
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= runs; seed++) {
    try {
      const outcome = await ask(upstream, model(seed));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  return outcomes;
}

it(
  `takes ${runs} hostile answers over REST for what they are`,
  async () => {
    let dice: Dice = createDice(0);
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        const { url = "" } = request;
        if (url === "/v2") response.end(`{"name":"${dice.pick(["kserve", "triton", "mlserver", "x"])}"}`);
        else if (url.endsWith("/ready")) response.end(dice.pick(['{"ready":true}', "", "{", "[]"]));
        else if (url.endsWith("/config")) response.end(dice.pick(configs));
        else if (!url.endsWith("/infer")) response.end(dice.pick(descriptions));
        else {
          const right = dice.below(8) === 0;
          const { body, jsonBytes } = right
            ? { body: rightAnswer, jsonBytes: undefined }
            : hostileRest(dice, "outputs");
          const length = dice.pick([jsonBytes, undefined, -1, "x", 2 ** 40]);
          const header = length === undefined ? {} : { "inference-header-content-length": String(length) };
          response.writeHead(dice.pick(statuses), header).end(body);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const outcomes = await run((seed) => {
      dice = createDice(seed);
      return registered({ name: "fraud", url, protocol: "v2" });
    });
    expect(outcomes.get("MODEL_BAD_ANSWER")).toBeGreaterThan(runs / 4);
    expect(outcomes.get("answered")).toBeGreaterThan(0);
  },
  timeoutMs,
);

it(
  `takes ${runs} hostile answers over gRPC for what they are`,
  async () => {
    let dice: Dice = createDice(0);
    const framed = (message: Uint8Array, length = message.length): Buffer => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(length, 1);
      return Buffer.concat([head, message]);
    };
    const { port } = await startHttp2Upstream(({ headers, stream }) => {
      if (stream.destroyed) return;
      const infers = headers[":path"]!.endsWith("/ModelInfer");
      const message = infers
        ? hostileGrpc(dice, "outputs")
        : Buffer.from(Array.from({ length: dice.below(12) }, () => dice.below(256)));
      // What is asked besides is answered by most.
      const status = infers ? dice.pick(["0", "0", "0", "0", "13", "14", "99", "x"]) : dice.pick(["0", "12", "5"]);
      const length = dice.pick([message.length, message.length, message.length, 0x7fff_ffff, 0]);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status, "grpc-message": "%E0%A4%A" }));
      stream.end(dice.below(8) === 0 ? message : framed(message, length));
    });
    const outcomes = await run((seed) => {
      dice = createDice(seed);
      return registered({ name: "fraud", url: `http://127.0.0.1:${port}`, protocol: "grpc-v2" });
    });
    expect(outcomes.get("MODEL_BAD_ANSWER")).toBeGreaterThan(runs / 4);
  },
  timeoutMs,
);
