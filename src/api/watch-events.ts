import { isDeepStrictEqual } from "node:util";
import type { RegisteredModel } from "../registry/model.ts";
import type { Readiness } from "../registry/readiness.ts";
import { type Change, type ModelFilter, matches, type Registry } from "../registry/registry.ts";
import { invalidField } from "../registry/registry-error.ts";

/** One event of a watch, before it is written in the form of a protocol. */
export interface WatchedEvent {
  readonly kind: "added" | "changed" | "removed" | "synced" | "reset";
  readonly model?: RegisteredModel;
  /** The readiness of the model at that moment. */
  readonly readiness?: Readiness;
  /** For changed: the fields of Model that differ, as the contract names them. */
  readonly changedFields?: readonly string[];
  readonly resumeToken: string;
}

/** Above this many events that a reader has not taken, it gets all models afresh instead. */
const maxBacklog = 1024;

/**
 * The current models, a marker, then every change until the signal aborts. A reader that is too slow for the changes
 * gets a reset and all models again, so that nothing grows without end.
 *
 * @throws RegistryError INVALID_REQUEST for a malformed resume token
 */
export async function* watchModels(
  registry: Registry,
  filter: ModelFilter,
  resumeToken: string,
  signal: AbortSignal,
): AsyncGenerator<WatchedEvent> {
  const resumed = readToken(resumeToken);
  let backlog: WatchedEvent[] = [];
  let overflow = false;
  let wake = (): void => {};
  let tokenBefore = tokenOf(registry);
  const unsubscribe = registry.subscribe((changes) => {
    const events = changes.flatMap((change) => eventOf(change, filter));
    // Only the last of several changes that came at once stands for all of them.
    for (const [i, event] of events.entries()) {
      const last = i === events.length - 1;
      backlog.push({ ...event, resumeToken: last ? tokenOf(registry) : tokenBefore });
    }
    tokenBefore = tokenOf(registry);
    if (backlog.length > maxBacklog) {
      backlog = [];
      overflow = true;
    }
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    const current = resumed === undefined || resumed !== tokenOf(registry);
    if (current) yield* everything(registry, filter, resumed !== undefined);
    else yield { kind: "synced", resumeToken: tokenOf(registry) };
    while (!signal.aborted) {
      if (overflow) {
        overflow = false;
        backlog = [];
        yield* everything(registry, filter, true);
        continue;
      }
      const events = backlog;
      backlog = [];
      yield* events;
      if (backlog.length > 0 || overflow || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    unsubscribe();
  }
}

function* everything(registry: Registry, filter: ModelFilter, reset: boolean): Generator<WatchedEvent> {
  const { snapshot } = registry;
  const token = tokenOf(registry);
  // A token before the marker would skip the models that have not been sent yet.
  if (reset) yield { kind: "reset", resumeToken: "" };
  for (const name of snapshot.names) {
    const model = snapshot.models.get(name)!;
    if (matches(model, filter)) yield { kind: "added", model, readiness: registry.readiness(name), resumeToken: "" };
  }
  yield { kind: "synced", resumeToken: token };
}

function eventOf(change: Change, filter: ModelFilter): Omit<WatchedEvent, "resumeToken">[] {
  const { model, readiness } = change;
  const now = change.kind !== "removed" && matches(model, filter);
  if (change.kind === "readiness") {
    return now ? [{ kind: "changed", model, readiness, changedFields: ["state", "state_reason"] }] : [];
  }
  const before =
    change.kind === "removed" ? matches(model, filter) : change.kind === "changed" && matches(change.previous, filter);
  if (now && before && change.kind === "changed") {
    return [{ kind: "changed", model, readiness, changedFields: changedFields(change.previous, model) }];
  }
  if (now) return [{ kind: "added", model, readiness }];
  if (!before) return [];
  return [{ kind: "removed", model: change.kind === "changed" ? change.previous : model, readiness }];
}

/** The fields of Model by the part of a registered model that they show. */
const fieldNames: Readonly<Partial<Record<keyof RegisteredModel, string>>> = {
  service: "service",
  namespace: "namespace",
  type: "type",
  description: "description",
  address: "url",
  triggers: "triggers",
  inputFeatures: "input_features",
  inputFormat: "input_format",
  outputFormat: "output_format",
  remediationActions: "remediation_actions",
  source: "source",
  updateTime: "update_time",
};

function changedFields(before: RegisteredModel, after: RegisteredModel): string[] {
  return (Object.keys(fieldNames) as (keyof RegisteredModel)[])
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => fieldNames[key]!);
}

function tokenOf(registry: Registry): string {
  return `${registry.epoch}-${registry.snapshot.version}`;
}

function readToken(token: string): string | undefined {
  if (token === "") return undefined;
  if (!/^[0-9a-f]{8}-\d{1,15}$/.test(token)) {
    throw invalidField("resume_token", "is none that a server gave; use the resume_token of the last event");
  }
  return token;
}
