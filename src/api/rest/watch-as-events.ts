import { invalidField } from "../../registry/registry-error.ts";
import type { Call } from "../call.ts";
import { endOf, keepLease } from "../caller-lease.ts";
import { callerSignal } from "../http.ts";
import { type StreamedEvent, sendEventStream } from "../watch/event-stream.ts";
import { permittedEvents } from "../watch/permitted-events.ts";
import { type WatchedEvent, watchModels } from "../watch/watch-events.ts";
import { modelToJson } from "./model-json.ts";
import { filterOf } from "./model-query.ts";
import type { RestContext } from "./rest-context.ts";

/** Parameters of a list that a watch does not have. */
const listOnly = ["pageSize", "pageToken", "includeUnserved"] as const;

/**
 * `GET /api/v1/models?watch=true`: the models and their changes as server-sent events. A browser's EventSource
 * reconnects by itself with the id of the last event, and is sent what it missed. The stream ends when its token
 * expires.
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
    signal: endOf(caller, left, stopping),
    // A reconnecting EventSource cannot be distinguished from a new one.
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
    // From here on the call counts as successful, also when its reader ends it.
    call.status = 0;
    yield streamedEvent(event);
  }
}

function streamedEvent({ kind, model, readiness, changedFields, resumeToken }: WatchedEvent): StreamedEvent {
  return {
    event: kind,
    // After a reset, the id must not resume before it; the models that follow have no id of their own.
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
