import type { Access, RecordVerb } from "../registry/access.ts";

/** The claims of a token that has been verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** Which claims say what a caller may do. */
export interface ClaimNames {
  /**
   * The claim that lists models: a list of texts, or one text with spaces or commas between them. An item is a bare name,
   * which means the model that holds it, `namespace/name`, `namespace/*` or `*`. Undefined: all may use all.
   */
  readonly models: string | undefined;
  /**
   * The claim that lists what may be done in the registry of versions: `read:NAME`, `write:NAME`, which includes reading,
   * each with `*` for every model, or `*` alone. Undefined: all may do all, unless `models` is given; then nobody may.
   */
  readonly versions: string | undefined;
}

/** What the bearer of some claims may use. */
export function accessFromClaims(claims: Claims, names: ClaimNames): Access {
  const mayKeep = recordRule(claims, names);
  const caller = typeof claims.sub === "string" ? claims.sub : undefined;
  if (names.models === undefined) return { caller, mayUse: () => true, mayUseAll: () => true, mayKeep };
  const items = new Set(itemsOf(claimAt(claims, names.models)));
  const all = items.has("*");
  const mayUseAll = (namespace?: string): boolean => all || (namespace !== undefined && items.has(`${namespace}/*`));
  return {
    caller,
    mayUseAll,
    // A model of another cluster is registered as `cluster/name`, which must not be taken for `namespace/name`.
    mayUse: ({ name, namespace, holdsName }) =>
      mayUseAll(namespace) ||
      (holdsName && !name.includes("/") && items.has(name)) ||
      items.has(`${namespace}/${name.slice(name.lastIndexOf("/") + 1)}`),
    mayKeep,
  };
}

const readVerbs: readonly RecordVerb[] = ["get", "list"];

function recordRule(claims: Claims, { models, versions }: ClaimNames): Access["mayKeep"] {
  if (versions === undefined) return () => models === undefined;
  const items = new Set(itemsOf(claimAt(claims, versions)));
  return (verb, _resource, name = "*") => {
    const words = readVerbs.includes(verb) ? ["read", "write"] : ["write"];
    return items.has("*") || words.some((word) => items.has(`${word}:*`) || items.has(`${word}:${name}`));
  };
}

/** A claim by its name, which may hold dots, else by a path with dots: `resource_access.models.roles`. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Claims)[key] : undefined,
      claims,
    );
}

function itemsOf(claim: unknown): string[] {
  if (typeof claim === "string") return claim.split(/[\s,]+/).filter((item) => item !== "");
  return Array.isArray(claim) ? claim.filter((item) => typeof item === "string") : [];
}
