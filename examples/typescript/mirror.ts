import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import type { Model } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";

const firstDelayMs = 100;
const maxDelayMs = 10_000;

/**
 * Follows the registered models. What is known stays while the service is away; afterwards the watch goes on where it
 * was, by its token. Throws when the service refuses the watch for good.
 *
 * @param onChange gets all models by name, first when all are known, then after each change
 */
export async function followModels(
  channel: Transport,
  onChange: (models: ReadonlyMap<string, Model>) => void,
): Promise<never> {
  const registry = createClient(ModelRegistry, channel);
  const models = new Map<string, Model>();
  let resumeToken = "";
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, maxDelayMs)) {
    let synced = false;
    // Without a token all current models are sent, but not which are gone.
    if (resumeToken === "") models.clear();
    try {
      // No deadline: a watch lasts. A restart of the service ends it with UNAVAILABLE.
      for await (const { event, model, resumeToken: token } of registry.watchModels({ resumeToken })) {
        delayMs = firstDelayMs;
        resumeToken = token || resumeToken;
        switch (event) {
          case WatchEvent.ADDED:
          case WatchEvent.CHANGED:
            models.set(model!.name, model!);
            break;
          case WatchEvent.REMOVED:
            models.delete(model!.name);
            break;
          case WatchEvent.RESET:
            models.clear();
            synced = false;
            break;
          case WatchEvent.SYNCED:
            synced = true;
        }
        if (synced) onChange(models);
      }
    } catch (error) {
      // A connection that breaks is ABORTED or INTERNAL to the library, by how it does.
      const { code } = ConnectError.from(error);
      if (code !== Code.Unavailable && code !== Code.Aborted && code !== Code.Internal) throw error;
    }
    // Half of it by chance, so that not all clients come back at once.
    await sleep(delayMs / 2 + (Math.random() * delayMs) / 2);
  }
}
