import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type Deployment,
  DeploymentMode,
  DeploymentPlanSchema,
  type DeploymentPlan as PlanMessage,
} from "../../../gen/kserve/versions/v1/deployment_pb.ts";
import {
  ApplyDeploymentResponseSchema,
  PlanDeploymentResponseSchema,
  type VersionRegistry,
} from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { snakeCase } from "../../base/snake-case.ts";
import { DeploymentError, type DeploymentOptions, type Mode } from "../../deployment/deployment.ts";
import { type DeploymentPlan, planDeployment } from "../../deployment/plan-deployment.ts";
import { invalidField, RegistryError, required } from "../../registry/registry-error.ts";
import type { Resolved } from "../../versions/ports.ts";
import { callKey } from "../call.ts";
import { chosenVersion } from "./chosen-version.ts";
import { refuseGatedModel } from "./gated-model.ts";
import type { Keeper } from "./keeper.ts";
import { recordToMessage } from "./record-message.ts";
import { VersionsFailure } from "./versions-failure.ts";

/** An InferenceService that is to be applied. */
export interface ManifestToApply {
  readonly namespace: string;
  readonly name: string;
  /** As YAML. */
  readonly manifest: string;
  /** Takes over fields that others have set. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** The caller's `authorization` header; no other credentials are sent. */
  readonly authorization: string | undefined;
}

/** What the API server of the cluster says. */
export type Applied =
  | { readonly outcome: "applied"; readonly created: boolean }
  /** It has refused; `status` is its HTTP status. */
  | { readonly outcome: "refused"; readonly status: number; readonly message: string }
  | { readonly outcome: "away"; readonly cause: unknown };

/** Applies a manifest to the cluster of this server. */
export type ApplyManifest = (manifest: ManifestToApply, signal: AbortSignal) => Promise<Applied>;

/** How long the API server is given before it is asked again, in milliseconds. */
const retryAfterMs = 1000;

/** The RPCs that deploy a version. */
export function deploymentMethods(
  keeperOf: (context: HandlerContext) => Keeper,
  apply: ApplyManifest | undefined,
): Pick<ServiceImpl<typeof VersionRegistry>, "planDeployment" | "applyDeployment"> {
  return {
    async planDeployment({ deployment }, context) {
      const { message } = await planOf(keeperOf(context), deployment);
      return create(PlanDeploymentResponseSchema, { plan: message });
    },

    async applyDeployment({ deployment, force, dryRun }, context) {
      const keeper = keeperOf(context);
      const { plan, message, resolved } = await planOf(keeper, deployment);
      if (apply === undefined) throw applyDisabled();
      const { namespace, serviceName: name, manifest } = plan;
      if (namespace === undefined) throw invalidField("deployment.namespace", "missing; say where it is to be applied");
      const authorization = context.values.get(callKey)?.headers.authorization;
      const options = { namespace, name, manifest, force, dryRun, authorization };
      const applied = await apply(options, context.signal);
      if (applied.outcome !== "applied") throw applyFailure(applied, `${namespace}/${name}`);
      if (!dryRun) keeper.noteDeployment(resolved, `${namespace}/${name}`);
      return create(ApplyDeploymentResponseSchema, { plan: message, created: applied.created });
    },
  };
}

async function planOf(
  keeper: Keeper,
  deployment: Deployment | undefined,
): Promise<{ readonly plan: DeploymentPlan; readonly message: PlanMessage; readonly resolved: Resolved }> {
  if (deployment === undefined) throw invalidField("deployment", "missing");
  const { name, selector } = deployment;
  const model = { name: required(name, "deployment.name") };
  const resolved = await keeper.resolveVersion({ model, ...chosenVersion(selector, "deployment.") });
  refuseGatedModel(resolved.version, "deployment.version");
  const plan = plannedAs(resolved, optionsOf(deployment));
  const message = create(DeploymentPlanSchema, {
    manifest: plan.manifest,
    namespace: plan.namespace ?? "",
    serviceName: plan.serviceName,
    registeredModel: recordToMessage(resolved.model),
    modelVersion: recordToMessage(resolved.version),
    artifact: recordToMessage(resolved.artifact),
    warnings: [...plan.warnings],
  } as never);
  return { plan, message, resolved };
}

const modeOf: Readonly<Record<DeploymentMode, Mode | undefined>> = {
  [DeploymentMode.UNSPECIFIED]: undefined,
  [DeploymentMode.KNATIVE]: "knative",
  [DeploymentMode.STANDARD]: "standard",
};

function optionsOf(deployment: Deployment): DeploymentOptions {
  const { mode, canaryPercent, minReplicas, maxReplicas } = deployment;
  if (!(mode in modeOf)) throw invalidField("deployment.mode", `${mode} is not a mode`);
  return {
    namespace: deployment.namespace || undefined,
    serviceName: deployment.serviceName || undefined,
    modelFormat: deployment.modelFormat || undefined,
    modelFormatVersion: deployment.modelFormatVersion || undefined,
    runtime: deployment.runtime || undefined,
    protocol: deployment.protocol || undefined,
    serviceAccountName: deployment.serviceAccountName || undefined,
    registryNamespace: deployment.registryNamespace || undefined,
    mode: modeOf[mode],
    canaryPercent,
    minReplicas,
    maxReplicas,
  };
}

function plannedAs(resolved: Resolved, options: DeploymentOptions): DeploymentPlan {
  try {
    return planDeployment(resolved, options);
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    const violations = error.problems.map(({ option, description }) => ({
      field: `deployment.${snakeCase(option)}`,
      description,
    }));
    const words = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
    throw new RegistryError("INVALID_REQUEST", words, { violations });
  }
}

/** Why nothing is applied from here, where that is so. */
export const applyDisabledWords =
  "this server applies nothing: it needs AUTH_MODE=kubernetes; apply the manifest of PlanDeployment";

function applyDisabled(): VersionsFailure {
  return new VersionsFailure(applyDisabledWords, { reason: "APPLY_DISABLED" });
}

function applyFailure(applied: Exclude<Applied, { outcome: "applied" }>, service: string): Error {
  if (applied.outcome === "away") {
    const words = "the API server of the cluster cannot be reached, or does not answer; try again in a moment";
    return new VersionsFailure(words, { reason: "CLUSTER_UNAVAILABLE", retryAfterMs }, applied.cause);
  }
  const { status } = applied;
  const message = `the cluster refuses the InferenceService ${service}: ${applied.message}`;
  if (status === 401) {
    return new RegistryError("UNAUTHENTICATED", `${message}; the token has to be one for the API server itself`);
  }
  if (status === 403) return new RegistryError("PERMISSION_DENIED", message);
  if (status === 409) return new VersionsFailure(message, { reason: "DEPLOYMENT_CONFLICT", metadata: { service } });
  if (status === 429 || status >= 500) {
    return new VersionsFailure(message, { reason: "CLUSTER_UNAVAILABLE", retryAfterMs });
  }
  return new VersionsFailure(message, {
    reason: "DEPLOYMENT_REFUSED",
    metadata: { service, status: String(status) },
  });
}
