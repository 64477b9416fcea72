import { isDnsLabel } from "../../registry/field-reader.ts";

/** Which ConfigMap. */
export interface ConfigMapName {
  readonly namespace: string;
  readonly name: string;
}

/** Reads `name` or `namespace/name`; undefined when it is neither. */
export function parseConfigMapName(text: string, defaultNamespace: string): ConfigMapName | undefined {
  const parts = text.split("/");
  const [namespace, name] = parts.length === 1 ? [defaultNamespace, parts[0]!] : (parts as [string, string]);
  // The name of a ConfigMap is one or more labels with dots between them.
  const good = parts.length <= 2 && isDnsLabel(namespace) && name.length <= 253 && name.split(".").every(isDnsLabel);
  return good ? { namespace, name } : undefined;
}
