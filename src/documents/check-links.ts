import type { ModelEntry, VersionFinding } from "../registry/model.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import { linkOf } from "../registry/version-link.ts";
import { type VersionRef, versionRefText } from "../registry/version-ref.ts";
import type { FileProblem } from "./file-problem.ts";
import type { ModelsFile } from "./models-file.ts";
import type { WrittenModel } from "./written-model.ts";

/** A model of a file that is linked to a version of the registry of versions. */
export interface WrittenLink {
  readonly model: WrittenModel;
  readonly entry: ModelEntry;
  readonly ref: VersionRef;
}

/** The links of those models of a file that are otherwise valid. */
export function linksOf({ models, settings }: ModelsFile): readonly WrittenLink[] {
  return models.flatMap((model) => {
    if (model.problems.length > 0) return [];
    // Forms without types leave the type to the service.
    const value = { type: "anomaly", ...(model.value as object) };
    const { entry } = parseModelEntry(value, settings.namespace ?? "default");
    return entry?.version === undefined ? [] : [{ model, entry, ref: entry.version }];
  });
}

/** Problems of links, given the findings by reference text. The place of the entry is assumed to be trusted. */
export function checkLinks(
  links: readonly WrittenLink[],
  findings: ReadonlyMap<string, VersionFinding>,
): readonly FileProblem[] {
  return links.flatMap(({ model, entry, ref }) => {
    const reference = versionRefText(ref);
    const { state, problem, differences } = linkOf({ ref }, entry, findings.get(reference));
    const problemOf = (severity: FileProblem["severity"], words: string): FileProblem => {
      const message = `${model.where}: version: ${reference}: ${words}`;
      const field = model.where.startsWith("ModelRegistration ") ? "spec.version" : "version";
      return { position: model.positionOf(field), severity, message };
    };
    return [
      ...(problem === "" ? [] : [problemOf(state === "not-found" ? "error" : "warning", problem)]),
      ...differences.map((difference) => problemOf("warning", `differs: ${difference}`)),
    ];
  });
}
