import type { Service } from "../compose/service.ts";
import { ConfigError, type Env } from "../config/config.ts";
import { type CliIo, interruption } from "./cli-io.ts";
import { Failure } from "./failure.ts";

/**
 * Runs a long-lived part of the program until SIGTERM or SIGINT, and stops it in good order.
 *
 * @param load brings in what starts it
 * @throws Failure when it cannot start
 */
export async function runUntilInterrupted(
  io: CliIo,
  load: () => Promise<(env: Env) => Promise<Service>>,
): Promise<void> {
  // Before the start: a signal that comes while it starts must not be lost.
  const interrupted = interruption(io);
  let service: Service;
  try {
    const start = await load();
    service = await start(io.env);
  } catch (error) {
    throw new Failure(startFailure(error, io.env));
  }
  if (!interrupted.aborted) {
    await new Promise<void>((resolve) => interrupted.addEventListener("abort", () => resolve(), { once: true }));
  }
  // SIGTERM is how an orchestrator asks; a person who presses Ctrl-C does not want to wait.
  if (interrupted.reason === "SIGTERM") await service.drain?.();
  await service.stop();
}

/** What listening fails with where the host is not an address of this machine. */
const hostCodes: ReadonlySet<string | undefined> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

function startFailure(error: unknown, { HOST: host }: Env): string {
  if (error instanceof ConfigError) return `kserve-model-registry cannot start. ${error.message}`;
  const { code, port, syscall, hostname, message } = error as NodeJS.ErrnoException & {
    readonly port?: number;
    readonly hostname?: string;
  };
  const cannot = "kserve-model-registry cannot start:";
  if (code === "EADDRINUSE") return `${cannot} port ${port} is in use; set PORT to another port`;
  const isHost = syscall === "getaddrinfo" ? hostname === host : syscall === "listen" && hostCodes.has(code);
  if (isHost)
    return `${cannot} HOST ${host} is not an address of this machine (${code}); use 0.0.0.0 for all IPv4 addresses`;
  return `${cannot} ${message}`;
}
