import { until } from "./until.ts";

const kinds: ReadonlySet<string> = new Set(["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "HTTP2Session"]);

/** Less than the clients of the service keep an idle connection, so that one that is left open is seen. */
const patienceMs = 3000;

/** Waits until this process holds no socket and no listening port; fails when it still does after a while. */
export async function expectNoSockets(): Promise<void> {
  const open = (): string[] => process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
  try {
    await until(() => open().length === 0, "", patienceMs);
  } catch {
    throw new Error(`sockets are left open: ${open().join(", ")}`);
  }
}
