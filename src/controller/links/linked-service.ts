import { isRecord } from "../../base/field-reader.ts";
import type { KubeObject } from "../../kube/kube-object.ts";

/** The labels, annotations and the finalizer by which an InferenceService and the controller communicate. */
export interface LinkNames {
  readonly registeredModelId: string;
  readonly modelVersionId: string;
  readonly inferenceServiceId: string;
  readonly registryNamespace: string;
  readonly registryName: string;
  readonly registryUrl: string;
  readonly finalizer: string;
}

/** The parts of an InferenceService that its link depends on. */
export interface LinkedService {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
  /** Ids, as the labels have them; undefined where one is missing or empty. */
  readonly modelId: string | undefined;
  readonly versionId: string | undefined;
  readonly recordId: string | undefined;
  readonly registryNamespace: string | undefined;
  readonly registryName: string | undefined;
  readonly registryUrl: string | undefined;
  /** Undefined for a predictor without one, or of an older or custom form. */
  readonly runtime: string | undefined;
  /** `status.url`. */
  readonly url: string | undefined;
  readonly ready: boolean;
}

/** Longer texts are neither names nor addresses. Their owners write them, into any number of objects. */
const maxTextChars = 2048;
/** With more finalizers, which could fill an object, an InferenceService is left alone until it has fewer. */
const maxFinalizers = 32;

/** Reads an InferenceService. Every part of it may be missing, and is where it is too long. */
export function linkedServiceOf({ metadata, spec, status }: KubeObject, names: LinkNames): LinkedService {
  const { namespace, name, uid, resourceVersion, annotations = {} } = metadata;
  const isLeftAlone = (metadata.finalizers ?? []).length > maxFinalizers;
  const { labels = {}, finalizers = [] } = isLeftAlone ? {} : metadata;
  const { url, conditions } = recordOf(status);
  const ready = Array.isArray(conditions) && conditions.some((one) => isRecord(one) && isReady(one));
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    deleting: metadata.deletionTimestamp !== undefined,
    finalizers,
    modelId: labels[names.registeredModelId] || undefined,
    versionId: labels[names.modelVersionId] || undefined,
    recordId: labels[names.inferenceServiceId] || undefined,
    registryNamespace: labels[names.registryNamespace] || undefined,
    registryName: labels[names.registryName] || undefined,
    registryUrl: textOf(annotations[names.registryUrl]),
    runtime: textOf(recordOf(recordOf(recordOf(spec).predictor).model).runtime),
    url: textOf(url),
    ready,
  };
}

/** Whether it asks for a link, or has one. */
export function isLinked({ modelId, recordId }: LinkedService): boolean {
  return modelId !== undefined || recordId !== undefined;
}

/** Whether two states of an InferenceService are the same, as far as the link goes. */
export function isSameLink(a: LinkedService, b: LinkedService): boolean {
  const plain = ({ resourceVersion: _version, ...rest }: LinkedService): string => JSON.stringify(rest);
  return plain(a) === plain(b);
}

function isReady({ type, status }: Record<string, unknown>): boolean {
  return type === "Ready" && status === "True";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= maxTextChars ? value : undefined;
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
