import { isDnsLabel } from "../base/field-reader.ts";
import { manifestText } from "../documents/yaml/manifest-text.ts";
import { linkLabels } from "../registry/link-labels.ts";
import { type VersionReference, versionReferenceText } from "../registry/version-ref.ts";
import type { Resolved } from "../versions/ports.ts";
import { propertiesFromJson } from "../versions/property-value.ts";
import type { VersionRecord } from "../versions/record.ts";
import { checkOptions } from "./check-options.ts";
import { DeploymentError, type DeploymentOptions, type DeploymentProblem, modes } from "./deployment.ts";

/** A deployment with everything decided. */
export interface DeploymentPlan {
  /** The InferenceService, as YAML. */
  readonly manifest: string;
  readonly namespace: string | undefined;
  readonly serviceName: string;
  /** What may not be as intended, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Writes the InferenceService that serves a version: the same text for the same records and options, so that it can be
 * kept in Git.
 *
 * @throws DeploymentError with every problem of the options, or of what the artifact decides where they do not
 */
export function planDeployment(resolved: Resolved, options: DeploymentOptions): DeploymentPlan {
  const { model, version, artifact } = resolved;
  const decided = { ...options, ...decidedBy(resolved, options) };
  const problems = checkOptions(decided);
  if (decided.modelFormat === undefined) problems.push(missingFormat(version));
  if (decided.serviceName === undefined) problems.push(noServiceName(model));
  if (problems.length > 0) throw new DeploymentError(problems);
  const { namespace, serviceName, mode, runtime, protocol, serviceAccountName } = decided;
  const manifest = {
    apiVersion: "serving.kserve.io/v1beta1",
    kind: "InferenceService",
    metadata: {
      name: serviceName,
      namespace,
      labels: { [linkLabels.registeredModelId]: model.id, [linkLabels.modelVersionId]: version.id },
      annotations: mode === undefined ? undefined : { "serving.kserve.io/deploymentMode": modes[mode] },
    },
    spec: {
      predictor: {
        canaryTrafficPercent: options.canaryPercent,
        minReplicas: options.minReplicas,
        maxReplicas: options.maxReplicas,
        serviceAccountName,
        model: {
          modelFormat: { name: decided.modelFormat, version: options.modelFormatVersion },
          runtime,
          protocolVersion: protocol,
          storageUri: storageUriOf(resolved, options),
        },
      },
    },
  };
  return {
    manifest: manifestText(manifest),
    namespace,
    serviceName: serviceName!,
    warnings: warningsOf(version, artifact),
  };
}

/** What KServe mounts by itself, without a storage initializer: persistent volume claims, and images. */
const mounted = /^(pvc|oci):\/\/[\x21-\x7e]+$/;

function storageUriOf({ model, version, uri }: Resolved, { registryNamespace }: DeploymentOptions): string {
  if (mounted.test(uri)) return uri;
  return modelRegistryUri({ model: model.name, version: version.name }, registryNamespace);
}

/** Options from the records, where none are given. */
function decidedBy({ model, version, artifact }: Resolved, options: DeploymentOptions): DeploymentOptions {
  const field = (name: string) => (artifact.fields[name] as string | undefined) || undefined;
  const property = (name: string) => textProperty(artifact, name) ?? textProperty(version, name);
  return {
    serviceName: options.serviceName ?? serviceNameOf(model.name),
    modelFormat: options.modelFormat ?? field("modelFormatName"),
    runtime: options.runtime ?? property("runtime"),
    protocol: options.protocol ?? property("protocol"),
    serviceAccountName: options.serviceAccountName ?? field("serviceAccountName"),
  };
}

function textProperty({ properties }: VersionRecord, name: string): string | undefined {
  const all = propertiesFromJson(properties);
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  return value?.metadataType === "MetadataStringValue" ? value.string_value || undefined : undefined;
}

/** A DNS label for a model; undefined where its name has no usable character. */
function serviceNameOf(model: string): string | undefined {
  const name = model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
  return isDnsLabel(name) ? name : undefined;
}

function missingFormat({ name }: VersionRecord): DeploymentProblem {
  return {
    option: "modelFormat",
    description: `missing, as the artifact of version ${name} has no model_format_name; give one, such as sklearn`,
  };
}

function noServiceName({ name }: VersionRecord): DeploymentProblem {
  return {
    option: "serviceName",
    description: `missing, as no DNS label can be made of the name ${JSON.stringify(name)}`,
  };
}

function warningsOf(version: VersionRecord, { fields }: VersionRecord): string[] {
  const warnings: string[] = [];
  if (version.fields.state === "ARCHIVED") warnings.push(`The version ${version.name} is archived.`);
  if (fields.storageKey) {
    warnings.push(
      `The artifact names the storage key ${String(fields.storageKey)}, which KServe does not use with model-registry:// addresses. Give the secret to the ServiceAccount.`,
    );
  }
  return warnings;
}

/**
 * The address by which KServe asks for the files of a version. A dot or a colon in the name of the model is encoded, so
 * that the storage initializer never takes it for a host.
 */
export function modelRegistryUri(reference: VersionReference, registryNamespace?: string): string {
  const text = versionReferenceText(reference);
  const end = text.search(/[/@]/) < 0 ? text.length : text.search(/[/@]/);
  const path = text.slice(0, end).replaceAll(".", "%2E") + text.slice(end);
  return `model-registry://${path}${registryNamespace === undefined ? "" : `?namespace=${registryNamespace}`}`;
}
