import type { SourceSpec } from "../source-spec.ts";

/** A pattern of a source: a model, or the models of an organization whose names begin with a prefix. */
export type HfPattern =
  | { readonly is: "model"; readonly id: string }
  | { readonly is: "prefix"; readonly organization: string; readonly prefix: string };

const part = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const oneModel = new RegExp(`^${part}/${part}$`);
const prefixOf = new RegExp(`^(${part})/([A-Za-z0-9._-]{0,96})\\*$`);

/** The patterns of a source, with its organization added where it allows only one; or their problem, in words. */
export function hfPatterns({ included, properties }: SourceSpec): readonly HfPattern[] | string {
  if (included.length === 0) return "includedModels: missing; expected org/name, org/* or org/prefix*";
  const { allowedOrganization } = properties;
  const patterns: HfPattern[] = [];
  for (const text of included) {
    const pattern = allowedOrganization === undefined ? text : `${allowedOrganization}/${text}`;
    const [, organization, prefix] = prefixOf.exec(pattern) ?? [];
    if (organization !== undefined) patterns.push({ is: "prefix", organization, prefix: prefix! });
    else if (oneModel.test(pattern)) patterns.push({ is: "model", id: pattern });
    else return `includedModels: ${JSON.stringify(text.slice(0, 80))}: expected org/name, org/* or org/prefix*`;
  }
  return patterns;
}
