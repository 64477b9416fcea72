import { drained, type HttpResponse } from "../http.ts";
import { createPieceWriter } from "../piece-writer.ts";

/** One server-sent event. */
export interface StreamedEvent {
  readonly event: string;
  /** What a reader that comes back sends as `Last-Event-ID`. Empty makes it forget the last one; undefined keeps it. */
  readonly id: string | undefined;
  readonly data: unknown;
}

/** So often something is written at least, so that nothing on the way takes the connection for a dead one. */
const defaultHeartbeatMs = 15_000;
/** When a browser comes back after the stream has ended. */
const retryMs = 1000;

/**
 * Writes events as they come, as `text/event-stream`, until there are no more or the reader leaves. A reader that does
 * not read is waited for; what happens meanwhile is up to the events.
 *
 * @throws what the first event throws; nothing has been written then
 */
export async function sendEventStream(
  response: HttpResponse,
  events: AsyncGenerator<StreamedEvent>,
  heartbeatMs = defaultHeartbeatMs,
): Promise<void> {
  const first = await events.next();
  if (response.destroyed) {
    await events.return(undefined);
    return;
  }
  response.statusCode = 200;
  response.setHeader("content-type", "text/event-stream");
  response.setHeader("cache-control", "no-store");
  // nginx collects an answer before it passes it on, unless a header says not to.
  response.setHeader("x-accel-buffering", "no");
  if (response.req.method === "HEAD") {
    response.end();
    await events.return(undefined);
    return;
  }
  let waits = false;
  const writer = createPieceWriter(response);
  const write = (text: string): boolean => writer.write(Buffer.from(text));
  const heartbeat = setInterval(() => {
    if (!waits && !response.destroyed) write(": still here\n\n");
  }, heartbeatMs);
  try {
    write(`retry: ${retryMs}\n\n`);
    for (let next = first; !next.done; next = await events.next()) {
      if (response.destroyed) return;
      if (write(textOf(next.value)) || response.destroyed) continue;
      waits = true;
      await drained(response);
      waits = false;
    }
  } finally {
    clearInterval(heartbeat);
    writer.end();
    await events.return(undefined);
  }
}

/** JSON holds no line break, so that the data is always one line. */
function textOf({ event, id, data }: StreamedEvent): string {
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
