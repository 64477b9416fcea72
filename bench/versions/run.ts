import { median } from "../../measure/stats.ts";
import { databaseStatus, migrateDatabase } from "../../src/versions/database-commands.ts";
import type { DatabaseOptions } from "../../src/versions/database-options.ts";
import { type Beside, measureBeside } from "./beside.ts";
import { type Call, Caller } from "./calls.ts";
import { type Contents, cases, everything, growing, lastToken, limitOf } from "./cases.ts";
import { fill } from "./contents.ts";
import { addressOf, type BenchDatabase } from "./databases.ts";
import { familyCpuMs, memoryRise, type Served, serve } from "./processes.ts";

export interface Plan {
  readonly models: number;
  /** How many models the growth is measured by; 0: it is not. */
  readonly manyModels: number;
  readonly rounds: number;
  /** How many requests a round measures; half as many warm up before. */
  readonly requests: number;
}

/** One row: what it came to, in milliseconds of CPU time, and what it may come to. */
export interface Cost {
  readonly name: string;
  readonly ms: number;
  readonly atMostMs: number;
  /** Of the bare handler. */
  readonly floorMs: number | undefined;
}

export interface Found {
  /** `PostgreSQL 18.4`. */
  readonly version: string;
  readonly costs: readonly Cost[];
  readonly list: { readonly firstByteMs: number; readonly seconds: number; readonly memoryBytes: number };
  /** Of predictions, beside callers of the registry of versions. */
  readonly beside: readonly Beside[];
  /** How many times as much a read costs among many models. */
  readonly growth: readonly { readonly name: string; readonly times: number; readonly atMost: number }[];
}

/** A running server before a database, and what its requests cost both. */
class Measured {
  readonly caller: Caller;
  readonly #served: Served;
  readonly #pids: readonly number[];

  constructor(served: Served, databasePid: number | undefined) {
    this.#served = served;
    this.caller = new Caller(served.url);
    this.#pids = [served.pid, ...(databasePid === undefined ? [] : [databasePid])];
  }

  get pid(): number {
    return this.#served.pid;
  }

  /** CPU time of server and database for one request, in milliseconds. */
  async cost(call: (number: number) => Call, requests: number): Promise<number> {
    await this.caller.load(call, requests / 2);
    const cpu = (): number => this.#pids.reduce((sum, pid) => sum + familyCpuMs(pid), 0);
    const before = cpu();
    const answered = await this.caller.load(call, requests);
    return (cpu() - before) / answered;
  }

  async stop(): Promise<void> {
    this.caller.close();
    await this.#served.stop();
  }
}

async function newContents(database: BenchDatabase, count: number, isFiltered: boolean): Promise<DatabaseOptions> {
  const options = await database.create();
  await migrateDatabase(options, () => {});
  await fill(options, count, isFiltered);
  return options;
}

async function startService(options: DatabaseOptions, database: BenchDatabase): Promise<Measured> {
  const env = { DATABASE_URL: addressOf(options), LOG_LEVEL: "info" };
  return new Measured(await serve(["dist/kserve-model-registry.js", "serve"], env), database.server?.pid());
}

/** Measures every kind of request on one database, in turn with the bare handler. */
export async function measure(database: BenchDatabase, plan: Plan, progress: (text: string) => void): Promise<Found> {
  const options = await newContents(database, plan.models, true);
  const { database: said } = await databaseStatus(options);
  progress(`${said.kind} ${said.version}: ${plan.models} models`);
  const service = await startService(options, database);
  const floor = new Measured(
    await serve(["bench/versions/floor.ts", JSON.stringify(options)], {}),
    database.server?.pid(),
  );
  try {
    const contents: Contents = { count: plan.models, lastToken: await lastToken(service.caller) };
    const list = await measureList(service);
    progress("the whole list");
    // Whichever is measured first would pay for what all share.
    for (const { call, floor: bare } of cases) {
      if (bare === undefined) continue;
      await service.caller.load((number) => call(contents, number), plan.requests);
      await floor.caller.load((number) => bare(contents, number), plan.requests);
    }
    const costs: Cost[] = [];
    for (const one of cases) {
      const [ours, bare]: [number[], number[]] = [[], []];
      for (let round = 0; round < plan.rounds; round++) {
        ours.push(await service.cost((number) => one.call(contents, number), plan.requests));
        if (one.floor) bare.push(await floor.cost((number) => one.floor!(contents, number), plan.requests));
      }
      const floorMs = one.floor === undefined ? undefined : median(bare);
      costs.push({ name: one.name, ms: median(ours), atMostMs: limitOf(one, options.kind), floorMs });
      progress(`${one.name}: ${median(ours).toFixed(3)} ms, bare ${floorMs?.toFixed(3) ?? "–"}`);
    }
    await Promise.all([service.stop(), floor.stop()]);
    const beside = await measureBeside(database, addressOf(options));
    progress("predictions beside it");
    const growth = plan.manyModels === 0 ? [] : await measureGrowth(database, plan, progress);
    return { version: `${said.kind} ${said.version}`, costs, list, beside, growth };
  } finally {
    await Promise.all([service.stop(), floor.stop()]);
  }
}

async function measureList(service: Measured): Promise<Found["list"]> {
  // The first one makes what every process makes once.
  await service.caller.send(everything);
  let firstByteMs = 0;
  const started = performance.now();
  const memoryBytes = await memoryRise(service.pid, async () => {
    ({ firstByteMs } = await service.caller.send(everything));
  });
  return { firstByteMs, seconds: (performance.now() - started) / 1000, memoryBytes };
}

async function measureGrowth(
  database: BenchDatabase,
  { manyModels, rounds, requests }: Plan,
  progress: (text: string) => void,
): Promise<Found["growth"]> {
  // The reads that are compared touch no rows of properties, which would take minutes to write.
  const few = await startService(await newContents(database, 1000, false), database);
  const many = await startService(await newContents(database, manyModels, false), database);
  progress(`${manyModels} models beside 1000`);
  try {
    const growth = [];
    for (const { name, atMost } of growing) {
      const { call } = cases.find((one) => one.name === name)!;
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const small = await few.cost((number) => call({ count: 1000, lastToken: "" }, number), requests);
        const large = await many.cost((number) => call({ count: manyModels, lastToken: "" }, number), requests);
        ratios.push(large / small);
      }
      growth.push({ name, times: median(ratios), atMost });
      progress(`${name}: ${median(ratios).toFixed(2)} ×`);
    }
    return growth;
  } finally {
    await Promise.all([few.stop(), many.stop()]);
  }
}
