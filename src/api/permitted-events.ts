import { type Access, everyone, visibleSnapshot } from "../registry/access.ts";
import type { Registry } from "../registry/registry.ts";
import type { WatchedEvent } from "./watch-events.ts";

/** A watch as one caller may see it: each event of a model that the caller may use at that moment. */
export async function* permittedEvents(
  events: AsyncIterable<WatchedEvent>,
  registry: Registry,
  access: Access,
): AsyncGenerator<WatchedEvent> {
  if (access === everyone) {
    yield* events;
    return;
  }
  // Asks side by side what would be asked model by model below.
  await visibleSnapshot(registry.snapshot, access);
  for await (const event of events) {
    if (event.model === undefined || (await access.mayUse(event.model))) yield event;
  }
}
