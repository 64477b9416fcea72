import type { Command } from "commander";
import type { Env } from "../../config/config.ts";
import type { CliIo } from "../cli-io.ts";
import { usageFailure } from "../failure.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
It is configured by the same environment variables as serve: KUBECONFIG, KSERVE_WATCH_NAMESPACES, KSERVE_URL_FORMAT,
KSERVE_PREDICTOR_PORT, KSERVE_READINESS_INTERVAL, CONTROLLER_LEASE, PORT (for /livez, /readyz and /metrics),
CONTROLLER_METRICS (whether /metrics is for everybody, for those with a token, or off), LOG_LEVEL.

The conditions that it writes:
  Accepted   the registration is valid and its name is free; if not, Invalid or NameTaken, with every problem
  Resolved   the address that predictions go to: from its InferenceService, its url, or the usual one of its Service
  Ready      the model answers; if not, NotReady, Unreachable or NotChecked, with the reason

With INFERENCE_SERVICE_CONTROLLER=managed it also writes InferenceServices that have the label
modelregistry.kubeflow.org/registered-model-id into the registry of versions: which version is served where, at which
address, and when it no longer is. The registry is that of VERSIONS_URL; where that is unset, the Service with the label
component=model-registry in REGISTRIES_NAMESPACE. Events on an InferenceService say why it is not linked.

Run two or more, so that another one takes over quickly: they elect one by a Lease, and the others wait. Replicas that
serve only read.
SIGTERM and SIGINT end it; the Lease is given back at once.

The flags are those of Kubeflow's controller, so that its manifests run with this image.

Example:
  KUBECONFIG=~/.kube/config CONTROLLER_LEASE=self-healing-platform/kserve-model-registry-controller \\
    kserve-model-registry controller`;

interface RawControllerOptions {
  readonly metricsBindAddress?: string;
  readonly metricsSecure?: string | boolean;
  readonly healthProbeBindAddress?: string;
}

/** Adds `controller`: gives ModelRegistrations their status and links InferenceServices, until SIGTERM or SIGINT. */
export function addController(program: Command, io: CliIo): void {
  program
    .command("controller")
    .description("write the status of ModelRegistrations, and record InferenceServices in the registry of versions")
    .option(
      "--metrics-bind-address <address>",
      "where to serve /metrics, as PORT and HOST: [host]:port; 0 for not at all",
    )
    .option("--health-probe-bind-address <address>", "where else to serve /healthz and /readyz: [host]:port")
    .option("--leader-elect", "is passed over: one process is always elected")
    .option(
      "--metrics-secure [boolean]",
      "whether --metrics-bind-address speaks TLS and asks scrapers for a token, as CONTROLLER_METRICS (default: true)",
    )
    .option("--enable-http2 <boolean>", "is passed over: metrics are HTTP/1.1")
    .addHelpText("after", help)
    .action((raw: RawControllerOptions) => {
      const env = environmentOf(raw, io.env);
      return runUntilInterrupted(
        { ...io, env },
        async () => (await import("../../compose/controller.ts")).startController,
      );
    });
}

/** The environment that some flags stand for. A flag goes before a variable. */
function environmentOf(
  { metricsBindAddress: metrics, metricsSecure = true, healthProbeBindAddress: probes }: RawControllerOptions,
  env: Env,
): Env {
  const secured = new Map([
    ["true", "secure"],
    ["false", "plain"],
  ]).get(String(metricsSecure));
  if (secured === undefined) throw usageFailure(`--metrics-secure ${metricsSecure}: expected true or false`);
  return {
    ...env,
    ...(metrics === undefined || metrics === "0" ? {} : bound(metrics, "--metrics-bind-address")),
    ...(metrics === undefined ? {} : { CONTROLLER_METRICS: metrics === "0" ? "off" : secured }),
    ...(probes === undefined ? {} : { HEALTH_PROBE_PORT: bound(probes, "--health-probe-bind-address").PORT }),
  };
}

function bound(address: string, flag: string): { readonly PORT: string; readonly HOST?: string } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:]*):([0-9]{1,5})$/.exec(address);
  if (match === null) throw usageFailure(`${flag} ${address}: expected [host]:port, such as :8443`);
  const [, host = "", port] = match;
  return { PORT: port!, ...(host === "" ? {} : { HOST: host.replace(/^\[(.*)\]$/, "$1") }) };
}
