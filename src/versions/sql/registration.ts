import { checkedNew } from "../check-record.ts";
import { differences } from "../differences.ts";
import { kinds } from "../kinds/kinds.ts";
import { type CallOptions, maxPageSize, type Registered, type Registration } from "../ports.ts";
import type { NewRecord, VersionRecord } from "../record.ts";
import { type Difference, isVersionsError, type RecordKey, VersionsError } from "../versions-error.ts";
import type { Session } from "./executor.ts";
import { getRecord, selectRecords } from "./read-records.ts";
import { recordFromRow } from "./row.ts";
import { bind, slot } from "./statement.ts";
import { type StoreContext, transaction } from "./store-context.ts";
import { tableFor } from "./tables.ts";
import { explained, insertRecord } from "./write-records.ts";

type Given = Registration["artifacts"][number];

const maxArtifacts = 1000;

/** Registers a version with its model and its artifacts, or finds that it is registered. */
export async function registerVersion(
  context: StoreContext,
  { model, version, artifacts }: Registration,
  { signal }: CallOptions = {},
): Promise<Registered> {
  const checked = {
    model: checkedNew("registeredModel", model, "model."),
    version: checkedNew("modelVersion", version, "version.", ["registeredModelId"]),
    artifacts: checkedArtifacts(model, artifacts),
  };
  let at: "model" | "version" = "model";
  try {
    return await transaction(context, { signal, retryUnique: true }, async (session) => {
      at = "model";
      const { stored: storedModel, created } = await modelOf(context, session, checked.model, model);
      at = "version";
      const key = { name: checked.version.fields.name as string, parentId: storedModel.id };
      const found = created ? undefined : await find(context, session, "modelVersion", key);
      if (found !== undefined)
        return await registered(context, session, storedModel, found, { version, artifacts, model });
      const fields = { ...checked.version.fields, registeredModelId: storedModel.id };
      const stored = await insertRecord(context, session, "modelVersion", { ...checked.version, fields });
      const all: VersionRecord[] = [];
      for (const { kind, ...artifact } of checked.artifacts) {
        const owned = { ...artifact, fields: { ...artifact.fields, modelVersionId: stored.id } };
        all.push(await insertRecord(context, session, kind, owned));
      }
      return { model: storedModel, version: stored, artifacts: all, created: true };
    });
  } catch (error) {
    const kind = at === "model" ? "registeredModel" : "modelVersion";
    throw await explained(context, kind, checked[at].fields, undefined, error, signal);
  }
}

function checkedArtifacts(model: NewRecord, artifacts: readonly Given[]): Given[] {
  if (artifacts.length > maxArtifacts) {
    const description = `at most ${maxArtifacts} artifacts; found ${artifacts.length}`;
    const violation = { field: "artifacts", problem: "too_many", description } as const;
    throw new VersionsError("INVALID", `artifacts: ${description}`, { kind: undefined, violations: [violation] });
  }
  const names = new Set<string>();
  return artifacts.map(({ kind, ...given }, i) => {
    const named = withName(kind, given, model);
    const checked = checkedNew(kind, named, `artifacts[${i}].`, ["modelVersionId"]);
    const name = `${kind} ${checked.fields.name}`;
    if (names.has(name)) {
      const description = `another ${kinds[kind].words} of this version has the same name`;
      const violation = { field: `artifacts[${i}].name`, problem: "value", description } as const;
      throw new VersionsError("INVALID", `${violation.field}: ${description}`, { kind, violations: [violation] });
    }
    names.add(name);
    return { kind, ...checked };
  });
}

/** A model artifact is called after the model where nothing else is said, as existing clients do it. */
function withName(kind: Given["kind"], given: NewRecord, model: NewRecord): NewRecord {
  const { name } = given.fields;
  const unnamed = name === undefined || name === "";
  if (!unnamed || kind !== "modelArtifact") return given;
  return { ...given, fields: { ...given.fields, name: model.fields.name! } };
}

async function find(context: StoreContext, session: Session, kind: Parameters<typeof getRecord>[2], key: RecordKey) {
  try {
    return await getRecord(context, session, kind, key);
  } catch (error) {
    if (isVersionsError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

async function modelOf(context: StoreContext, session: Session, checked: NewRecord, given: NewRecord) {
  const name = checked.fields.name as string;
  const found = await find(context, session, "registeredModel", { name });
  if (found === undefined) {
    return { stored: await insertRecord(context, session, "registeredModel", checked), created: true };
  }
  refuseDifferences(name, undefined, differences(found, given, "model."));
  return { stored: found, created: false };
}

async function registered(
  context: StoreContext,
  session: Session,
  model: VersionRecord,
  version: VersionRecord,
  given: Registration,
): Promise<Registered> {
  const artifacts = await artifactsOf(context, session, version.id);
  const matched = given.artifacts.map(({ kind, ...one }) =>
    matching(artifacts, kind, withName(kind, one, given.model)),
  );
  refuseDifferences(model.name, version.name, [
    ...differences(version, given.version, "version."),
    ...given.artifacts.flatMap(({ kind, ...one }, i) => {
      const stored = matched[i];
      const missing = { field: `artifacts[${i}]`, stored: undefined, given: JSON.stringify(one.fields.name ?? kind) };
      return stored === undefined ? [missing] : differences(stored, one, `artifacts[${i}].`);
    }),
  ]);
  return { model, version, artifacts: matched as VersionRecord[], created: false };
}

/** The stored artifact that is meant: of its name, or without one of its content. */
function matching(stored: readonly VersionRecord[], kind: Given["kind"], given: NewRecord): VersionRecord | undefined {
  const { name } = given.fields;
  const sort = stored.filter((one) => one.kind === kind);
  if (name !== undefined && name !== "") return sort.find((one) => one.name === name);
  return sort.find((one) => differences(one, given, "").length === 0);
}

/** All artifacts of a version, in the order they were made. */
async function artifactsOf(context: StoreContext, session: Session, id: string): Promise<VersionRecord[]> {
  const statement = context.statements.get("artifacts of a version", () =>
    selectRecords(context, "artifact")
      .where("model_version_id", "=", slot("id"))
      .orderBy("id")
      .limit(10 * maxPageSize),
  );
  const rows = await session.all(bind(statement, { id }));
  return rows.map((row) => recordFromRow(tableFor("artifact"), row));
}

function refuseDifferences(model: string, version: string | undefined, found: readonly Difference[]): void {
  if (found.length === 0) return;
  const what = version === undefined ? `model ${model}` : `version ${version} of model ${model}`;
  const fields = found.map(({ field }) => field).join(", ");
  const message = `${what} is registered already, and differs in ${fields.slice(0, 1000)}`;
  throw new VersionsError("ALREADY_REGISTERED", message, { model, version: version ?? "", differences: found });
}
