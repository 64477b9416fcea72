import { ConfigError, type Env } from "../config.ts";
import { startService } from "../service.ts";

/** Runs the server until SIGTERM or SIGINT. Resolves with the exit status. */
export async function serve(env: Env): Promise<number> {
  let service: Awaited<ReturnType<typeof startService>>;
  try {
    service = await startService(env);
  } catch (error) {
    process.stderr.write(`${startFailure(error)}\n`);
    return 1;
  }
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
  await service.stop();
  return 0;
}

function startFailure(error: unknown): string {
  if (error instanceof ConfigError) return `kserve-model-registry cannot start. ${error.message}`;
  const { code, port, message } = error as { code?: string; port?: number; message: string };
  if (code === "EADDRINUSE")
    return `kserve-model-registry cannot start: port ${port} is in use; set PORT to another one`;
  return `kserve-model-registry cannot start: ${message}`;
}
