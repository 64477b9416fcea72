import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../measure/free-port.ts";
import { type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";
import { checkDatabase } from "../../src/versions/database-commands.ts";
import type { DatabaseOptions } from "../../src/versions/database-options.ts";
import { newMysqlDatabase, startMariadb } from "../../test/versions/servers/mysql-server.ts";
import { newPostgresDatabase, startPostgres } from "../../test/versions/servers/postgres-server.ts";

/** How many registrations are sent, and how often the server is killed meanwhile. */
export interface Plan {
  readonly writes: number;
  readonly kills: number;
}

export interface Found {
  readonly acknowledged: number;
  /** Sent, and not answered as done. */
  readonly unanswered: number;
  readonly kills: number;
  /** Acknowledged, and not there at the end. */
  readonly lost: readonly string[];
  /** Models without their version, or versions without both of their artifacts. */
  readonly torn: readonly string[];
  /** Not acknowledged, and there as a whole. */
  readonly late: number;
  /** What does not fit together in the database. */
  readonly findings: readonly string[];
}

/** A database of its own for each run. */
export const databases = {
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), "acknowledged-"));
    const options: DatabaseOptions = { kind: "sqlite", path: join(folder, "versions.db") };
    return { options, stop: async () => rmSync(folder, { recursive: true }) };
  },
  PostgreSQL: async () => {
    const server = await startPostgres("debian");
    return { options: await newPostgresDatabase(server), stop: () => server.stop() };
  },
  MariaDB: async () => {
    const server = await startMariadb();
    return { options: await newMysqlDatabase(server), stop: () => server.stop() };
  },
} as const satisfies Record<string, () => Promise<{ options: DatabaseOptions; stop(): Promise<void> }>>;

export type DatabaseName = keyof typeof databases;

const callers = 16;
/** After a call that failed. */
const pauseMs = 20;
/** Databases that were cut off take a while to be opened. */
const slowStart = { startTimeoutMs: 60_000 };
const base = "/api/model_registry/v1";

/** Registers versions while the server is killed again and again, and looks what is there at the end. */
export async function runAcknowledged(
  name: DatabaseName,
  plan: Plan,
  progress: (text: string) => void = () => {},
): Promise<Found> {
  const database = await databases[name]();
  try {
    return await register(database.options, plan, progress);
  } finally {
    await database.stop();
  }
}

async function register(
  options: DatabaseOptions,
  { writes, kills }: Plan,
  progress: (text: string) => void,
): Promise<Found> {
  const port = await freePort();
  const env = { PORT: String(port), HOST: "127.0.0.1", LOG_LEVEL: "info", DATABASE_URL: addressOf(options) };
  const agent = new http.Agent({ keepAlive: true });
  let service: ServiceProcess = await startServiceProcess(env, slowStart);
  const acknowledged = new Set<string>();
  let [next, killed] = [0, 0];
  let restart: Promise<void> | undefined;
  const killNow = async (): Promise<void> => {
    killed++;
    process.kill(service.pid, "SIGKILL");
    await service.exit;
    service = await startServiceProcess(env, slowStart);
    progress(`killed ${killed} times, ${acknowledged.size} of ${next} acknowledged`);
    restart = undefined;
  };
  const caller = async (): Promise<void> => {
    while (next < writes) {
      const model = `model-${next++}`;
      if (await registerVersion(port, agent, model)) acknowledged.add(model);
      else await (restart ?? sleep(pauseMs));
      if (killed < kills && next >= ((killed + 1) * writes) / (kills + 1)) restart ??= killNow();
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, caller));
    await restart;
    const there = await readAll(port);
    const whole = new Set(there.filter(({ isWhole }) => isWhole).map(({ model }) => model));
    const findings = await service.stop().then(() => checkDatabase(options));
    return {
      acknowledged: acknowledged.size,
      unanswered: writes - acknowledged.size,
      kills: killed,
      lost: [...acknowledged].filter((model) => !whole.has(model)),
      torn: there.filter(({ isWhole }) => !isWhole).map(({ model }) => model),
      late: [...whole].filter((model) => !acknowledged.has(model)).length,
      findings: findings.findings.map(({ record, problem }) => `${record}: ${problem}`),
    };
  } finally {
    agent.destroy();
    if (service.isAlive()) process.kill(service.pid, "SIGKILL");
  }
}

function addressOf(options: DatabaseOptions): string {
  if (options.kind === "sqlite") return `sqlite:${options.path}`;
  const { kind, user, host, port, database } = options;
  return `${kind}://${user}@${host}:${port}/${database}`;
}

/** Whether a registration was answered as done. */
function registerVersion(port: number, agent: http.Agent, model: string): Promise<boolean> {
  const body = JSON.stringify({
    registeredModel: { name: model },
    modelVersion: { name: "1" },
    artifacts: [{ modelArtifact: { uri: `s3://models/${model}` } }, { name: "accuracy", metric: { value: 0.97 } }],
  });
  const path = "/kserve.versions.v1.VersionRegistry/RegisterVersion";
  const headers = { "content-type": "application/json" };
  return new Promise((resolve) => {
    const request = http.request({ host: "127.0.0.1", port, path, method: "POST", headers, agent }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode === 200));
      response.once("error", () => resolve(false));
    });
    request.once("error", () => resolve(false));
    request.end(body);
  });
}

interface Item {
  readonly id: string;
  readonly name: string;
  readonly registeredModelId?: string;
  readonly modelVersionId?: string;
}

/** Every model, and whether its version and both artifacts are there. */
async function readAll(port: number): Promise<readonly { readonly model: string; readonly isWhole: boolean }[]> {
  const read = async (path: string): Promise<readonly Item[]> => {
    const response = await fetch(`http://127.0.0.1:${port}${base}/${path}`, { headers: { connection: "close" } });
    return ((await response.json()) as { items: Item[] }).items;
  };
  const models = await read("registered_models");
  const versions = new Map((await read("model_versions")).map((one) => [one.registeredModelId, one.id]));
  const artifacts = Map.groupBy(await read("artifacts"), ({ modelVersionId }) => modelVersionId);
  return models.map(({ id, name }) => ({
    model: name,
    isWhole: artifacts.get(versions.get(id) ?? "none")?.length === 2,
  }));
}
