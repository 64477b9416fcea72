import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeApi } from "../../kube/support/kube-api.ts";

interface Schema {
  [key: string]: unknown;
  properties?: Record<string, unknown>;
}

interface OpenApi {
  readonly components?: { readonly schemas?: Record<string, Schema> };
}

/** Where kubeconform finds the schema of a kind in the folder that `writeSchemas` wrote. */
export const schemaFile = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json";

/**
 * Writes a strict JSON schema of every kind that an API server knows, from what it publishes of itself: a field that is
 * not in it is refused.
 */
export async function writeSchemas(api: KubeApi, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { paths } = (await api.send("GET", "/openapi/v3")).body as { paths: Record<string, unknown> };
  for (const path of Object.keys(paths).filter((one) => /^apis?\/.*v\d/.test(one))) {
    // The address that the server gives has a hash of the description, and leads elsewhere once that has changed.
    const { status, body } = await api.send("GET", `/openapi/v3/${path}`);
    if (status !== 200) throw new Error(`the API server does not describe ${path}: ${status}`);
    const schemas = (body as OpenApi).components?.schemas ?? {};
    const definitions = strict(schemas) as Record<string, unknown>;
    for (const [name, schema] of Object.entries(schemas)) {
      for (const { group, version, kind } of kindsOf(schema)) {
        if (!schema.properties?.kind) continue;
        // kubeconform calls the core group by its version.
        const file = `${group || version}_${version}_${kind.toLowerCase()}.json`;
        writeFileSync(join(folder, file), JSON.stringify({ $ref: `#/$defs/${name}`, $defs: definitions }));
      }
    }
  }
}

function kindsOf(schema: Schema): { group: string; version: string; kind: string }[] {
  const kinds = schema["x-kubernetes-group-version-kind"];
  // Options of calls belong to every group; objects to one.
  return Array.isArray(kinds) && kinds.length === 1 ? kinds : [];
}

function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strict(item)])) as Schema;
  if (typeof copy.$ref === "string") copy.$ref = copy.$ref.replace("#/components/schemas/", "#/$defs/");
  const open = copy.additionalProperties !== undefined || copy["x-kubernetes-preserve-unknown-fields"] === true;
  if (copy.type === "object" && copy.properties !== undefined && !open) copy.additionalProperties = false;
  return copy;
}
