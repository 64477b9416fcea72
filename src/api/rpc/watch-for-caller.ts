import type { WatchModelsRequest } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Access } from "../../registry/access.ts";
import type { Registry } from "../../registry/registry.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { endOf, keepLease } from "../caller-lease.ts";
import { permittedEvents } from "../watch/permitted-events.ts";
import { type WatchedEvent, watchModels } from "../watch/watch-events.ts";
import { filterFromMessage } from "./filter-from-message.ts";

export interface WatchDeps {
  readonly registry: Registry;
  /** Aborts when the server begins to stop; open watches then end. */
  readonly stopping: AbortSignal;
}

/**
 * The events that WatchModels has for one caller, until the signal says that it has left.
 *
 * @throws RegistryError as `watchModels`; SHUTTING_DOWN where the server stops before
 */
export async function* watchForCaller(
  { registry, stopping }: WatchDeps,
  request: WatchModelsRequest,
  access: Access,
  left: AbortSignal,
): AsyncGenerator<WatchedEvent> {
  const caller = keepLease(access);
  const signal = endOf(caller, left, stopping);
  const { resumeToken } = request;
  const filter = filterFromMessage(request);
  const events = watchModels({ registry, filter, resumeToken, signal });
  try {
    yield* permittedEvents(events, registry, caller, filter);
  } finally {
    caller.stop();
  }
  if (stopping.aborted) {
    throw new RegistryError("SHUTTING_DOWN", "The server is stopping; watch again with the last resume_token", {
      retryAfterMs: 1000,
    });
  }
}
