import { type Access, everyone } from "../registry/access.ts";
import type { UnservedEntry } from "../registry/merged-sources.ts";
import { type ModelFilter, matches, type Registry } from "../registry/registry.ts";

/** More than this are not shown: so many have one cause to look for. */
const maxUnserved = 1000;

/**
 * The entries that are not in force, as far as a caller may see them: those that are shadowed and match the filter, and
 * without a filter those that are refused. What a refused entry would be is not known, so only who may use all models
 * sees it.
 */
export async function visibleUnserved(
  registry: Registry,
  filter: ModelFilter,
  access: Access,
): Promise<readonly UnservedEntry[]> {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const seesAll = access === everyone || (await access.mayUseAll());
  const visible: UnservedEntry[] = [];
  for (const entry of registry.unserved) {
    if (visible.length === maxUnserved) break;
    const { name = "", cluster, shadowed } = entry;
    const isMeant = shadowed === undefined ? !isFiltered : matches({ ...shadowed.entry, cluster }, filter);
    if (!isMeant) continue;
    const isVisible = seesAll || (shadowed !== undefined && (await mayUse(name, shadowed, access)));
    if (isVisible) visible.push(entry);
  }
  return visible;
}

async function mayUse(
  name: string,
  { entry: { namespace }, holdsName }: NonNullable<UnservedEntry["shadowed"]>,
  access: Access,
): Promise<boolean> {
  return access.mayUse({ name, namespace, holdsName });
}
