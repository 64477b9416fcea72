import { create } from "@bufbuild/protobuf";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type Deployment,
  DeploymentMode,
  type DeploymentPlan,
  DeploymentPlanSchema,
  DeploymentSchema,
} from "../../../gen/kserve/versions/v1/deployment_pb.ts";
import { parseVersionReference, versionReferenceForm } from "../../registry/version-ref.ts";
import { type CliIo, interruption } from "../cli-io.ts";
import { withVersions } from "../client/client.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../client/client-options.ts";
import { Failure, usageFailure } from "../failure.ts";
import { jsonText, messageJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";

const help = `
A version is written ${versionReferenceForm}.
MODEL alone is the newest live version, and MODEL@ALIAS the version that the alias currently points to. The manifest
contains the version itself, so the command prints the same text until another version is selected, and can be kept in
Git.

Format, runtime, protocol and ServiceAccount come from the version's artifact: its model_format_name and
service_account_name, and the custom properties \`runtime\` and \`protocol\`. Options override them.

--apply uses server-side apply with your kubeconfig (KUBECONFIG, else ~/.kube/config).

Examples:
  kserve-model-registry deploy disk-failure-predictor/2.1.0 -n ml > disk-failure-predictor.yaml
  kserve-model-registry deploy disk-failure-predictor@champion -n ml --apply
  kserve-model-registry deploy disk-failure-predictor -n ml --mode knative --canary 10 --apply`;

interface RawDeployment {
  readonly namespace?: string;
  readonly name?: string;
  readonly format?: string;
  readonly formatVersion?: string;
  readonly runtime?: string;
  readonly protocol?: string;
  readonly serviceAccount?: string;
  readonly mode?: "knative" | "standard";
  readonly canary?: number;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly registryNamespace?: string;
  readonly apply?: true;
  readonly dryRun?: true;
  readonly force?: true;
}

/** Adds `deploy MODEL[/VERSION|@ALIAS]`. */
export function addDeploy(program: Command, io: CliIo): void {
  const command = program
    .command("deploy")
    .description("print or apply an InferenceService that serves a registered version")
    .argument("<version>", "MODEL, MODEL/VERSION or MODEL@ALIAS")
    .option("-n, --namespace <name>", "the namespace of the InferenceService")
    .option("--name <name>", "its name (default: derived from the model's)")
    .option("--format <name>", "the model format, such as sklearn")
    .option("--format-version <version>", "the format's version, as serving runtimes name it")
    .option("--runtime <name>", "the serving runtime (default: chosen by KServe from the format)")
    .option("--protocol <name>", "the model server's protocol: v1, v2 or grpc-v2")
    .option("--service-account <name>", "the ServiceAccount whose secrets may read the files")
    .addOption(new Option("--mode <mode>", "how KServe runs it").choices(["knative", "standard"]))
    .option("--canary <percent>", "the share of traffic for this version; needs --mode knative", count)
    .option("--min-replicas <number>", "the minimum number of replicas", count)
    .option("--max-replicas <number>", "the maximum number of replicas", count)
    .option("--registry-namespace <name>", "the registry's namespace, if it is not the cluster's default")
    .option("--apply", "apply it to the cluster of your kubeconfig and print the outcome")
    .option("--dry-run", "with --apply: validate it in the cluster without changing anything")
    .option("--force", "with --apply: take ownership of fields that others have set");
  addClientOptions(command)
    .addHelpText("after", help)
    .action(async (version: string, raw: RawClientOptions & RawDeployment) => {
      const deployment = deploymentOf(version, raw);
      if (raw.apply !== true && (raw.dryRun || raw.force)) throw usageFailure("--dry-run and --force need --apply");
      if (raw.apply && raw.namespace === undefined) throw usageFailure("--apply needs --namespace");
      const options = readClientOptions(raw, io.env);
      const plan = await withVersions(options, async (client) => (await client.planDeployment({ deployment })).plan!);
      for (const warning of plan.warnings) io.stderr.write(`warning: ${printable(warning)}\n`);
      if (options.output === "json") io.stdout.write(jsonText(messageJson(DeploymentPlanSchema, plan), "indented"));
      else if (!raw.apply) io.stdout.write(plan.manifest);
      if (raw.apply) io.stderr.write(`${await apply(io, plan, raw)}\n`);
    });
}

const modes = { knative: DeploymentMode.KNATIVE, standard: DeploymentMode.STANDARD } as const;

function deploymentOf(text: string, raw: RawDeployment): Deployment {
  const reference = parseVersionReference(text);
  if (reference === undefined) throw usageFailure(`${JSON.stringify(text)}: expected ${versionReferenceForm}`);
  const { model, version, alias } = reference;
  return create(DeploymentSchema, {
    name: model,
    ...(version === undefined ? {} : { selector: { case: "version", value: version } }),
    ...(alias === undefined ? {} : { selector: { case: "alias", value: alias } }),
    namespace: raw.namespace ?? "",
    serviceName: raw.name ?? "",
    modelFormat: raw.format ?? "",
    modelFormatVersion: raw.formatVersion ?? "",
    runtime: raw.runtime ?? "",
    protocol: raw.protocol ?? "",
    serviceAccountName: raw.serviceAccount ?? "",
    registryNamespace: raw.registryNamespace ?? "",
    mode: raw.mode === undefined ? DeploymentMode.UNSPECIFIED : modes[raw.mode],
    ...(raw.canary === undefined ? {} : { canaryPercent: raw.canary }),
    ...(raw.minReplicas === undefined ? {} : { minReplicas: raw.minReplicas }),
    ...(raw.maxReplicas === undefined ? {} : { maxReplicas: raw.maxReplicas }),
  });
}

/** Applies a plan, and says what happened. */
async function apply(io: CliIo, plan: DeploymentPlan, { force, dryRun }: RawDeployment): Promise<string> {
  const { namespace, serviceName: name, manifest } = plan;
  // Only here: most commands do without the Kubernetes client.
  const { applyAsUser } = await import("../../compose/apply-manifest.ts");
  const service = { namespace, name, manifest, force: force === true, dryRun: dryRun === true };
  const applied = await applyAsUser(io.env, service, interruption(io));
  const what = `InferenceService ${namespace}/${name}`;
  if (applied.outcome === "applied") {
    return `${what} ${applied.created ? "created" : "configured"}${dryRun ? " (dry run)" : ""}, with ${plan.registeredModel?.name} version ${plan.modelVersion?.name}`;
  }
  if (applied.outcome === "away") throw new Failure(`${what}: ${(applied.cause as Error).message}`);
  const { status, message } = applied;
  const hint = status === 409 ? "; --force takes ownership of the fields" : "";
  throw new Failure(`the cluster rejected ${what} (HTTP ${status}): ${printable(message)}${hint}`);
}

function count(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number.");
}
