import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
It is configured by the same environment variables as serve: KUBECONFIG, KSERVE_WATCH_NAMESPACES, KSERVE_URL_FORMAT,
KSERVE_PREDICTOR_PORT, KSERVE_READINESS_INTERVAL, CONTROLLER_LEASE, PORT (for /livez, /readyz and /metrics), LOG_LEVEL.

The conditions that it writes:
  Accepted   the registration is good and its name is free; else Invalid or NameTaken, with every problem
  Resolved   the address that predictions go to: by its InferenceService, its url, or the usual one of its Service
  Ready      whether the model answers; else NotReady, Unreachable or NotChecked, with the reason

Run two or more for a quick change of hands: they choose one by a Lease, and the others wait. Serving replicas only
read.
SIGTERM and SIGINT end it; the Lease is given back at once.

Example:
  KUBECONFIG=~/.kube/config CONTROLLER_LEASE=self-healing-platform/kserve-model-registry-controller \\
    kserve-model-registry controller`;

/** Adds `controller`: gives ModelRegistrations their status, until SIGTERM or SIGINT. */
export function addController(program: Command, io: CliIo): void {
  program
    .command("controller")
    .description("write the status of ModelRegistrations in a cluster")
    .addHelpText("after", help)
    .action(() => runUntilInterrupted(io, async () => (await import("../../compose/controller.ts")).startController));
}
