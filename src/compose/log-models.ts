import { isDeepStrictEqual } from "node:util";
import type { Pipeline } from "../predict/pipeline.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Readiness } from "../registry/readiness.ts";
import type { Change, Registry } from "../registry/registry.ts";
import { versionRefText } from "../registry/version-ref.ts";
import type { Log } from "./log.ts";

/** A line of the log that waits for its turn. */
interface Line {
  readonly level: "info" | "warn";
  readonly fields: object;
  readonly text: string;
}

/** How many lines are written in one turn of the event loop; ten thousand must not hold up predictions. */
const linesPerTurn = 100;

/**
 * Logs every model that is registered, with its type and address; each change of its entry, with the previous values;
 * each change of its readiness; and its removal.
 */
export function logModels(registry: Registry, log: Log): void {
  let waiting: (() => readonly Line[])[] = [];
  const write = (): void => {
    for (const { level, fields, text } of waiting.slice(0, linesPerTurn).flatMap((linesOf) => linesOf())) {
      log[level](fields, text);
    }
    waiting = waiting.slice(linesPerTurn);
    if (waiting.length > 0) setImmediate(write);
  };
  registry.subscribe((changes) => {
    const idle = waiting.length === 0;
    for (const change of changes) waiting.push(() => linesOf(change));
    for (const line of holderLines(changes, registry)) waiting.push(() => [line]);
    if (idle) write();
  });
}

/** Logs each change of a breaker: while it is open, predictions do not reach the model. */
export function logBreakers(pipeline: Pipeline, registry: Registry, log: Log): void {
  pipeline.onBreakerChange((key) => {
    const { state, consecutiveFailures } = pipeline.load(key).breaker;
    // It may be gone by now.
    const { name: model, namespace } = registry.snapshot.models.get(key) ?? {};
    const level = state === "closed" ? "info" : "warn";
    log[level]({ model, namespace, breaker: state, consecutiveFailures }, `The breaker of model ${model} is ${state}`);
  });
}

function linesOf(change: Change): Line[] {
  const { model } = change;
  switch (change.kind) {
    case "added":
      return [{ level: "info", fields: describe(model), text: `Registered KServe model: ${model.name}` }];
    case "removed":
      return [{ level: "info", fields: describe(model), text: `Removed KServe model: ${model.name}` }];
    case "changed":
      return [...changeLines(change.previous, model), ...stateLines(change, change.previousReadiness)];
    case "readiness":
      return stateLines(change, change.previous);
  }
}

/** Describes what has changed of a model, with values before and after; of fields that may be long only the names. */
function changeLines(previous: RegisteredModel, model: RegisteredModel): Line[] {
  const [before, now] = [loggedValues(previous), loggedValues(model)];
  const changed = Object.keys(now).filter((field) => now[field] !== before[field]);
  const only = (values: Readonly<Record<string, unknown>>): object =>
    Object.fromEntries(changed.map((field) => [field, values[field]]));
  const longer = longFields.filter((field) => !isDeepStrictEqual(previous[field], model[field]));
  if (changed.length + longer.length === 0) return [];
  const fields = { model: model.name, namespace: model.namespace, before: only(before), now: only(now) };
  const text = `Changed KServe model: ${model.name} (${[...changed, ...longer].join(", ")})`;
  return [{ level: "info", fields, text }];
}

/** The fields whose values are logged when they change. */
function loggedValues(model: RegisteredModel): Readonly<Record<string, unknown>> {
  const { namespace, type, address, protocol, timeoutMs, forwardAuthorization, inputFormat, source, location } = model;
  const link = model.link === undefined ? undefined : `${versionRefText(model.link.ref)}: ${model.link.state}`;
  const own = { namespace, type, url: address.url, model: model.model, protocol, timeoutMs, forwardAuthorization };
  return { ...own, inputFormat, source, location, version: link };
}

const longFields = [
  "description",
  "credentials",
  "triggers",
  "inputFeatures",
  "outputFormat",
  "remediationActions",
] as const satisfies (keyof RegisteredModel)[];

function stateLines({ model, readiness }: Change, before: Readiness): Line[] {
  const { state, reason } = readiness;
  if (state === before.state) return [];
  const fields = { model: model.name, namespace: model.namespace, state, stateBefore: before.state };
  if (state === "ready") return [{ level: "info", fields, text: `Model ${model.name} is ready` }];
  return [{ level: "warn", fields: { ...fields, reason }, text: `Model ${model.name} is ${state}: ${reason}` }];
}

/** Describes every name that now means another model, or none. */
function holderLines(changes: readonly Change[], registry: Registry): Line[] {
  const before = new Map<string, RegisteredModel | undefined>();
  for (const change of changes) {
    const { kind, model } = change;
    if (kind === "readiness") continue;
    const previous = kind === "changed" ? change.previous : kind === "removed" ? model : undefined;
    if (kind !== "removed" && model.holdsName && !before.has(model.name)) before.set(model.name, undefined);
    if (previous?.holdsName) before.set(previous.name, previous);
  }
  return [...before].flatMap(([name, was]) => {
    const now = registry.snapshot.holders.get(name);
    // The first model of a name, and the last one, are logged as such.
    const others = registry.namesakesOf({ name }).length - (was === undefined ? 1 : 0);
    const isSame = was?.namespace === now?.namespace && was?.cluster === now?.cluster;
    return isSame || (others === 0 && (was === undefined || now === undefined)) ? [] : [holderLine(name, was, now)];
  });
}

function holderLine(model: string, was: RegisteredModel | undefined, now: RegisteredModel | undefined): Line {
  const fields = { model, namespace: now?.namespace, location: now?.location, namespaceBefore: was?.namespace };
  const before = was === undefined ? "" : `, and no longer ${placeWords(was)}`;
  return { level: "warn", fields, text: `The name ${model} now means ${placeWords(now)}${before}` };
}

function placeWords(model: RegisteredModel | undefined): string {
  if (model === undefined) return "no model";
  const cluster = model.cluster === "" ? "" : ` of cluster ${model.cluster}`;
  return `the one in namespace ${model.namespace}${cluster} (${model.location})`;
}

function describe({ name: model, namespace, type, address, source }: RegisteredModel): object {
  return { model, namespace, type, url: address.url, source };
}
