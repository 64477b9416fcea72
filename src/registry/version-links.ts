import { setTimeout as sleep } from "node:timers/promises";
import { type BackoffLimits, backoffMs } from "../base/backoff.ts";
import type { VersionFinding } from "./model.ts";
import type { VersionFinder } from "./ports.ts";
import type { Registry } from "./registry.ts";
import type { VersionRef } from "./version-ref.ts";

export interface VersionLinksOptions {
  readonly registry: Registry;
  readonly finder: VersionFinder;
  /** How old what is known of a version may become, in milliseconds. */
  readonly refreshMs: number;
  /** Is called with what keeps versions from being looked up, and undefined once nothing does. */
  readonly onTrouble: (problem: string | undefined) => void;
  /** How long one look-up may take, in milliseconds. Default: 10 s. */
  readonly timeoutMs?: number;
  readonly backoff?: BackoffLimits;
}

/** Versions that are looked up at once. */
const concurrency = 4;

/** Changes of the registry of versions that come together are looked at together. */
const settleMs = 100;

/** However much is written, looking up all versions takes no more than a part of the time. */
const restShare = 4;

/**
 * Keeps what the registry knows of the versions that its models are linked to up to date: new links are looked up at
 * once, all of them again from time to time and whenever `refresh` says so. No prediction waits for it. While versions
 * cannot be looked up, what was found last stays in force.
 */
export class VersionLinks {
  readonly #options: VersionLinksOptions;
  readonly #stopping = new AbortController();
  readonly #unsubscribe: () => void;
  #waking = new AbortController();
  #settled = false;
  #due = true;
  #trouble: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: VersionLinksOptions) {
    this.#options = options;
    this.#unsubscribe = options.registry.subscribe((changes) => {
      if (changes.some(({ model }) => model.link !== undefined && this.#isNew(model.link.ref))) this.#waking.abort();
    });
  }

  /** Whether every link has been looked up once, or could not be. For good: later links are not a reason to wait. */
  get settled(): boolean {
    this.#settled ||= !this.#options.registry.linkedVersions.some((ref) => this.#isNew(ref));
    return this.#settled;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Looks everything up again soon: something has changed in the registry of versions. */
  refresh(): void {
    this.#due = true;
    this.#waking.abort();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { refreshMs, backoff = { minMs: 1000, maxMs: 30_000 } } = this.#options;
    let failures = 0;
    let lastWholeMs = Number.NEGATIVE_INFINITY;
    let tookMs = 0;
    const untilWholeMs = (): number => lastWholeMs + refreshMs - performance.now();
    while (!signal.aborted) {
      this.#waking = new AbortController();
      const whole = this.#due || failures > 0 || untilWholeMs() <= 0;
      this.#due = false;
      if (whole) lastWholeMs = performance.now();
      failures = (await this.#round(whole, signal)) ? 0 : failures + 1;
      if (whole) tookMs = performance.now() - lastWholeMs;
      // While look-ups fail, new links wait with all others.
      const ends = failures === 0 ? AbortSignal.any([signal, this.#waking.signal]) : signal;
      await pause(failures === 0 ? untilWholeMs() : backoffMs(failures, backoff), ends);
      if (!this.#waking.signal.aborted) continue;
      await pause(this.#due ? Math.max(settleMs, restShare * tookMs) : settleMs, signal);
    }
  }

  /** Looks up all versions, or those that never were. Returns whether the registry of versions could be asked. */
  async #round(whole: boolean, signal: AbortSignal): Promise<boolean> {
    const { registry } = this.#options;
    const refs = registry.linkedVersions.filter((ref) => whole || this.#isNew(ref));
    if (refs.length === 0) return true;
    const findings = new Map<VersionRef, VersionFinding>();
    let trouble: string | undefined;
    const rest = [...refs];
    const worker = async (): Promise<void> => {
      for (let ref = rest.pop(); ref !== undefined && trouble === undefined; ref = rest.pop()) {
        try {
          findings.set(ref, await this.#find(ref, signal));
        } catch (error) {
          trouble ??= (error as Error).message;
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    if (signal.aborted) return false;
    if (trouble !== undefined) {
      const problem = `the registry of versions cannot be queried: ${trouble}`;
      for (const ref of refs)
        if (this.#isNew(ref) && !findings.has(ref)) findings.set(ref, { state: "unknown", problem });
    }
    registry.setFindings(findings);
    if (trouble !== this.#trouble) this.#options.onTrouble(trouble);
    this.#trouble = trouble;
    return trouble === undefined;
  }

  async #find(ref: VersionRef, signal: AbortSignal): Promise<VersionFinding> {
    const { finder, registry, timeoutMs = 10_000 } = this.#options;
    const limit = AbortSignal.timeout(timeoutMs);
    const found = await finder.find(ref, AbortSignal.any([signal, limit])).catch((error: unknown) => {
      throw limit.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error;
    });
    // What was found last is better than nothing.
    return found.state === "unknown" ? (registry.findingOf(ref) ?? found) : found;
  }

  #isNew(ref: VersionRef): boolean {
    return this.#options.registry.findingOf(ref) === undefined;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => {});
}
