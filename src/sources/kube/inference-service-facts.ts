import { baseUrlProblem, isRecord, withoutTrailingSlashes } from "../../base/field-reader.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { InferenceServiceFacts } from "../../registry/ports.ts";
import type { ModelState } from "../../registry/readiness.ts";

/** What a message of KServe may take of a reason. It can hold the whole traceback of a model server. */
const maxMessageChars = 500;

/**
 * Reads what the status of an InferenceService says. `status.address.url` is its own address within the cluster: with a
 * transformer that of the transformer, and for a headless Service with the port of the container.
 */
export function factsFromInferenceService({ metadata, status }: KubeObject): InferenceServiceFacts {
  const { namespace, name } = metadata;
  const { address, conditions, modelStatus } = recordOf(status);
  const readiness = readinessOf(conditions, recordOf(modelStatus));
  return Object.freeze({ namespace, name, url: addressFrom(recordOf(address).url), ...readiness });
}

function addressFrom(url: unknown): string | undefined {
  if (typeof url !== "string" || baseUrlProblem(url) !== undefined) return undefined;
  // The first versions of KServe wrote the path of the prediction into it, and some runtimes still do.
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
    return { state: "unknown", reason: "the InferenceService says nothing of its state yet" };
  }
  // The condition Ready only says which of the others is not; its own words are the last resort.
  const other = list.find(({ type, status, message }) => type !== "Ready" && status === "False" && message);
  const reason =
    failure ?? wordsOf(other) ?? wordsOf(ready) ?? progressOf(modelStatus) ?? "the InferenceService is not ready";
  return { state: "not-ready", reason: reason.slice(0, maxMessageChars) };
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
  return type === "Ready" ? words : `${String(type)}: ${words}`;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
