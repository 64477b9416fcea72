import { isDeepStrictEqual } from "node:util";
import type { LinkClaim, LinkState, ModelEntry, VersionDeclarations, VersionFinding, VersionLink } from "./model.ts";
import { namesOneVersion, versionRefText } from "./version-ref.ts";

/**
 * Evaluates a claim, given what is known of the version. Whoever can write objects in one namespace must not be able to
 * pass off a model as a version of somebody else's, nor read that version's declarations: such a claim only counts for
 * versions of its own namespace.
 */
export function linkOf(
  { ref, tenant }: LinkClaim,
  entry: ModelEntry,
  finding: VersionFinding | undefined,
): VersionLink {
  const broken = (state: LinkState, problem: string): VersionLink => {
    return { ref, state, problem, found: undefined, takes: [], differences: [], predicts: "" };
  };
  if (finding === undefined) return broken("unknown", "the version has not been looked up yet");
  if (tenant !== undefined && (finding.state !== "found" || !finding.namespaces.includes(tenant))) {
    if (finding.state === "unknown") return broken("unknown", finding.problem);
    // The same words whether or not it is there: what is not theirs is nothing to find out about.
    return broken(
      "not-trusted",
      `an object in ${tenant} may only link to versions of ${tenant}, and ${versionRefText(ref)} is not one: ` +
        `let a service account of ${tenant} register it, set its owner to system:serviceaccounts:${tenant}, ` +
        `or add ${tenant} to KSERVE_TRUSTED_NAMESPACES`,
    );
  }
  if (finding.state !== "found") return broken(finding.state, finding.problem);
  return {
    ref,
    state: finding.archived ? "archived" : "linked",
    problem: finding.archived
      ? `version ${finding.version} of ${finding.registeredModel} is archived`
      : finding.problem,
    found: finding,
    takes: takenFrom(finding.declarations, entry),
    differences: differencesOf(entry, finding.declarations),
    predicts: namesOneVersion(ref) ? finding.version : "",
  };
}

/** What a model declares in the end: what its entry does, and for what that leaves open, what its version does. */
export function declarationsOf(entry: ModelEntry, link: VersionLink | undefined): Partial<VersionDeclarations> {
  if (link?.found === undefined) return {};
  const { inputFeatures, inputFormat, outputFormat } = link.found.declarations;
  return {
    ...(link.takes.includes("inputFeatures") ? { inputFeatures, inputFormat } : {}),
    ...(link.takes.includes("outputFormat") ? { outputFormat: outputFormat ?? entry.outputFormat } : {}),
  };
}

function takenFrom(version: VersionDeclarations, entry: ModelEntry): VersionLink["takes"] {
  return [
    ...(entry.inputFeatures.length === 0 && version.inputFeatures.length > 0 ? (["inputFeatures"] as const) : []),
    ...(entry.outputFormat === undefined && version.outputFormat !== undefined ? (["outputFormat"] as const) : []),
  ];
}

/** Contradictions alone: that one of the two says more than the other is no fault. */
function differencesOf(entry: ModelEntry, version: VersionDeclarations): string[] {
  const differences: string[] = [];
  const [ours, theirs] = [entry.inputFeatures, version.inputFeatures].map((features) =>
    features.map(({ name }) => name),
  );
  if (ours!.length > 0 && theirs!.length > 0) {
    if (!isDeepStrictEqual(ours, theirs)) {
      differences.push(`inputFeatures: the entry has ${listed(ours!)}, the version ${listed(theirs!)}`);
    } else {
      for (const [i, feature] of entry.inputFeatures.entries()) {
        differences.push(...contradictions(`inputFeatures[${i}]`, feature, version.inputFeatures[i]!));
      }
    }
    if (entry.inputFormat !== version.inputFormat) {
      differences.push(`inputFormat: the entry has ${entry.inputFormat}, the version ${version.inputFormat}`);
    }
  }
  if (entry.outputFormat !== undefined && version.outputFormat !== undefined) {
    differences.push(...contradictions("outputFormat", entry.outputFormat, version.outputFormat));
  }
  return differences;
}

function contradictions(path: string, ours: object, theirs: object): string[] {
  const other = theirs as Readonly<Record<string, unknown>>;
  return Object.entries(ours)
    .filter(
      ([key, value]) => key !== "description" && other[key] !== undefined && !isDeepStrictEqual(value, other[key]),
    )
    .map(([key, value]) => `${path}.${key}: the entry has ${shortJson(value)}, the version ${shortJson(other[key])}`);
}

function listed(names: readonly string[]): string {
  const text = names.join(", ");
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
