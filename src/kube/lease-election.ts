import { setTimeout as sleep } from "node:timers/promises";
import { resourcePath } from "./kube-object.ts";
import type { KubeWriter } from "./kube-writer.ts";

/** The timing of a Lease, in the proportions of Kubernetes' own controllers. */
export interface LeaseTiming {
  /** How long others wait after the last renewal that they saw. Default: 15 s. */
  readonly durationMs: number;
  /** A leader that could not renew for this long stops acting, well before others start. Default: 10 s. */
  readonly renewDeadlineMs: number;
  /** Between two attempts. Default: 2 s. */
  readonly retryMs: number;
}

export interface LeaseElectionOptions {
  readonly client: KubeWriter;
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other process: the name of the pod and something random. */
  readonly identity: string;
  /** This process leads from now on. The signal aborts as soon as it no longer does. */
  readonly onLeading: (lost: AbortSignal) => void;
  /** Why an attempt failed, in words. Called once for each different reason. */
  readonly onTrouble: (problem: string) => void;
  readonly timing?: LeaseTiming;
}

const defaultTiming: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

const leases = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

interface Lease {
  readonly metadata: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/**
 * Elects one leader among several processes by a Lease (coordination.k8s.io/v1), as Kubernetes' own controllers do: a
 * Lease that has not changed for its duration is free. Clocks of different machines are never compared.
 */
export class LeaseElection {
  readonly #options: LeaseElectionOptions;
  readonly #timing: LeaseTiming;
  readonly #stopping = new AbortController();
  #seen: { version: string; timeMs: number } | undefined;
  #leading: AbortController | undefined;
  #renewedMs = 0;
  #trouble: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
  }

  /** Whether this process leads. */
  get leading(): boolean {
    return this.#leading !== undefined;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Stops acting at once, and releases the Lease, so that the next leader need not wait for it to expire. */
  async stop(): Promise<void> {
    const led = this.leading;
    this.#stopping.abort();
    this.#lose();
    await this.#running;
    if (led) await this.#release().catch(() => {});
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { retryMs, renewDeadlineMs } = this.#timing;
    while (!signal.aborted) {
      try {
        // A leader's renewal must not take longer than it may act without one.
        const sinceRenewalMs = this.leading ? performance.now() - this.#renewedMs : 0;
        const attemptMs = Math.max(1, Math.round(renewDeadlineMs - sinceRenewalMs));
        const held = await this.#attempt(AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]));
        this.#trouble = undefined;
        if (held) this.#lead();
        else this.#lose();
      } catch (error) {
        if (signal.aborted) return;
        this.#report((error as Error).message);
      }
      if (performance.now() - this.#renewedMs >= renewDeadlineMs) this.#lose();
      // With jitter, so that waiting processes do not try in step.
      await sleep(retryMs * (0.8 + Math.random() * 0.4), undefined, { signal }).catch(() => {});
    }
  }

  /** Takes or renews the Lease. False: somebody else has it. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { client, identity, name, namespace } = this.#options;
    const startMs = performance.now();
    const now = new Date().toISOString().replace("Z", "000Z");
    const path = resourcePath(leases, namespace);
    const lease = await client.find<Lease>(`${path}/${name}`, signal);
    const spec = lease?.spec;
    const mine = spec?.holderIdentity === identity;
    if (lease !== undefined && !mine && spec?.holderIdentity && !this.#expired(lease, startMs)) return false;
    const next = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace, ...lease?.metadata },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#timing.durationMs / 1000),
        acquireTime: mine ? spec?.acquireTime : now,
        renewTime: now,
        leaseTransitions: (spec?.leaseTransitions ?? 0) + (mine || lease === undefined ? 0 : 1),
      },
    };
    // With the version in the metadata, the API server refuses the write if another process has changed the Lease
    // meanwhile.
    const written =
      lease === undefined
        ? await client.write("POST", path, next, signal)
        : await client.write("PUT", `${path}/${name}`, next, signal);
    if (written === "conflict") return false;
    this.#renewedMs = startMs;
    return true;
  }

  #expired({ metadata, spec }: Lease, nowMs: number): boolean {
    const version = `${metadata.resourceVersion}`;
    if (this.#seen?.version !== version) this.#seen = { version, timeMs: nowMs };
    return nowMs - this.#seen.timeMs >= (spec?.leaseDurationSeconds ?? 0) * 1000;
  }

  async #release(): Promise<void> {
    const { client, identity, name, namespace } = this.#options;
    const path = `${resourcePath(leases, namespace)}/${name}`;
    const signal = AbortSignal.timeout(this.#timing.retryMs);
    const lease = await client.find<Lease>(path, signal);
    if (lease?.spec?.holderIdentity !== identity) return;
    await client.write(
      "PUT",
      path,
      { ...lease, spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 } },
      signal,
    );
  }

  #lead(): void {
    if (this.#leading !== undefined || this.#stopping.signal.aborted) return;
    this.#leading = new AbortController();
    this.#options.onLeading(this.#leading.signal);
  }

  #lose(): void {
    this.#leading?.abort();
    this.#leading = undefined;
  }

  #report(problem: string): void {
    if (problem === this.#trouble) return;
    this.#trouble = problem;
    this.#options.onTrouble(problem);
  }
}
