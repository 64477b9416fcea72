import { baseUrlProblem, httpUrlOfGrpc, isGrpcUrl, isRecord, withoutTrailingSlashes } from "../../base/field-reader.ts";
import { ownText } from "../../base/own-text.ts";
import type { KubeMetadata, KubeObject } from "../../kube/kube-object.ts";
import { linkLabels } from "../../registry/link-labels.ts";
import type { InferenceServiceFacts } from "../../registry/ports.ts";
import type { ModelState } from "../../registry/readiness.ts";
import { parseVersionRef, type VersionRef } from "../../registry/version-ref.ts";
import { versionAnnotation } from "./inference-service-entry.ts";
import { protocolOf } from "./inference-service-protocol.ts";

/** How much of KServe's message becomes part of a reason. It can contain a model server's whole traceback. */
const maxMessageChars = 500;

/**
 * Reads the status of an InferenceService. `status.address.url` is its address within the cluster: with a transformer
 * the transformer's, and for a headless Service with the port of the container.
 */
export function factsFromInferenceService(
  { metadata, spec, status }: KubeObject,
  trusts: (namespace: string) => boolean,
): InferenceServiceFacts {
  const { namespace, name } = metadata;
  const ref = linkedVersion(metadata);
  const { address, conditions, modelStatus } = recordOf(status);
  const { url } = recordOf(address);
  const { predictor } = recordOf(spec);
  const isGrpcAlone = typeof url === "string" && isGrpcUrl(url);
  const isUnspoken = isGrpcAlone && speaksGrpcV1(recordOf(predictor));
  return Object.freeze({
    namespace,
    name,
    url: isUnspoken ? undefined : addressFrom(isGrpcAlone ? httpUrlOfGrpc(url) : url),
    protocol: isGrpcAlone ? "grpc-v2" : protocolOf(recordOf(predictor), metadata.annotations),
    ...(isUnspoken ? unspoken : readinessOf(conditions, recordOf(modelStatus))),
    ...(scalesToZero(recordOf(spec), metadata.annotations) ? { scalesToZero: true } : {}),
    ...(ref === undefined ? {} : { link: { ref, ...(trusts(namespace) ? {} : { tenant: namespace }) } }),
  });
}

/** The version that it serves: by its annotation, else by the labels that Kubeflow's tools write. */
function linkedVersion({ annotations = {}, labels = {} }: KubeMetadata): VersionRef | undefined {
  const written = parseVersionRef(annotations[versionAnnotation] ?? "");
  if (written !== undefined) return written;
  const modelId = labels[linkLabels.registeredModelId];
  const versionId = labels[linkLabels.modelVersionId];
  if (modelId === undefined || modelId === "") return undefined;
  return versionId === undefined || versionId === "" ? { modelId } : { modelId, versionId };
}

const unspoken = {
  state: "not-ready",
  reason: "the InferenceService has only a gRPC address, and its protocolVersion, grpc-v1, is not supported",
} as const;

function speaksGrpcV1({ model }: Readonly<Record<string, unknown>>): boolean {
  return recordOf(model).protocolVersion === "grpc-v1";
}

/** Whether one of its parts may have no replica. KServe's own default is one replica. */
function scalesToZero(spec: Readonly<Record<string, unknown>>, annotations: KubeMetadata["annotations"] = {}): boolean {
  const parts = [spec.predictor, spec.transformer].filter((part) => part !== undefined).map(recordOf);
  // Knative's own setting, which KServe passes on; it applies to parts without a setting of their own.
  const inherited = ["min-scale", "minScale"].some((key) => annotations[`autoscaling.knative.dev/${key}`] === "0");
  return parts.some(({ minReplicas }) => minReplicas === 0 || (minReplicas === undefined && inherited));
}

function addressFrom(url: unknown): string | undefined {
  if (typeof url !== "string" || baseUrlProblem(url) !== undefined) return undefined;
  // Early versions of KServe included the path of the prediction, and some runtimes still do.
  return withoutTrailingSlashes(url.replace(/\/v[12]\/models(?:\/[^\n]*)?$/, ""));
}

function readinessOf(
  conditions: unknown,
  modelStatus: Readonly<Record<string, unknown>>,
): { state: ModelState; reason: string } {
  const list = Array.isArray(conditions) ? conditions.filter(isRecord) : [];
  const ready = list.find(({ type }) => type === "Ready");
  if (ready?.status === "True") return { state: "ready", reason: "" };
  const failure = failureOf(modelStatus);
  if (ready === undefined && failure === undefined) {
    return { state: "unknown", reason: "the InferenceService reports no state yet" };
  }
  // The condition Ready only refers to one of the others; its own message is the last resort.
  const other = list.find(({ type, status, message }) => type !== "Ready" && status === "False" && message);
  const reason =
    failure ?? wordsOf(other) ?? wordsOf(ready) ?? progressOf(modelStatus) ?? "the InferenceService is not ready";
  return { state: "not-ready", reason: ownText(reason.slice(0, maxMessageChars)) };
}

/** `ModelLoadFailed: Traceback ...`, from the last attempt to load the model. */
function failureOf({ lastFailureInfo, transitionStatus }: Readonly<Record<string, unknown>>): string | undefined {
  const { reason, message } = recordOf(lastFailureInfo);
  const words = [reason, message].filter((part) => typeof part === "string" && part !== "").join(": ");
  if (words !== "") return words;
  return transitionStatus === "InvalidSpec" || transitionStatus === "BlockedByFailedLoad"
    ? transitionStatus
    : undefined;
}

function progressOf({ states }: Readonly<Record<string, unknown>>): string | undefined {
  const { targetModelState } = recordOf(states);
  return typeof targetModelState === "string" && targetModelState !== ""
    ? `the model is ${targetModelState}`
    : undefined;
}

function wordsOf(condition: Readonly<Record<string, unknown>> | undefined): string | undefined {
  if (condition === undefined) return undefined;
  const { type, reason, message } = condition;
  const words = [reason, message].filter((part) => typeof part === "string" && part !== "").join(": ");
  if (words === "") return undefined;
  // Not every CustomResourceDefinition of KServe has a schema: a type may be an object that cannot become a text.
  return type === "Ready" || typeof type !== "string" ? words : `${type}: ${words}`;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
