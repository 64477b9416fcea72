import { until } from "./until.ts";

const kinds: ReadonlySet<string> = new Set(["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "HTTP2Session"]);

/** Less than the clients of the service keep an idle connection, so that one that is left open is seen. */
const patienceMs = 3000;

/** How many were open when the test file began. */
let openBefore = 0;

function open(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
}

/** Test files share a process: what is open when one begins is not left open by it. */
export function noteOpenSockets(): void {
  openBefore = open().length;
}

/** Waits until this process holds no more sockets and listening ports than before this test file; fails when it still does after a while. */
export async function expectNoSockets(): Promise<void> {
  try {
    await until(() => open().length <= openBefore, "", patienceMs);
  } catch {
    throw new Error(`sockets are left open: ${open().join(", ")}`);
  }
}
