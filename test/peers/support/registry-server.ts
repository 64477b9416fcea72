import { type Background, type BackgroundOptions, startInBackground } from "./background.ts";

/** Starts the service itself, as `npm start` does, with these models and on a free port. */
export function startRegistry(
  name: string,
  models: readonly object[],
  env: Readonly<Record<string, string>> = {},
  more: Pick<BackgroundOptions, "port" | "readyLine" | "startTimeoutMs"> = {},
): Promise<Background> {
  return startInBackground({
    name,
    program: process.execPath,
    args: () => ["src/main.ts", "serve"],
    env: (port) => ({
      HOST: "127.0.0.1",
      PORT: String(port),
      KSERVE_MODEL_REGISTRY: JSON.stringify(models),
      KSERVE_READINESS_INTERVAL: "1s",
      // The suites call a model that is not there by every way, and each is to find that out for itself.
      KSERVE_BREAKER_FAILURES: "0",
      ...env,
    }),
    readyPath: "/readyz",
    startTimeoutMs: 60_000,
    ...more,
  });
}
