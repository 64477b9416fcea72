import { join } from "node:path";
import { freePort } from "../../../measure/free-port.ts";
import { type Background, startInBackground } from "../support/background.ts";
import { programs, projectDir } from "../support/paths.ts";

/** A model server of the Open Inference Protocol. */
export interface OipServer {
  /** Where it speaks REST. */
  readonly rest: Background;
  /** Where it speaks gRPC: `http://127.0.0.1:34567`. */
  readonly grpcUrl: string;
}

/** Starts a real MLServer with the models of `mlserver-models.py`. */
export function startMlServer(): Promise<OipServer> {
  return start("mlserver", programs.mlserverPython, "mlserver-models.py", "/v2/models/people/ready");
}

/** Starts a real Triton with the models of `triton-models.py`. It says that it is ready before its models are. */
export function startTriton(): Promise<OipServer> {
  return start("triton", programs.tritonServerPython, "triton-models.py", "/v2/models/fails/ready");
}

async function start(name: string, program: string, script: string, readyPath: string): Promise<OipServer> {
  const [grpcPort, metricsPort] = [await freePort(), await freePort()];
  const rest = await startInBackground({
    name,
    program,
    args: (port) => [join(projectDir, "test/peers/oip", script), ...[port, grpcPort, metricsPort].map(String)],
    readyPath,
    startTimeoutMs: 120_000,
  });
  return { rest, grpcUrl: `http://127.0.0.1:${grpcPort}` };
}
