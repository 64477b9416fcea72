import { isDnsLabel } from "../base/field-reader.ts";

/** Which object of a namespace. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Reads `name` or `namespace/name`; undefined when it is neither. */
export function parseObjectName(text: string, defaultNamespace: string): ObjectName | undefined {
  const parts = text.split("/");
  const [namespace, name] = parts.length === 1 ? [defaultNamespace, parts[0]!] : (parts as [string, string]);
  // The name of an object is one or more labels with dots between them.
  const good = parts.length <= 2 && isDnsLabel(namespace) && name.length <= 253 && name.split(".").every(isDnsLabel);
  return good ? { namespace, name } : undefined;
}
