import type { Access } from "../registry/access.ts";

/** The claims of a token that has been verified. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * What the bearer of some claims may use.
 *
 * @param modelsClaim the claim that lists models: a list of texts, or one text with spaces or commas between them. An
 *   item is the registered name of a model, `namespace/name`, `namespace/*` or `*`. Undefined: all may use all.
 */
export function accessFromClaims(claims: Claims, modelsClaim: string | undefined): Access {
  const caller = typeof claims.sub === "string" ? claims.sub : undefined;
  if (modelsClaim === undefined) return { caller, mayUse: () => true, mayUseAll: () => true };
  const items = new Set(itemsOf(claimAt(claims, modelsClaim)));
  const all = items.has("*");
  const mayUseAll = (namespace?: string): boolean => all || (namespace !== undefined && items.has(`${namespace}/*`));
  return {
    caller,
    mayUseAll,
    // The registered name of a model of a further cluster holds a slash, and an item with a slash is no such name.
    mayUse: ({ name, namespace }) =>
      mayUseAll(namespace) ||
      (!name.includes("/") && items.has(name)) ||
      items.has(`${namespace}/${name.slice(name.lastIndexOf("/") + 1)}`),
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
