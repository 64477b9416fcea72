import { type Access, everyone, visibleSnapshot } from "../../registry/access.ts";
import { type ModelFilter, matches, type Registry } from "../../registry/registry.ts";
import type { CallerLease } from "../caller-lease.ts";
import type { WatchedEvent } from "./watch-events.ts";

/**
 * The event as one caller may see it; undefined for nothing. A caller who may use a name, but not every model that
 * holds it, sees one model disappear and the other appear.
 */
async function permittedEvent(event: WatchedEvent, access: Access): Promise<WatchedEvent | undefined> {
  const { model, previous } = event;
  if (model === undefined) return event;
  const may = await access.mayUse(model);
  if (previous === undefined || (previous.holdsName === model.holdsName && previous.key === model.key)) {
    return may ? event : undefined;
  }
  const might = await access.mayUse(previous);
  if (might === may) return may ? event : undefined;
  const { previous: _, changedFields: __, ...rest } = event;
  return may ? { ...rest, kind: "added" } : { ...rest, kind: "removed", model: previous };
}

/**
 * A watch as one caller may see it: each event of a model that the caller may use at that moment. When the events end
 * because the caller is not known any more, that is thrown.
 *
 * @param filter that of the watch
 */
export async function* permittedEvents(
  events: AsyncIterable<WatchedEvent>,
  registry: Registry,
  caller: CallerLease,
  filter: ModelFilter,
): AsyncGenerator<WatchedEvent> {
  if (caller.access === everyone) {
    yield* events;
    return;
  }
  // Asks side by side what would be asked model by model below.
  await visibleSnapshot(registry.snapshot, caller.access, (model) => matches(model, filter));
  for await (const event of events) {
    if (caller.signal?.aborted) break;
    const permitted = await permittedEvent(event, caller.access);
    if (permitted !== undefined) yield permitted;
  }
  caller.signal?.throwIfAborted();
}
