import { type VersionReference, versionReferenceText } from "../registry/version-reference.ts";

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
