import { FieldReader, problemText } from "../../base/field-reader.ts";
import { readInputFeatures, readOutputFormat } from "../../registry/declarations.ts";
import { inputFormats, type VersionDeclarations, type VersionFinding } from "../../registry/model.ts";
import type { VersionFinder } from "../../registry/ports.ts";
import type { VersionRef } from "../../registry/version-ref.ts";

/** A record of the registry of versions, as much of it as a link needs. */
export interface LinkedRecord {
  readonly id: string;
  readonly name: string;
  /** Every other field that is set, by name; declarations as plain data. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** By id, or by name. */
export type LinkKey = { readonly id: string } | { readonly name: string };

/**
 * Reads what links need from a registry of versions. Undefined means that there is no such record; calls reject when
 * the registry cannot be reached.
 */
export interface VersionRecords {
  model(key: LinkKey, signal: AbortSignal): Promise<LinkedRecord | undefined>;
  version(key: LinkKey, modelId: string, signal: AbortSignal): Promise<LinkedRecord | undefined>;
  /** The newest live version of a model. */
  newestVersion(modelId: string, signal: AbortSignal): Promise<LinkedRecord | undefined>;
  /** The aliases of a model, each with the id of its version. */
  aliases(modelId: string, signal: AbortSignal): Promise<readonly { alias: string; modelVersionId: string }[]>;
}

/** Looks up versions in a registry of versions, wherever that is. */
export function createVersionFinder(records: VersionRecords): VersionFinder {
  return {
    async find(ref, signal) {
      const malformed = malformedId(ref);
      if (malformed !== undefined) return notFound(malformed);
      const model = await records.model("modelId" in ref ? { id: ref.modelId } : { name: ref.model }, signal);
      if (model === undefined) return notFound(`there is no registered model ${modelWords(ref)}`);
      const aliases = await records.aliases(model.id, signal);
      const version = await versionOf(ref, model, aliases, records, signal);
      if (typeof version === "string") return notFound(version);
      const { declarations, problem } = readDeclarations(version);
      return {
        state: "found",
        registeredModel: model.name,
        registeredModelId: model.id,
        version: version.name,
        versionId: version.id,
        aliases: aliases.flatMap(({ alias, modelVersionId }) => (modelVersionId === version.id ? [alias] : [])).sort(),
        archived: [model, version].some(({ fields }) => fields.state === "ARCHIVED"),
        namespaces: [...new Set([model.fields.owner, version.fields.author].flatMap(namespaceOf))],
        declarations,
        problem,
      };
    },
  };
}

/** The version, or the reason why there is none. */
async function versionOf(
  ref: VersionRef,
  model: LinkedRecord,
  aliases: readonly { readonly alias: string; readonly modelVersionId: string }[],
  records: VersionRecords,
  signal: AbortSignal,
): Promise<LinkedRecord | string> {
  const [id, name, alias] =
    "modelId" in ref ? [ref.versionId, undefined, undefined] : [undefined, ref.version, ref.alias];
  if (id !== undefined || name !== undefined) {
    const version = await records.version(id === undefined ? { name: name! } : { id }, model.id, signal);
    // Version ids are unique over all models, and labels are written by hand: the id may be that of another model's
    // version.
    if (version !== undefined && version.fields.registeredModelId === model.id) return version;
    return `registered model ${model.name} has no version ${id === undefined ? name : `with the id ${id}`}`;
  }
  if (alias === undefined) {
    return (await records.newestVersion(model.id, signal)) ?? `registered model ${model.name} has no live version`;
  }
  const target = aliases.find((one) => one.alias === alias)?.modelVersionId;
  const version = target === undefined ? undefined : await records.version({ id: target }, model.id, signal);
  return version ?? `registered model ${model.name} has no alias ${alias}`;
}

function notFound(problem: string): VersionFinding {
  return { state: "not-found", problem };
}

/** Labels can contain any text. */
function malformedId(ref: VersionRef): string | undefined {
  if (!("modelId" in ref)) return undefined;
  const wrong = [ref.modelId, ref.versionId].find((id) => id !== undefined && !/^[1-9][0-9]{0,18}$/.test(id));
  return wrong === undefined ? undefined : `expected a record ID, a whole number of at least 1; found ${wrong}`;
}

function modelWords(ref: VersionRef): string {
  return "modelId" in ref ? `with the id ${ref.modelId}` : ref.model;
}

/**
 * The namespace of a service account, or of the group of all service accounts of a namespace, by their names in
 * Kubernetes.
 */
function namespaceOf(owner: unknown): string[] {
  const match = /^system:serviceaccounts?:([a-z0-9-]{1,63})(?::[^:]+)?$/.exec(typeof owner === "string" ? owner : "");
  return match === null ? [] : [match[1]!];
}

/** Records of another registry, and imported ones, have not been validated here. */
function readDeclarations({ name, fields }: LinkedRecord): { declarations: VersionDeclarations; problem: string } {
  const reader = new FieldReader(fields);
  const declarations: VersionDeclarations = {
    inputFeatures: readInputFeatures(reader),
    inputFormat: reader.choice("inputFormat", inputFormats) ?? "array",
    outputFormat: readOutputFormat(reader),
  };
  if (declarations.inputFormat !== "array" && declarations.inputFeatures.length === 0) {
    reader.problem("inputFormat", `${declarations.inputFormat} needs inputFeatures, whose names it writes`);
  }
  if (reader.problems.length === 0) return { declarations, problem: "" };
  const problem = `what version ${name} declares cannot be used: ${reader.problems.map(problemText).join("; ")}`;
  return { declarations: { inputFeatures: [], inputFormat: "array", outputFormat: undefined }, problem };
}
