/** Restarts two instances in turn while real clients call them, and counts the calls that fail: none may. */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { table } from "../../bench/table.ts";
import { environmentOf } from "../../test/support/running-service.ts";
import { until } from "../../test/support/until.ts";
import { writeFigures } from "../document.ts";
import { startModelServer } from "../model-server/model-server.ts";
import { createProgress } from "../process/progress.ts";
import { type ServiceProcess, startServiceProcess } from "../process/service-process.ts";
import { printRules, type Rule } from "../rule.ts";
import { type BalancedClient, createConnectClient, createGrpcClient } from "./balanced-client.ts";
import { type ReadyInstances, watchReadiness } from "./ready-instances.ts";

const usage = `usage: npm run rolling-restart -- [--calls N] [--write]

  --calls N   how many calls are made while instances restart. Default: 100000
  --write     puts the figures into docs/RELIABILITY.md`;

/** Calls of each client that are under way at a time. */
const concurrency = 12;
const modelDelayMs = 30;
const shutdownDelay = "1s";
/** How long all instances serve between two restarts. */
const calmMs = 1500;

/** What came of one client's calls. */
interface Score {
  readonly name: string;
  calls: number;
  readonly failures: string[];
}

interface Fleet {
  readonly ports: readonly number[];
  /** Restarts the next instance on its port, and waits until it is ready. */
  restartNext(instances: ReadyInstances): Promise<void>;
  /** How instances ended that did not end with 0. */
  readonly badEnds: readonly string[];
  stop(): Promise<void>;
}

async function startFleet(modelUrl: string): Promise<Fleet> {
  const env = environmentOf([{ name: "healthy" }], modelUrl, { SHUTDOWN_DELAY: shutdownDelay });
  const processes: ServiceProcess[] = [];
  for (let i = 0; i < 2; i++) processes.push(await startServiceProcess(env));
  const ports = processes.map(({ port }) => port);
  const badEnds: string[] = [];
  let turn = 0;
  return {
    ports,
    badEnds,
    async restartNext(instances) {
      const at = turn++ % processes.length;
      const port = ports[at]!;
      const old = processes[at]!;
      const status = await old.stop();
      if (status !== 0 || old.stderr() !== "") badEnds.push(`${status} ${old.stderr()}`);
      processes[at] = await startServiceProcess({ ...env, PORT: String(port) });
      await until(() => instances.isReady(port), "the new instance is ready", 15_000);
    },
    async stop() {
      await Promise.all(processes.map((process) => process.stop()));
    },
  };
}

async function callUntil(
  client: BalancedClient,
  score: Score,
  isOver: () => boolean,
  next: () => number,
): Promise<void> {
  const loop = async (): Promise<void> => {
    while (!isOver()) {
      const number = next();
      score.calls++;
      await client.predict(number).catch((error: Error) => score.failures.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
}

async function main(args: readonly string[]): Promise<boolean> {
  const options = { calls: { type: "string", default: "100000" }, write: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const total = Number(values.calls);
  if (!Number.isInteger(total) || total < 1) throw new Error("--calls: expected a whole number from 1");
  const progress = createProgress();
  const modelServer = await startModelServer({ models: ["healthy"], delayMs: modelDelayMs });
  const fleet = await startFleet(modelServer.url("healthy"));
  const instances = watchReadiness(fleet.ports);
  await until(() => fleet.ports.every((port) => instances.isReady(port)), "both instances are ready", 15_000);
  const clients = [
    createGrpcClient(fleet.ports),
    createConnectClient("1.1", fleet.ports, instances),
    createConnectClient("2", fleet.ports, instances),
  ];
  const scores: Score[] = clients.map(({ name }) => ({ name, calls: 0, failures: [] }));
  let count = 0;
  let over = false;
  let restarts = 0;
  const begun = performance.now();
  const restarting = (async () => {
    // The last calls fall into a restart, too.
    while (!over) {
      await sleep(calmMs);
      await fleet.restartNext(instances);
      restarts++;
      const failed = scores.reduce((sum, { failures }) => sum + failures.length, 0);
      progress(`${restarts} restarts, ${count.toLocaleString("en")} calls, ${failed} failed`);
    }
  })();
  await Promise.all(
    clients.map((client, i) =>
      callUntil(
        client,
        scores[i]!,
        () => count >= total,
        () => count++,
      ),
    ),
  );
  const seconds = (performance.now() - begun) / 1000;
  over = true;
  await restarting;
  for (const client of clients) client.close();
  instances.stop();
  await fleet.stop();
  await modelServer.kill();

  const rows = scores.map(({ name, calls, failures }) => [name, calls.toLocaleString("en"), String(failures.length)]);
  const found = table(["client", "calls", "failed"], rows, [1, 2]);
  console.log(`\n${found}\n`);
  for (const { name, failures } of scores) {
    for (const [words, { length }] of Map.groupBy(failures, (one) => one)) console.log(`${length} × ${name}: ${words}`);
  }
  const failed = scores.reduce((sum, { failures }) => sum + failures.length, 0);
  const rules: Rule[] = [
    {
      rule: "no call fails while two instances restart in turn",
      measured: `${failed} of ${count.toLocaleString("en")} failed, over ${restarts} restarts in ${Math.round(seconds)} s`,
      met: failed === 0 && restarts > 0,
    },
    {
      rule: "every instance ends with status 0",
      measured: `${fleet.badEnds.length} that did not`,
      met: fleet.badEnds.length === 0,
    },
  ];
  if (values.write) writeFigures("rolling-restart", `npm run rolling-restart -- --calls ${total}`, found, rules);
  return printRules(rules);
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  console.error(`rolling-restart: ${(error as Error).message}`);
  if ((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) console.error(`\n${usage}`);
  process.exitCode = 1;
}
