import { everyone, visibleSnapshot } from "../../registry/access.ts";
import type { Registry } from "../../registry/registry.ts";
import type { CallerLease } from "../caller-lease.ts";
import type { WatchedEvent } from "./watch-events.ts";

/**
 * A watch as one caller may see it: each event of a model that the caller may use at that moment. When the events end
 * because the caller is not known any more, that is thrown.
 */
export async function* permittedEvents(
  events: AsyncIterable<WatchedEvent>,
  registry: Registry,
  caller: CallerLease,
): AsyncGenerator<WatchedEvent> {
  if (caller.access === everyone) {
    yield* events;
    return;
  }
  // Asks side by side what would be asked model by model below.
  await visibleSnapshot(registry.snapshot, caller.access);
  for await (const event of events) {
    if (caller.signal.aborted) break;
    if (event.model === undefined || (await caller.access.mayUse(event.model))) yield event;
  }
  caller.signal.throwIfAborted();
}
