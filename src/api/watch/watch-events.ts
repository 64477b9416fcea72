import { isDeepStrictEqual } from "node:util";
import { takeAll } from "../../base/take-all.ts";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { type Change, type ChangeStep, type ModelFilter, matches, type Registry } from "../../registry/registry.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { filterHash } from "../list-page.ts";

/** One event of a watch, before it is written in the form of a protocol. */
export interface WatchedEvent {
  readonly kind: "added" | "changed" | "removed" | "synced" | "reset";
  readonly model?: RegisteredModel;
  /** The readiness of the model at that moment. */
  readonly readiness?: Readiness;
  /** For changed: the fields of Model that differ, as the contract names them. */
  readonly changedFields?: readonly string[];
  /** The model before, where more than its readiness has changed. */
  readonly previous?: RegisteredModel;
  readonly resumeToken: string;
}

/** What to watch, and how. */
export interface WatchOptions {
  readonly registry: Registry;
  readonly filter: ModelFilter;
  /** The token of the last event that was received; empty to start anew. */
  readonly resumeToken: string;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Begin with a reset even where no token was given, for readers that reconnect without saying so. Default: false. */
  readonly alwaysReset?: boolean;
}

/** Above this many events that a reader has not taken, it gets all models afresh instead. */
const maxBacklog = 1024;

/**
 * The current models, a marker, then every change until the signal aborts. With a token, what changed since takes the
 * place of the current models, as far as that is known; otherwise a reset says to forget what was there. A reader that
 * is too slow for the changes gets a reset and all models again, so that nothing grows without end.
 *
 * @throws RegistryError INVALID_REQUEST for a resume token that is malformed, or was given for other filters;
 *   MODELS_NOT_LOADED
 */
