import { onTestFinished } from "vitest";
import type { RequestHandler } from "../../src/api/http.ts";
import { createListener, type ListenerOptions } from "../../src/listen/listener.ts";
import { openRaw, type RawConnection } from "./raw-connection.ts";

/** A connection to a listener of its own; both are closed after the test. */
export async function connectedTo(handler: RequestHandler, options: ListenerOptions = {}): Promise<RawConnection> {
  const listener = createListener(options, handler);
  const { port } = await listener.listen(0, "127.0.0.1");
  const connection = await openRaw(port);
  onTestFinished(async () => {
    connection.destroy();
    await listener.close(0);
  });
  return connection;
}
