import { backoffMs } from "../../../base/backoff.ts";
import type { CatalogModel } from "../../entries/entry.ts";
import type { SourceState } from "../../snapshot.ts";
import { createNameFilter } from "../name-patterns.ts";
import { failedState, type SourceLoader, stateWithout } from "../source-loader.ts";
import type { SourceSpec } from "../source-spec.ts";
import { type HfClient, HfFailure } from "./hf-client.ts";
import { modelOf } from "./hf-model.ts";
import { type HfPattern, hfPatterns } from "./hf-patterns.ts";

const dayMs = 86_400_000;
const defaultMaxModels = 500;
const retry = { minMs: 5000, maxMs: 600_000 } as const;

/** The progress of reading, which continues there after a failure. */
interface Progress {
  readonly patterns: readonly HfPattern[];
  /** The index of the current pattern; `next` is the address of its next page. */
  at: number;
  next: string | undefined;
  /** How many models of the pattern there are so far. */
  taken: number;
  readonly models: Map<string, CatalogModel>;
  readonly missing: string[];
}

/**
 * A source of type `hf`: models of a hub, read once per `syncInterval`. While it cannot be read, the last result stays
 * in use.
 */
export class HfLoader implements SourceLoader {
  readonly spec: SourceSpec;
  readonly #client: HfClient;
  readonly #now: () => number;
  #state: SourceState;
  #progress: Progress | undefined;
  #failures = 0;
  #nextMs = 0;

  constructor(spec: SourceSpec, client: HfClient, before?: SourceState, now: () => number = Date.now) {
    this.spec = spec;
    this.#client = client;
    this.#now = now;
    this.#state = { ...stateWithout(spec, undefined), ...before, spec };
  }

  get state(): SourceState {
    return this.#state;
  }

  async look(signal: AbortSignal): Promise<boolean> {
    if (this.#now() < this.#nextMs) return false;
    this.#progress ??= startOf(this.spec);
    try {
      await readOn(this.#progress, this.spec, this.#client, signal, this.#now);
      this.#state = stateOf(this.spec, this.#progress);
      this.#progress = undefined;
      this.#failures = 0;
      this.#nextMs = this.#now() + (this.spec.properties.syncIntervalMs ?? dayMs);
      return true;
    } catch (error) {
      if (!(error instanceof HfFailure)) throw error;
      this.#failures++;
      this.#nextMs = this.#now() + Math.max(error.retryAfterMs ?? 0, backoffMs(this.#failures, retry));
      const message = `failed to read models: ${error.message}`;
      if (this.#state.error === message) return false;
      this.#state = failedState(this.#state, message);
      return true;
    }
  }
}

/** The names of the models that a source has. */
export async function hfNames(spec: SourceSpec, client: HfClient, signal: AbortSignal): Promise<readonly string[]> {
  const progress = startOf(spec);
  await readOn(progress, spec, client, signal, Date.now);
  return [...progress.models.keys()];
}

function startOf(spec: SourceSpec): Progress {
  const patterns = hfPatterns(spec);
  if (typeof patterns === "string") throw new HfFailure(patterns, { isFinal: true });
  return { patterns, at: 0, next: undefined, taken: 0, models: new Map(), missing: [] };
}

async function readOn(
  progress: Progress,
  spec: SourceSpec,
  client: HfClient,
  signal: AbortSignal,
  now: () => number,
): Promise<void> {
  const isIncluded = createNameFilter([], excludedOf(spec));
  const maxModels = spec.properties.maxModels ?? defaultMaxModels;
  const take = (value: unknown): void => {
    const model = modelOf(value, spec.id, now());
    if (model === undefined || !isIncluded(model.name) || progress.taken >= maxModels) return;
    progress.taken++;
    progress.models.set(model.name, model);
  };
  for (; progress.at < progress.patterns.length; progress.at++, progress.taken = 0) {
    const pattern = progress.patterns[progress.at]!;
    if (pattern.is === "model") {
      try {
        take((await client.get(`/api/models/${pattern.id}`, signal)).value);
      } catch (error) {
        // A missing model must not exclude the others.
        if (!(error instanceof HfFailure) || !error.message.includes("404")) throw error;
        progress.missing.push(pattern.id);
      }
      continue;
    }
    for (let first = true; first || progress.next !== undefined; first = false) {
      const page = await client.get(progress.next ?? firstPage(pattern, maxModels), signal);
      if (!Array.isArray(page.value)) throw new HfFailure("it answered with something other than a list of models");
      const prefix = `${pattern.organization}/${pattern.prefix}`.toLowerCase();
      for (const value of page.value as { id?: unknown }[]) {
        if (typeof value?.id === "string" && value.id.toLowerCase().startsWith(prefix)) take(value);
      }
      const isEnough = progress.taken >= maxModels || page.value.length === 0;
      // A page that leads to itself would never end.
      progress.next = isEnough || page.next === progress.next ? undefined : page.next;
    }
  }
}

function firstPage({ organization, prefix }: HfPattern & { is: "prefix" }, maxModels: number): string {
  const query = new URLSearchParams({ author: organization, limit: String(Math.min(maxModels, 100)), full: "true" });
  if (prefix !== "") query.set("search", prefix);
  return `/api/models?${query.toString()}`;
}

function excludedOf({ excluded, properties: { allowedOrganization } }: SourceSpec): readonly string[] {
  return allowedOrganization === undefined ? excluded : excluded.map((pattern) => `${allowedOrganization}/${pattern}`);
}

function stateOf(spec: SourceSpec, { models, missing }: Progress): SourceState {
  const read = { spec, models: [...models.values()], servers: [] };
  if (missing.length === 0) return { ...read, status: "available", error: "" };
  const error = `Failed to load ${missing.length} model(s): ${missing.slice(0, 5).join(", ")}: there is no such model`;
  return { ...read, status: models.size > 0 ? "partially-available" : "error", error };
}
