import { join } from "node:path";
import { type Background, startInBackground } from "./background.ts";
import { programs, projectDir } from "./paths.ts";

/**
 * Starts a real KServe model server with the models of `test/peers/kserve/server.py`.
 *
 * @param name of its log file, where there are several
 */
export function startKServe(name = "kserve"): Promise<Background> {
  return startInBackground({
    name,
    program: programs.kservePython,
    args: (port) => [
      join(projectDir, "test/peers/kserve/server.py"),
      `--http_port=${port}`,
      "--enable_grpc=false",
      "--workers=1", // More would leave orphans behind when it is stopped.
    ],
    readyPath: "/v1/models/anomaly-detector",
    startTimeoutMs: 120_000,
  });
}
