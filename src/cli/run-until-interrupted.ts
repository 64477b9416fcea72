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
    throw new Failure(startFailure(error));
  }
  if (!interrupted.aborted) {
    await new Promise<void>((resolve) => interrupted.addEventListener("abort", () => resolve(), { once: true }));
  }
  // SIGTERM is how an orchestrator asks; whoever presses Ctrl-C does not want to wait.
  if (interrupted.reason === "SIGTERM") await service.drain?.();
  await service.stop();
}

function startFailure(error: unknown): string {
  if (error instanceof ConfigError) return `kserve-model-registry cannot start. ${error.message}`;
  const { code, port, message } = error as { code?: string; port?: number; message: string };
  if (code === "EADDRINUSE")
    return `kserve-model-registry cannot start: port ${port} is in use; set PORT to another one`;
  return `kserve-model-registry cannot start: ${message}`;
}
