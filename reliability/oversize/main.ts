/** Sends what is far too large, by every protocol, and watches the memory of the service while it refuses. */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { create, toBinary } from "@bufbuild/protobuf";
import { PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { rss } from "../../measure/proc-stat.ts";
import { createProgress } from "../../measure/progress.ts";
import { startServiceProcess } from "../../measure/service-process.ts";
import { table } from "../../measure/table.ts";
import { uploadUntilEnded } from "../../test/abuse/endless-upload.ts";
import { frame } from "../../test/support/frame.ts";
import { send } from "../../test/support/http-client.ts";
import { sendRpc } from "../../test/support/raw-rpc.ts";
import { environmentOf } from "../../test/support/running-service.ts";
import { writeFigures } from "../document.ts";
import { type LoadWay, loadWays } from "../load/way.ts";
import { startModelServer } from "../model-server/model-server.ts";
import { printRules, type Rule, runRules } from "../rule.ts";
import { brotliBomb } from "./brotli-bomb.ts";
import { gzipBomb } from "./gzip-bomb.ts";

const MiB = 1024 ** 2;
const bodyBytes = 64 * MiB;
/** The limit of 16 MiB, without what stands around a body. */
const largestAllowedBytes = 16 * MiB - 1024;
const bombBytes = 10 * 1024 * MiB;
const maxRiseBytes = 32 * MiB;
const sampleMs = 5;
const settleMs = 1500;
const rpcPath = "/kserve.registry.v1.ModelRegistry/Predict";
const restPath = "/v1/models/healthy:predict";

interface Attack {
  readonly title: string;
  /** Resolves with what came back, as text. */
  readonly run: (way: LoadWay, port: number) => Promise<string>;
}

const attacks: readonly Attack[] = [
  {
    title: "a body that says it is 64 MiB",
    run: (way, port) => upload(way, port, bodyBytes),
  },
  { title: "a body of 64 MiB and more that does not say so", run: (way, port) => upload(way, port, undefined) },
  bombing("gzip", "gzip", gzipBomb(bombBytes)),
  bombing("gzip that says it is 1 MiB", "gzip", gzipBomb(bombBytes, MiB)),
  bombing("Brotli", "br", await brotliBomb(bombBytes)),
];

function bombing(name: string, encoding: string, bomb: Buffer): Attack {
  return {
    title: `10 GiB in ${plainSize(bomb.length)} of ${name}`,
    async run(way, port) {
      const url = `http://127.0.0.1:${port}`;
      const { protocol, contentType, httpVersion } = way;
      if (protocol === "rest") {
        const headers = { "content-type": contentType, "content-encoding": encoding };
        const { status, body } = await send(httpVersion, { url, path: restPath, headers, body: bomb });
        return `${status} ${body}`;
      }
      const enveloped = protocol !== "connect";
      const headers = { [enveloped ? "grpc-encoding" : "content-encoding"]: encoding };
      const format = { ...way, protocol };
      return (await sendRpc(format, { url, path: rpcPath, body: enveloped ? frame(bomb, 1) : bomb, headers })).code;
    },
  };
}

function plainSize(bytes: number): string {
  return bytes < MiB ? `${Math.round(bytes / 1024)} KiB` : `${Math.round(bytes / MiB)} MiB`;
}

async function upload(way: LoadWay, port: number, contentLength: number | undefined): Promise<string> {
  const { protocol, contentType, httpVersion } = way;
  const enveloped = protocol === "grpc" || protocol === "grpc-web";
  return uploadUntilEnded(httpVersion, {
    port,
    path: protocol === "rest" ? restPath : rpcPath,
    contentType,
    ...(enveloped ? { begin: frame(Buffer.alloc(0), 0, bodyBytes) } : {}),
    ...(contentLength === undefined ? {} : { contentLength }),
  });
}

/** A prediction of a few hundred rows, most of it white space: more than 256 KiB of that in one place would be refused. */
function largestPrediction(): Buffer {
  const body = Buffer.alloc(largestAllowedBytes, `[1]${" ".repeat(64 * 1024)},`);
  body.write('{"instances":[[1]');
  // What has begun of the last row becomes white space.
  const from = body.lastIndexOf(",") + 1;
  body.fill(0x20, from);
  body.write("[1]", from);
  body.write("]}", body.length - 2);
  return body;
}

/** Sends a prediction in a message of nearly 16 MiB. */
async function sendLargestAllowed(way: LoadWay, port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const { protocol, contentType, httpVersion } = way;
  const body = largestPrediction();
  if (protocol === "rest") {
    const { status } = await send(httpVersion, { url, path: restPath, headers: { "content-type": contentType }, body });
    if (status !== 200) throw new Error(`the largest allowed request got ${status}`);
    return;
  }
  const bytes =
    contentType === "application/json"
      ? Buffer.concat([Buffer.from('{"name":"healthy",'), body.subarray(1)])
      : toBinary(
          PredictRequestSchema,
          create(PredictRequestSchema, { name: "healthy", input: { case: "body", value: body } }),
        );
  const enveloped = protocol !== "connect";
  const { code } = await sendRpc({ ...way, protocol }, { url, path: rpcPath, body: enveloped ? frame(bytes) : bytes });
  if (code !== "ok") throw new Error(`the largest allowed request by ${way.name} got ${code}`);
}

/** RESOURCE_EXHAUSTED, as each protocol writes it. */
const refused = /^ResourceExhausted$|^413 |grpc-status: ?8|resource_exhausted|HTTP\/1\.1 413|:status: 413/;

async function riseWhile(pid: number, act: () => Promise<void>): Promise<number> {
  await sleep(settleMs);
  const before = rss(pid).now;
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, rss(pid).now);
  }, sampleMs);
  await act();
  clearInterval(timer);
  return Math.max(highest, rss(pid).now) - before;
}

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({ args: [...args], options: { write: { type: "boolean", default: false } } });
  const progress = createProgress();
  const modelServer = await startModelServer({ models: ["healthy"] });
  const service = await startServiceProcess(environmentOf([{ name: "healthy" }], modelServer.url("healthy")));
  const highest = new Map<Attack, number>();
  const problems: string[] = [];
  try {
    // What a process has needed once it keeps; what is asked here is what an attack adds to that.
    for (const way of loadWays) await sendLargestAllowed(way, service.port);
    progress("the largest requests that are allowed have been answered");
    for (const attack of attacks) {
      for (const way of loadWays) {
        const rise = await riseWhile(service.pid, async () => {
          const answer = await attack.run(way, service.port).catch((error: Error) => error.message);
          if (!refused.test(answer)) problems.push(`${attack.title} by ${way.name}: ${answer.slice(0, 200)}`);
        });
        highest.set(attack, Math.max(highest.get(attack) ?? 0, rise));
        progress(`${attack.title} by ${way.name}: ${(rise / MiB).toFixed(0)} MiB more`);
      }
    }
    if (!service.isAlive()) problems.push(`the service ended: ${service.stderr()}`);
  } finally {
    await service.stop();
    await modelServer.kill();
  }
  const rows = [...highest].map(([{ title }, rise]) => [title, `${(rise / MiB).toFixed(0)} MiB`]);
  const found = table([`against a limit of 16 MiB, by ${loadWays.length} ways`, "memory rises by at most"], rows, [1]);
  const rise = Math.max(...highest.values());
  const rules: Rule[] = [
    {
      rule: "what is too large is refused with RESOURCE_EXHAUSTED",
      measured: `${problems.length} that were not`,
      met: problems.length === 0,
    },
    {
      rule: `memory rises by at most ${maxRiseBytes / MiB} MiB meanwhile`,
      measured: `${(rise / MiB).toFixed(0)} MiB`,
      met: rise <= maxRiseBytes,
    },
  ];
  console.log(`\n${found}\n\n${problems.join("\n")}`);
  if (values.write) writeFigures("oversize", "npm run oversize", found, rules);
  return printRules(rules);
}

await runRules("oversize", "usage: npm run oversize -- [--write]", main);
