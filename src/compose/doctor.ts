import { type Config, ConfigError, type Env } from "../config/config.ts";
import type { Examination } from "../doctor/examination.ts";
import { examineModel } from "../doctor/examine-model.ts";
import { Pipeline, type PipelineOptions } from "../predict/pipeline.ts";
import { MemoryBudget } from "../registry/memory-budget.ts";
import { notChecked } from "../registry/readiness.ts";
import { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import { createUpstream } from "../upstream/by-protocol.ts";
import { databaseStatus, withStore } from "../versions/database-commands.ts";
import type { DatabaseOptions } from "../versions/database-options.ts";
import type { VersionStore } from "../versions/ports.ts";
import { followSources } from "./follow-sources.ts";
import { externalNames, objectsRegisterModels } from "./kubernetes.ts";
import { followLinks, openFinder } from "./links/open-links.ts";
import { createLog } from "./log.ts";
import { registryOptions, upstreamOptions } from "./model-options.ts";
import { readModelSettings } from "./model-settings.ts";

export interface DoctorOptions {
  /** The models to examine, by their registered name; undefined: all. */
  readonly name: string | undefined;
  /** Only models of this namespace; undefined: of every one. */
  readonly namespace: string | undefined;
  /** How long each step may take. */
  readonly timeoutMs: number;
}

/** Models are examined side by side, so that ten dead ones do not take ten timeouts. */
const maxAtOnce = 8;
const pollMs = 20;

/**
 * Reads the models as the service would, and examines each. Yields them in the order of their names. Yields nothing when
 * there is no model of the name.
 *
 * @throws ConfigError when the service would not start; Error when a source has no models to give
 */
export async function* examineModels(
  env: Env,
  { name, namespace, timeoutMs }: DoctorOptions,
): AsyncGenerator<Examination> {
  const { config, sources, upstreamTls, database, problems } = readModelSettings(env);
  if (problems.length > 0) throw new ConfigError(problems);

  const registry = new Registry(registryOptions(config));
  const memory = new MemoryBudget(config.maxBytesInMemory);
  const elsewhere = objectsRegisterModels(config) ? externalNames(env, config, undefined) : undefined;
  const leadsOut = (host: string): string | undefined => elsewhere?.leadsOut(host);
  const upstream = createUpstream({
    ...upstreamOptions(config, upstreamTls, memory),
    connectTimeoutMs: timeoutMs,
    retries: { share: 0 },
    leadsOut,
  });
  try {
    followSources(sources, registry, createLog("silent"));
    elsewhere?.start();
    await untilLoaded(registry, timeoutMs);
    if (elsewhere !== undefined) await untilSettled(elsewhere, timeoutMs);
    await lookUpLinks(registry, config, database, timeoutMs);
    const pipeline = new Pipeline({
      registry,
      predictor: upstream,
      integrationEnabled: config.integrationEnabled,
      timeoutMs,
      bulkhead: bulkheadOf(timeoutMs),
      memory,
      maxJsonDepth: config.maxJsonDepth,
      observe: () => {},
    });
    const { keys, models: registered } = registry.snapshot;
    const models = keys
      .map((key) => registered.get(key)!)
      .filter((model) => name === undefined || model.name === name || registry.get(name) === model)
      .filter((model) => namespace === undefined || model.namespace === namespace);
    const examinations: Promise<Examination>[] = [];
    for (let i = 0; i < models.length; i++) {
      const ahead = models.slice(examinations.length, i + maxAtOnce);
      examinations.push(
        ...ahead.map((model) => examineModel(model, { registry, upstream, pipeline, leadsOut, timeoutMs })),
      );
      yield await examinations[i]!;
    }
  } finally {
    await Promise.all([...sources, elsewhere].map((watching) => watching?.stop()));
    await upstream.close();
  }
}

/** The limits of a model that is called once: it waits for nothing, and there is nothing to learn from a failure. */
function bulkheadOf(timeoutMs: number): PipelineOptions["bulkhead"] {
  return {
    maxInFlight: maxAtOnce,
    maxQueued: 0,
    queueTimeoutMs: timeoutMs,
    breakerFailures: 0,
    breakerOpenMs: timeoutMs,
    maxWaiting: 0,
    checkReadiness: async () => notChecked,
  };
}

/** Waits until it is known, or the time is over. */
async function untilSettled(watching: { readonly settled: boolean }, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!watching.settled && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, pollMs));
}

async function untilLoaded(registry: Registry, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const missing = missingSources(registry.sources);
    if (missing === undefined) return;
    if (performance.now() > endMs) throw new Error(missing);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/**
 * Looks up the versions that models are linked to. A database with another schema version is left alone: migrating it
 * is up to the service.
 */
async function lookUpLinks(
  registry: Registry,
  config: Config,
  database: DatabaseOptions | undefined,
  timeoutMs: number,
): Promise<void> {
  if (registry.linkedVersions.length === 0) return;
  const lookUp = async (store: VersionStore | undefined): Promise<void> => {
    const { finder, close } = openFinder(config, store);
    const links = followLinks(registry, finder, config, createLog("silent"));
    links.start();
    await untilSettled(links, timeoutMs);
    await links.stop();
    close();
  };
  if (database === undefined) return await lookUp(undefined);
  try {
    const { schema, problem } = await databaseStatus(database);
    if (problem !== undefined) throw new Error(problem);
    if (schema.applied !== schema.known) throw new Error("its schema is of another version of this program");
    await withStore(database, lookUp);
  } catch (error) {
    const problem = `the registry of versions cannot be queried: ${(error as Error).message}`;
    registry.setFindings(new Map(registry.linkedVersions.map((ref) => [ref, { state: "unknown", problem }])));
  }
}
