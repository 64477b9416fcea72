import { byPrecedence, compareTexts, type SourceIdentity } from "./versioned-source.ts";

/** Who may hold a bare name: any entry, or trusted ones alone. */
export type BareNameRule = "any" | "trusted";

/** How the holder of a name is chosen. */
export interface HolderRules {
  /** The namespace whose trusted entry takes precedence. Default: none. */
  readonly defaultNamespace?: string | undefined;
  /** Default: `any`. */
  readonly bareNames?: BareNameRule | undefined;
}

/** What the choice is based on: the entry in force of one namespace. */
export interface NameClaim {
  readonly identity: SourceIdentity;
  readonly namespace: string;
  readonly trusted: boolean;
  /** When its object was created, as RFC 3339; undefined where it comes from none. */
  readonly created: string | undefined;
  readonly location: string;
}

/**
 * Chooses which of the models of one name in one cluster callers mean who give no namespace: the trusted one in the
 * default namespace, else the first trusted one by source, else the oldest. It depends only on the present entries, so
 * all replicas agree.
 *
 * @returns undefined where only trusted entries may hold names, and none is trusted
 */
export function holderOf<Claim extends NameClaim>(
  claims: readonly Claim[],
  { defaultNamespace, bareNames = "any" }: HolderRules,
): Claim | undefined {
  let first: Claim | undefined;
  for (const claim of claims) {
    if (bareNames === "trusted" && !claim.trusted) continue;
    if (first === undefined || compareClaims(claim, first, defaultNamespace) < 0) first = claim;
  }
  return first;
}

function compareClaims(a: NameClaim, b: NameClaim, defaultNamespace: string | undefined): number {
  if (a.trusted !== b.trusted) return a.trusted ? -1 : 1;
  const byAge = compareTexts(a.created ?? "", b.created ?? "");
  const bySource = byPrecedence(a.identity, b.identity);
  const isElsewhere = (claim: NameClaim): number => Number(claim.namespace !== defaultNamespace);
  const ranks = a.trusted ? [isElsewhere(a) - isElsewhere(b), bySource, byAge] : [byAge, bySource];
  return ranks.find((rank) => rank !== 0) ?? compareTexts(a.location, b.location);
}