export async function* watchModels(options: WatchOptions): AsyncGenerator<WatchedEvent> {
  const { registry, filter, signal, alwaysReset = false } = options;
  registry.assertLoaded();
  const resumed = readToken(options.resumeToken, filter);
  const hash = filterHash(filter);
  const tokenOf = (version: number): string => `${registry.epoch}-${version}-${hash}`;
  const backlog: WatchedEvent[] = [];
  let overflow = false;
  let wake = (): void => {};
  const unsubscribe = registry.subscribe((changes) => {
    if (changes.length === 0) return;
    backlog.push(...eventsOf({ version: registry.snapshot.version, changes }, filter, tokenOf));
    if (backlog.length > maxBacklog) {
      backlog.length = 0;
      overflow = true;
    }
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    const missed = resumed?.epoch === registry.epoch ? registry.changesSince(resumed.version) : undefined;
    if (missed === undefined)
      yield* inShortTurns(everything(registry, filter, tokenOf, alwaysReset || resumed !== undefined));
    else yield* inShortTurns(whatWasMissed(missed, filter, tokenOf(registry.snapshot.version), tokenOf));
    while (!signal.aborted) {
      if (overflow) {
        overflow = false;
        backlog.length = 0;
        yield* inShortTurns(everything(registry, filter, tokenOf, true));
        continue;
      }
      yield* inShortTurns(takeAll(backlog));
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

/** Writing an event takes its time: many at once, or to many watchers, must not hold up predictions. */
async function* inShortTurns(events: Iterable<WatchedEvent>): AsyncGenerator<WatchedEvent> {
  for (const event of events) {
    yield event;
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
  }
}

function* whatWasMissed(
  steps: readonly ChangeStep[],
  filter: ModelFilter,
  resumeToken: string,
  tokenOf: TokenOf,
): Generator<WatchedEvent> {
  for (const step of steps) yield* eventsOf(step, filter, tokenOf);
  yield { kind: "synced", resumeToken };
}

/** Only the last of several changes that came at once stands for all of them. */
function eventsOf({ version, changes }: ChangeStep, filter: ModelFilter, tokenOf: TokenOf): WatchedEvent[] {
  const events = changes.flatMap((change) => eventOf(change, filter));
  return events.map((event, i) => ({
    ...event,
    resumeToken: tokenOf(i === events.length - 1 ? version : version - 1),
  }));
}

function* everything(
  registry: Registry,
  filter: ModelFilter,
  tokenOf: TokenOf,
  reset: boolean,
): Generator<WatchedEvent> {
  const { snapshot } = registry;
  const token = tokenOf(snapshot.version);
  // A token before the marker would skip the models that have not been sent yet.
  if (reset) yield { kind: "reset", resumeToken: "" };
  for (const key of snapshot.keys) {
    const model = snapshot.models.get(key)!;
    if (matches(model, filter)) yield { kind: "added", model, readiness: registry.readiness(key), resumeToken: "" };
  }
  yield { kind: "synced", resumeToken: token };
}

function eventOf(change: Change, filter: ModelFilter): Omit<WatchedEvent, "resumeToken">[] {
  const { model, readiness } = change;
  const now = change.kind !== "removed" && matches(model, filter);
  if (change.kind === "readiness") {
    return now ? [{ kind: "changed", model, readiness, changedFields: changedState(change.previous, readiness) }] : [];
  }
  const before =
    change.kind === "removed" ? matches(model, filter) : change.kind === "changed" && matches(change.previous, filter);
  if (now && before && change.kind === "changed") {
    const fields = fieldsOf(change);
    // What an entry shadows is no part of a model.
    return fields.length === 0
      ? []
      : [{ kind: "changed", model, previous: change.previous, readiness, changedFields: fields }];
  }
  if (now) return [{ kind: "added", model, readiness }];
  if (!before) return [];
  return [{ kind: "removed", model: change.kind === "changed" ? change.previous : model, readiness }];
}

/** What has changed, by the change: the same for all watchers. */
const knownFields = new WeakMap<Change, readonly string[]>();

function fieldsOf(change: Change & { readonly kind: "changed" }): readonly string[] {
  const known = knownFields.get(change);
  if (known !== undefined) return known;
  const { previous, model, previousReadiness, readiness } = change;
  const fields = [...changedFields(previous, model), ...changedState(previousReadiness, readiness)];
  knownFields.set(change, fields);
  return fields;
}

/** The fields of Model by the part of a registered model that they show. */
const fieldNames: Readonly<Partial<Record<keyof RegisteredModel, string>>> = {
  service: "service",
  namespace: "namespace",
  type: "type",
  description: "description",
  address: "url",
  protocol: "protocol",
  triggers: "triggers",
  inputFeatures: "input_features",
  inputFormat: "input_format",
  outputFormat: "output_format",
  remediationActions: "remediation_actions",
  source: "source",
  cluster: "cluster",
  holdsName: "holds_name",
  link: "version_link",
  updateTime: "update_time",
};

function changedFields(before: RegisteredModel, after: RegisteredModel): string[] {
  return (Object.keys(fieldNames) as (keyof RegisteredModel)[])
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => fieldNames[key]!);
}

function changedState(before: Readiness, after: Readiness): string[] {
  return [
    ...(before.state === after.state ? [] : ["state"]),
    ...(before.reason === after.reason ? [] : ["state_reason"]),
  ];
}

/** The resume token of a version of the registry, for the filters of the watch. */
type TokenOf = (version: number) => string;

function readToken(
  token: string,
  filter: ModelFilter,
): { readonly epoch: string; readonly version: number } | undefined {
  if (token === "") return undefined;
  // Those of servers before this one said nothing of filters; as they are of another process, all is sent afresh.
  const match = /^([0-9a-f]{8})-(\d{1,15})(?:-([0-9a-f]{8}))?$/.exec(token);
  if (match === null) {
    throw invalidField("resume_token", "was not given by a server; use the resume_token of the last event");
  }
  const [, epoch, version, hash] = match;
  if (hash !== undefined && hash !== filterHash(filter)) {
    throw invalidField(
      "resume_token",
      "was given for other filters; keep type, namespace, cluster and trigger, or leave it out",
    );
  }
  return { epoch: epoch!, version: Number(version) };
}
