import { until } from "./until.ts";

const kinds: ReadonlySet<string> = new Set(["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "HTTP2Session"]);

/** Waits until this process holds no socket and no listening port; fails when it still does after a second. */
export async function expectNoSockets(): Promise<void> {
  const open = (): string[] => process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
  try {
    await until(() => open().length === 0, "", 1000);
  } catch {
    throw new Error(`sockets are left open: ${open().join(", ")}`);
  }
}
