import { type KindName, kindNames, kinds } from "../../versions/kinds/kinds.ts";
import type { CallOptions, KindOrArtifact, VersionStore } from "../../versions/ports.ts";
import type { FieldValues, VersionRecord } from "../../versions/record.ts";

type Reader = Pick<VersionStore, "get">;

/** The resource of access control that a kind is: `modelversions`. All sorts of artifact are one. */
export function resourceOf(kind: KindOrArtifact): string {
  const title = kind === "artifact" || kinds[kind].artifactType !== undefined ? "Artifact" : kinds[kind].title;
  return `${title.toLowerCase()}s`;
}

/** Every resource that a kind may be. */
export const recordResources: readonly string[] = [...new Set(kindNames.map(resourceOf))];

/**
 * The name that a record is asked for by in access control: that of the registered model that it belongs to. A serving
 * environment has a name of its own. Undefined for an artifact that belongs to no version.
 */
export async function scopeOf(
  store: Reader,
  { kind, name, fields }: Pick<VersionRecord, "kind" | "name" | "fields">,
  options: CallOptions,
): Promise<string | undefined> {
  if (hasOwnScope(kind)) return name;
  return scopeOfParents(store, fields, options);
}

/** The same of a record that is not there yet, or of a list, by the ids of its parents. */
export async function scopeOfParents(
  store: Reader,
  fields: FieldValues,
  options: CallOptions,
): Promise<string | undefined> {
  for (const parent of parentKinds) {
    const id = fields[`${parent}Id`];
    if (typeof id !== "string") continue;
    return scopeOf(store, await store.get(parent, { id }, options), options);
  }
  return undefined;
}

/** Whether records of a kind belong to no other, and are asked for by their own names. */
export function hasOwnScope(kind: KindName): boolean {
  return kinds[kind].parents.length === 0;
}

/** Kinds come after those that they belong to, so that the parent that is nearest to the model comes first. */
const parentKinds = kindNames.filter((parent) =>
  kindNames.some((kind) => kinds[kind].parents.some(({ references }) => references === parent)),
);
