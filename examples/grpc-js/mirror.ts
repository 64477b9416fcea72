import { setTimeout as sleep } from "node:timers/promises";
import { type ServiceError, status } from "@grpc/grpc-js";
import type { RegistryClient } from "./registry.ts";

const firstDelayMs = 100;
const maxDelayMs = 10_000;

/**
 * Follows the registered models. What is known stays while the service is away; afterwards the watch goes on where it
 * was, by its token. Throws when the service refuses the watch for good.
 *
 * @param onChange gets all models by name, first when all are known, then after each change
 */
export async function followModels(
  registry: RegistryClient,
  onChange: (models: ReadonlyMap<string, object>) => void,
): Promise<never> {
  const models = new Map<string, object>();
  let resumeToken = "";
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, maxDelayMs)) {
    let synced = false;
    // Without a token all current models are sent, but not which are gone.
    if (resumeToken === "") models.clear();
    try {
      // A restart of the service ends the watch with UNAVAILABLE.
      for await (const event of registry.watch({ resumeToken })) {
        delayMs = firstDelayMs;
        resumeToken = event.resumeToken || resumeToken;
        switch (event.event) {
          case "WATCH_EVENT_ADDED":
          case "WATCH_EVENT_CHANGED":
            models.set(event.model.name, event.model);
            break;
          case "WATCH_EVENT_REMOVED":
            models.delete(event.model.name);
            break;
          case "WATCH_EVENT_RESET":
            models.clear();
            synced = false;
            break;
          case "WATCH_EVENT_SYNCED":
            synced = true;
        }
        if (synced) onChange(models);
      }
    } catch (error) {
      if ((error as ServiceError).code !== status.UNAVAILABLE) throw error;
    }
    // Half of it by chance, so that not all clients come back at once.
    await sleep(delayMs / 2 + (Math.random() * delayMs) / 2);
  }
}
