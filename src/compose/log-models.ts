import type { Pipeline } from "../predict/pipeline.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Change, Registry } from "../registry/registry.ts";
import type { Log } from "./log.ts";

/** A line of the log that waits for its turn. */
interface Line {
  readonly level: "info" | "warn";
  readonly fields: object;
  readonly text: string;
}

/** So many lines are written at once; ten thousand must not hold up predictions. */
const linesPerTurn = 100;

/** Logs every model that comes to be registered, with its type and address, and then each change of its state. */
export function logModels(registry: Registry, log: Log): void {
  let waiting: Line[] = [];
  const write = (): void => {
    for (const { level, fields, text } of waiting.slice(0, linesPerTurn)) log[level](fields, text);
    waiting = waiting.slice(linesPerTurn);
    if (waiting.length > 0) setImmediate(write);
  };
  registry.subscribe((changes) => {
    const idle = waiting.length === 0;
    waiting.push(...changes.flatMap(linesOf));
    if (idle) write();
  });
}

/** Logs each change of a breaker: one that is open keeps predictions from a model. */
export function logBreakers(pipeline: Pipeline, log: Log): void {
  pipeline.onBreakerChange((model) => {
    const { state, consecutiveFailures } = pipeline.load(model).breaker;
    const level = state === "closed" ? "info" : "warn";
    log[level]({ model, breaker: state, consecutiveFailures }, `The breaker of model ${model} is ${state}`);
  });
}

function linesOf(change: Change): Line[] {
  const { model } = change;
  if (change.kind === "added") {
    return [{ level: "info", fields: describe(model), text: `Registered KServe model: ${model.name}` }];
  }
  const before =
    change.kind === "changed" ? change.previousReadiness : change.kind === "readiness" ? change.previous : undefined;
  const { state, reason } = change.readiness;
  if (before === undefined || state === before.state) return [];
  const fields = { model: model.name, namespace: model.namespace, state, stateBefore: before.state };
  if (state === "ready") return [{ level: "info", fields, text: `Model ${model.name} is ready` }];
  return [{ level: "warn", fields: { ...fields, reason }, text: `Model ${model.name} is ${state}: ${reason}` }];
}

function describe({ name: model, namespace, type, address, source }: RegisteredModel): object {
  return { model, namespace, type, url: address.url, source };
}
