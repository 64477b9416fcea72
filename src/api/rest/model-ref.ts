import type { ModelRef } from "../../registry/model-key.ts";

/** The model that a path names: by its bare name, or below its namespace. */
export function refOf({ name = "", namespace }: Readonly<Record<string, string>>): ModelRef {
  return { name, namespace };
}
