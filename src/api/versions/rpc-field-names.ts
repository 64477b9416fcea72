import { snakeCase } from "../../base/snake-case.ts";
import { artifactKinds, type KindName, kinds } from "../../versions/kinds/kinds.ts";
import { isVersionsError, VersionsError } from "../../versions/versions-error.ts";
import { contractKindOf } from "./contract-kind.ts";

/** Where the parts of a registration stand in its request. */
const registrationParts: readonly (readonly [part: RegExp, field: string, kind: KindName | undefined])[] = [
  [/^model(\.|$)/, "registered_model$1", "registeredModel"],
  [/^version(\.|$)/, "model_version$1", "modelVersion"],
  [/^(artifacts\[\d+\])(\.|$)/, "$1$2", undefined],
];

/**
 * An error of the store in the names of the contract: the store names fields as JSON of the REST surface does
 * (`registeredModelId`), a caller of an RPC looks for those of its request (`model_version.registered_model_id`).
 *
 * @param at the field of the request that holds the record, such as `model_version`; empty where it is the request
 * @param sortAt the sort of an artifact, for errors that only say where it stands: `artifacts[1]`
 */
export function inRpcNames(
  error: unknown,
  at: string,
  sortAt: (artifact: string) => KindName | undefined = () => undefined,
): unknown {
  if (isVersionsError(error, "INVALID")) {
    const { kind } = error.data;
    const violations = error.data.violations.map((one) => ({ ...one, field: rpcField(one.field, kind, at, sortAt) }));
    const message = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
    return new VersionsError("INVALID", message, { kind, violations }, { cause: error.cause });
  }
  if (isVersionsError(error, "PARENT_NOT_FOUND")) {
    const { kind, field } = error.data;
    const data = { ...error.data, field: rpcField(field, kind, at, sortAt) };
    return new VersionsError("PARENT_NOT_FOUND", error.message, data, { cause: error.cause });
  }
  if (isVersionsError(error, "ALREADY_REGISTERED")) {
    const { model, version } = error.data;
    const differences = error.data.differences.map((one) => ({
      ...one,
      field: rpcField(one.field, undefined, at, sortAt),
    }));
    const what = version === "" ? `model ${model}` : `version ${version} of model ${model}`;
    const fields = differences.map(({ field }) => field).join(", ");
    const message = `${what} is registered already, and differs in ${fields.slice(0, 1000)}`;
    return new VersionsError("ALREADY_REGISTERED", message, { model, version, differences }, { cause: error.cause });
  }
  return error;
}

function rpcField(
  field: string,
  kind: KindName | undefined,
  at: string,
  sortAt: (artifact: string) => KindName | undefined,
): string {
  for (const [part, words, ofPart] of registrationParts) {
    const match = part.exec(field);
    if (match === null) continue;
    const rest = field.slice(match[0].length);
    const name = field.slice(0, match[0].length).replace(part, words);
    const ofRecord = ofPart ?? kind ?? sortAt(match[1]!);
    return rest === "" ? name : name + ownField(rest, ofRecord);
  }
  const own = ownField(field, kind);
  // A mask is not a field of the record.
  return at === "" || own === "update_mask" ? own : `${at}.${own}`;
}

/** A field of a record by its name in the contract. The fields of a sort of artifact stand below the sort. */
function ownField(path: string, kind: KindName | undefined): string {
  const [name = ""] = /^\w+/.exec(path) ?? [];
  const rest = path.slice(name.length);
  // A key of a property is the caller's own.
  const below = name === "customProperties" ? rest : rest.replaceAll(".default", ".default_value");
  const field = kind === undefined ? undefined : kinds[kind].byName.get(name);
  const words = (field?.proto ?? snakeCase(name)) + below;
  if (field === undefined || kind === undefined || !artifactKinds.includes(kind)) return words;
  const { message } = contractKindOf(kind);
  return message.field[name] === undefined && !field.serverMade ? `${message.field[kind]!.name}.${words}` : words;
}
