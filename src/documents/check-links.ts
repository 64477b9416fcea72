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

/** The links of a file, of the models that are good otherwise. */
export function linksOf({ models, settings }: ModelsFile): readonly WrittenLink[] {
  return models.flatMap((model) => {
    if (model.problems.length > 0) return [];
    // A form without types leaves them to the service.
    const value = { type: "anomaly", ...(model.value as object) };
    const { entry } = parseModelEntry(value, settings.namespace ?? "default");
    return entry?.version === undefined ? [] : [{ model, entry, ref: entry.version }];
  });
}

/** What is wrong with links, given what their references lead to, by text. A trusted place is taken for granted. */
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
