import type { Command } from "commander";
import type { Env } from "../../config/config.ts";
import type { CliIo } from "../cli-io.ts";
import { usageFailure } from "../failure.ts";
import { runUntilInterrupted } from "../run-until-interrupted.ts";

const help = `
It uses the same environment variables as serve: KUBECONFIG, KSERVE_WATCH_NAMESPACES, KSERVE_URL_FORMAT,
KSERVE_PREDICTOR_PORT, KSERVE_READINESS_INTERVAL, CONTROLLER_LEASE, PORT (for /livez, /readyz and /metrics),
CONTROLLER_METRICS (whether /metrics is open, requires a token, or is off), LOG_LEVEL.

It writes these conditions:
  Accepted   the registration is valid and its name is free; if not, Invalid or NameTaken, with every problem
  Resolved   the address for predictions: from its InferenceService, its url, or the default address of its Service
  Ready      the model answers; if not, NotReady, Unreachable or NotChecked, with the reason

With INFERENCE_SERVICE_CONTROLLER=managed it also records InferenceServices that have the label
modelregistry.kubeflow.org/registered-model-id in the registry of versions: which version is served where, at which
address, and when it no longer is. The registry is VERSIONS_URL or, if that is unset, the Service with the label
component=model-registry in REGISTRIES_NAMESPACE. Events on an InferenceService say why it is not linked.

Run two or more for quick failover: they elect a leader with a Lease, and the others stand by. Replicas that run serve
only read. SIGTERM and SIGINT stop it and release the Lease at once.

The flags match those of Kubeflow's controller, so that its manifests work with this image.

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
      "where to serve /metrics, instead of PORT and HOST: [host]:port; 0 disables it",
    )
    .option("--health-probe-bind-address <address>", "an additional address for /healthz and /readyz: [host]:port")
    .option("--leader-elect", "ignored: a leader is always elected")
    .option(
      "--metrics-secure [boolean]",
      "whether --metrics-bind-address uses TLS and requires a token, like CONTROLLER_METRICS=secure (default: true)",
    )
    .option("--enable-http2 <boolean>", "ignored: metrics are served over HTTP/1.1")
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
