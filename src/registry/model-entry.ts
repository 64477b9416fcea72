import { type EntryProblem, entryLimits, FieldReader, isRecord, kindOf, shown } from "../base/field-reader.ts";
import { namespaceNamedBy } from "./address.ts";
import { readInputFeatures, readOutputFormat, readRemediationActions, readTriggers } from "./declarations.ts";
import { type Credentials, inputFormats, type ModelEntry, modelProtocols, modelTypes } from "./model.ts";
import { maxVersionRefChars, parseVersionRef, type VersionRef, versionRefForm } from "./version-ref.ts";

/** The fields that an entry may have. */
export const entryFields = [
  "name",
  "service",
  "namespace",
  "type",
  "description",
  "url",
  "port",
  "model",
  "protocol",
  "timeout",
  "forwardAuthorization",
  "caFile",
  "clientCertFile",
  "clientKeyFile",
  "tokenFile",
  "triggers",
  "inputFeatures",
  "inputFormat",
  "outputFormat",
  "remediationActions",
  "version",
] as const;

/** An entry that was read, or its problems. */
export type ParsedEntry = { entry: ModelEntry; problems: [] } | { entry: undefined; problems: EntryProblem[] };

/**
 * Reads one entry of a models list, the shape that every source shares. All problems are reported together; the entry
 * is there only when there are none.
 */
export function parseModelEntry(value: unknown, defaultNamespace: string): ParsedEntry {
  if (!isRecord(value)) {
    return { entry: undefined, problems: [{ field: "", message: `expected an object, found ${kindOf(value)}` }] };
  }
  const reader = new FieldReader(value);
  reader.refuseUnknown(entryFields);
  const name = reader.label("name", { required: true });
  const url = reader.url("url");
  const version = readVersion(reader);
  const entry: ModelEntry = {
    name: name ?? "",
    service: reader.label("service", { required: value.url === undefined }) ?? "",
    namespace: reader.label("namespace", { required: false }) ?? namespaceNamedBy(url) ?? defaultNamespace,
    type: reader.choice("type", modelTypes, { required: true }),
    description: reader.text("description", { maxChars: entryLimits.descriptionChars }) ?? "",
    url,
    port: reader.port("port"),
    model: reader.pathName("model") ?? name ?? "",
    protocol: reader.choice("protocol", modelProtocols),
    timeoutMs: reader.timeoutMs("timeout"),
    forwardAuthorization: reader.boolean("forwardAuthorization") ?? false,
    credentials: readCredentials(reader),
    triggers: readTriggers(reader),
    inputFeatures: readInputFeatures(reader),
    inputFormat: reader.choice("inputFormat", inputFormats) ?? "array",
    outputFormat: readOutputFormat(reader),
    remediationActions: readRemediationActions(reader),
    ...(version === undefined ? {} : { version }),
  };
  if (entry.forwardAuthorization && entry.credentials?.tokenFile !== undefined) {
    reader.problem("tokenFile", "not together with forwardAuthorization; a request has one authorization");
  }
  if (entry.port !== undefined && url !== undefined) {
    reader.problem("port", "not together with url; write the port into the url");
  }
  if (entry.inputFormat !== "array" && (entry.protocol === "v2" || entry.protocol === "grpc-v2")) {
    reader.problem("inputFormat", `not together with protocol ${entry.protocol}, which converts rows to tensors`);
  }
  if (entry.inputFormat !== "array" && entry.inputFeatures.length === 0) {
    reader.problem("inputFormat", `${entry.inputFormat} needs inputFeatures, whose names it writes`);
  }
  return reader.problems.length === 0
    ? { entry: Object.freeze(entry), problems: [] }
    : { entry: undefined, problems: reader.problems };
}

/** The registered version that the model is. */
function readVersion(reader: FieldReader): VersionRef | undefined {
  const text = reader.text("version", { maxChars: maxVersionRefChars });
  const ref = text === undefined ? undefined : parseVersionRef(text);
  if (text !== undefined && ref === undefined) {
    reader.problem("version", `expected ${versionRefForm}; found ${shown(text)}`);
  }
  return ref;
}

function readCredentials(reader: FieldReader): Credentials | undefined {
  const credentials: Credentials = {
    caFile: reader.filePath("caFile"),
    clientCertFile: reader.filePath("clientCertFile"),
    clientKeyFile: reader.filePath("clientKeyFile"),
    tokenFile: reader.filePath("tokenFile"),
  };
  const { clientCertFile, clientKeyFile } = credentials;
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
    const [given, missing] =
      clientKeyFile === undefined ? ["clientCertFile", "clientKeyFile"] : ["clientKeyFile", "clientCertFile"];
    reader.problem(missing, `missing; expected together with ${given}`);
  }
  return Object.values(credentials).some((path) => path !== undefined) ? Object.freeze(credentials) : undefined;
}
