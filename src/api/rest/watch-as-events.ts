import { invalidField } from "../../registry/registry-error.ts";
import type { Call } from "../call.ts";
import { keepLease } from "../caller-lease.ts";
import { callerSignal } from "../http.ts";
import { type StreamedEvent, sendEventStream } from "../watch/event-stream.ts";
import { permittedEvents } from "../watch/permitted-events.ts";
import { type WatchedEvent, watchModels } from "../watch/watch-events.ts";
import { modelToJson } from "./model-json.ts";
import { filterOf } from "./model-query.ts";
import type { RestContext } from "./rest-context.ts";

/** What a list takes and a watch does not. */
const listOnly = ["pageSize", "pageToken", "includeUnserved"] as const;

/**
 * `GET /api/v1/models?watch=true`: the models and their changes as server-sent events. A browser's EventSource comes
 * back by itself, with the id of the last event; what it missed is sent then. The stream ends when its token does.
 */
export async function watchAsEvents(context: RestContext): Promise<void> {
  const { request, response, registry, query, call, stopping } = context;
  for (const name of listOnly) {
    if (query.has(name)) throw invalidField(name, "is not taken together with watch");
  }
  const left = callerSignal(response);
  const caller = keepLease(call.access);
  const filter = filterOf(context);
  const events = watchModels({
    registry,
    filter,
    resumeToken: tokenOf(request.headers["last-event-id"]),
    signal: AbortSignal.any([left, stopping, caller.signal]),
    // An EventSource that comes back looks the same as one that is new.
    alwaysReset: true,
  });
  try {
    await sendEventStream(response, streamed(call, permittedEvents(events, registry, caller, filter)));
  } finally {
    caller.stop();
  }
}

function tokenOf(header: string | readonly string[] | undefined): string {
  return typeof header === "string" ? header : "";
}

async function* streamed(call: Call, events: AsyncIterable<WatchedEvent>): AsyncGenerator<StreamedEvent> {
  for await (const event of events) {
    // From here on it has gone well, also where its reader ends it.
    call.status = 0;
    yield streamedEvent(event);
  }
}

function streamedEvent({ kind, model, readiness, changedFields, resumeToken }: WatchedEvent): StreamedEvent {
  return {
    event: kind,
    // After a reset the id must not lead back to before it; the models that follow have none of their own.
    id: resumeToken === "" && kind !== "reset" ? undefined : resumeToken,
    data: {
      ...(model === undefined || readiness === undefined ? {} : { model: modelToJson(model, readiness) }),
      ...(changedFields === undefined ? {} : { changedFields: changedFields.map(camelCase) }),
    },
  };
}

/** The contract calls fields `state_reason`, JSON `stateReason`. */
function camelCase(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
