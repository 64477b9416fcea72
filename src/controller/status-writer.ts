import { isDeepStrictEqual } from "node:util";
import { backoffMs } from "../base/backoff.ts";
import { reportEvent } from "../kube/kube-event.ts";
import { resourcePath } from "../kube/kube-object.ts";
import type { KubeWriter } from "../kube/kube-writer.ts";
import { modelRegistrations } from "../sources/kube/model-registration.ts";
import { type Condition, changedConditions, type RegistrationStatus } from "./registration-status.ts";

/** A registration, and the status that it should have. */
export interface WantedStatus {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly status: RegistrationStatus;
  /** What it has, as far as is known. */
  readonly current: RegistrationStatus;
}

export interface StatusWriterOptions {
  readonly client: KubeWriter;
  /** Unlike that of any other process; events name it. */
  readonly identity: string;
  /** Called with the reason when something could not be written. */
  readonly onTrouble: (problem: string) => void;
  /** Counts what came of an attempt to write a status. */
  readonly onStatus?: (outcome: "written" | "failed") => void;
}

/** How many are written at a time: fast enough for 10,000, without flooding the API server. */
const maxUnderWay = 8;
const retryBackoff = { minMs: 500, maxMs: 30_000 };
/**
 * A written status is expected back from the watch within this time; until then it counts as the object's current
 * status.
 */
const echoMs = 10_000;

/**
 * Writes the status of registrations, and an Event for each condition that changed. If the wanted status changes while
 * it waits, only the last one is written. Of one registration no more than one status is being written, so that they
 * arrive in order; namespaces take turns, so that thousands of registrations of one tenant hold up no other. Runs until
 * the signal aborts.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #signal: AbortSignal;
  /** What waits, by uid, and by namespace before that: the one whose turn is next comes first. */
  readonly #wanted = new Map<string, Map<string, WantedStatus>>();
  #wantedCount = 0;
  /** What has been written lately. An object that is deleted is not heard of again. */
  readonly #written = new Map<string, { readonly status: RegistrationStatus; readonly expiry: NodeJS.Timeout }>();
  /** How often in a row a status could not be written. */
  readonly #failures = new Map<string, number>();
  /** What is to be tried again later. */
  readonly #retries = new Map<string, NodeJS.Timeout>();
  /** By uid. */
  readonly #underWay = new Set<string>();

  constructor(options: StatusWriterOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const timer of this.#retries.values()) clearTimeout(timer);
    });
  }

  /** Writes the status of a registration, unless it has it already. */
  want(wanted: WantedStatus): void {
    clearTimeout(this.#retries.get(wanted.uid));
    this.#retries.delete(wanted.uid);
    const written = this.#written.get(wanted.uid);
    if (written !== undefined && isDeepStrictEqual(written.status, wanted.current)) {
      clearTimeout(written.expiry);
      this.#written.delete(wanted.uid);
    }
    // Only when its turn comes is it known what it has: another status may be on its way.
    this.#put(wanted);
    this.#next();
  }

  /** How many registrations wait for their status. */
  get waiting(): number {
    return this.#wantedCount + this.#underWay.size + this.#retries.size;
  }

  #put(wanted: WantedStatus): void {
    const ofNamespace = this.#wanted.get(wanted.namespace) ?? new Map<string, WantedStatus>();
    this.#wanted.set(wanted.namespace, ofNamespace);
    if (!ofNamespace.has(wanted.uid)) this.#wantedCount++;
    ofNamespace.set(wanted.uid, wanted);
  }

  #next(): void {
    while (this.#underWay.size < maxUnderWay && !this.#signal.aborted) {
      const next = this.#takeNext();
      if (next === undefined) return;
      const current = this.#written.get(next.uid)?.status ?? next.current;
      if (isDeepStrictEqual(current, next.status)) continue;
      this.#underWay.add(next.uid);
      void this.#write({ ...next, current }).finally(() => {
        this.#underWay.delete(next.uid);
        this.#next();
      });
    }
  }

  /** The first that waits and is not being written, of the namespace whose turn is next. */
  #takeNext(): WantedStatus | undefined {
    for (const [namespace, ofNamespace] of this.#wanted) {
      for (const [uid, wanted] of ofNamespace) {
        if (this.#underWay.has(uid)) continue;
        ofNamespace.delete(uid);
        this.#wantedCount--;
        this.#wanted.delete(namespace);
        if (ofNamespace.size > 0) this.#wanted.set(namespace, ofNamespace);
        return wanted;
      }
    }
    return undefined;
  }

  async #write(wanted: WantedStatus): Promise<void> {
    const { namespace, name, uid, status, current } = wanted;
    const path = `${resourcePath(modelRegistrations, namespace)}/${name}/status`;
    // The uid prevents writing to another object that now has the name. A merge patch only removes `url` if it is
    // null.
    const patch = { metadata: { uid }, status: { url: null, ...status } };
    try {
      const written = await this.#options.client.write("PATCH", path, patch, this.#signal);
      this.#failures.delete(uid);
      if (written === "conflict" || written === "gone") return;
      this.#options.onStatus?.("written");
      this.#note(uid, status);
      for (const condition of changedConditions(current, status)) await this.#report(wanted, condition);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#options.onStatus?.("failed");
      this.#options.onTrouble(`the status of ${namespace}/${name}: ${(error as Error).message}`);
      this.#retryLater(wanted);
    }
  }

  #note(uid: string, status: RegistrationStatus): void {
    clearTimeout(this.#written.get(uid)?.expiry);
    const expiry = setTimeout(() => this.#written.delete(uid), echoMs).unref();
    this.#written.set(uid, { status, expiry });
  }

  /** Others go on meanwhile: what cannot be written may be so for ever. */
  #retryLater(wanted: WantedStatus): void {
    const { uid } = wanted;
    const failures = (this.#failures.get(uid) ?? 0) + 1;
    this.#failures.set(uid, failures);
    // A newer status is already waiting.
    if (this.#wanted.get(wanted.namespace)?.has(uid) === true) return;
    const again = (): void => {
      this.#retries.delete(uid);
      this.#put(wanted);
      this.#next();
    };
    this.#retries.set(uid, setTimeout(again, backoffMs(failures, retryBackoff)).unref());
  }

  async #report(wanted: WantedStatus, { type, status, reason, message }: Condition): Promise<void> {
    if (status === "Unknown") return;
    const { client: writer, identity, onTrouble } = this.#options;
    const regarding = { ...wanted, resource: modelRegistrations, kind: "ModelRegistration" };
    const content = { action: `Set${type}`, reason, message, isWarning: status !== "True" };
    await reportEvent({ writer, identity, onTrouble }, regarding, content, this.#signal);
  }
}
