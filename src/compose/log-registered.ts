import type { RegisteredModel } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import type { Log } from "./log.ts";

/** So many models are told of at once; ten thousand must not hold up predictions. */
const modelsPerTurn = 100;

/** Logs every model that comes to be registered, with its type and address. */
export function logRegistered(registry: Registry, log: Log): void {
  let waiting: RegisteredModel[] = [];
  const write = (): void => {
    for (const model of waiting.slice(0, modelsPerTurn)) {
      log.info(describe(model), `Registered KServe model: ${model.name}`);
    }
    waiting = waiting.slice(modelsPerTurn);
    if (waiting.length > 0) setImmediate(write);
  };
  registry.subscribe((changes) => {
    const idle = waiting.length === 0;
    for (const { kind, model } of changes) if (kind === "added") waiting.push(model);
    if (idle) write();
  });
}

function describe({ name: model, namespace, type, address, source }: RegisteredModel): object {
  return { model, namespace, type, url: address.url, source };
}
