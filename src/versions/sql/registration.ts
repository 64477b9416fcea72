import { checkedNew } from "../check-record.ts";
import { differences } from "../differences.ts";
import { type KindName, kinds } from "../kinds/kinds.ts";
import type { CallOptions, Registered, Registration } from "../ports.ts";
import type { FieldValues, NewRecord, VersionRecord } from "../record.ts";
import { type Difference, invalid, VersionsError } from "../versions-error.ts";
import type { Session } from "./executor.ts";
import { withRetries } from "./faults.ts";
import { findArtifacts } from "./find-artifacts.ts";
import { columnsOf } from "./read-records.ts";
import { readColumns, recordFromRow } from "./row.ts";
import { bind, type Query, slot } from "./statement.ts";
import { type StoreContext, transaction } from "./store-context.ts";
import { tableFor } from "./tables.ts";
import { explained, insertRecord, newRow, sharesExternalId } from "./write-records.ts";

type Given = Registration["artifacts"][number];
type Reads = Pick<Session, "all">;

const maxArtifacts = 1000;

/** A registration whose records have been checked, except for their references to each other. */
interface Checked {
  readonly model: NewRecord;
  readonly version: NewRecord;
  readonly artifacts: readonly Given[];
}

/** What is registered already. */
type Found = Pick<Registered, "model" | "version">;

/** Registers a version with its model and its artifacts, or finds that it has been registered before. */
export async function registerVersion(
  context: StoreContext,
  given: Registration,
  callOptions: CallOptions = {},
): Promise<Registered> {
  const { signal } = callOptions;
  const checked: Checked = {
    model: checkedNew("registeredModel", given.model, "model."),
    version: checkedNew("modelVersion", given.version, "version.", ["registeredModelId"]),
    artifacts: checkedArtifacts(given.model, given.artifacts),
  };
  const options = { signal, retryRaces: true };
  let found: VersionRecord | undefined;
  const register = (session: Reads, insert: (model: VersionRecord | undefined) => Promise<Registered>) =>
    findOrInsert(context, session, checked, given, (model) => {
      found = model;
      return insert(model);
    });
  let outcome: Registered | Found;
  try {
    if (isOneStatement(context, checked)) {
      const session = { all: (query: Query) => context.executor.all(query, signal) };
      outcome = await withRetries(context.dialect, options, () =>
        register(session, (model) => insertAtOnce(context, session, checked, model)),
      );
    } else {
      outcome = await transaction(context, options, (session) =>
        register(session, (model) => insertInSteps(context, session, checked, model)),
      );
    }
  } catch (error) {
    const model = found === undefined ? [{ kind: "registeredModel", ...checked.model } as const] : [];
    const inserted = [...model, { kind: "modelVersion", ...checked.version } as const, ...checked.artifacts];
    throw await explainedOf(context, inserted, error, signal);
  }
  if ("created" in outcome) return outcome;
  // Outside of the transaction: reading pages of long artifacts would hold up those who wait for it.
  return await registered(context, outcome.model, outcome.version, given, callOptions);
}

/** Finds the model and the version, or inserts what is missing: everything, or everything but the model. */
async function findOrInsert(
  context: StoreContext,
  session: Reads,
  checked: Checked,
  given: Registration,
  insert: (model: VersionRecord | undefined) => Promise<Registered>,
): Promise<Registered | Found> {
  const name = checked.model.fields.name as string;
  const { model, version } = await findBoth(context, session, name, checked.version.fields.name as string);
  if (model !== undefined) refuseDifferences(name, undefined, differences(model, given.model, "model."));
  if (model === undefined || version === undefined) return await insert(model);
  return { model, version };
}

/** A model by its name, and its version by its own, by one statement. */
async function findBoth({ dialect, statements }: StoreContext, session: Reads, model: string, version: string) {
  const [models, versions] = [tableFor("registeredModel"), tableFor("modelVersion")];
  const statement = statements.get("find model and version", () =>
    dialect.builder
      .selectFrom(models.name)
      .leftJoin(versions.name, (join) =>
        join
          .onRef(`${versions.name}.registered_model_id`, "=", `${models.name}.id`)
          .on(`${versions.name}.name`, "=", slot("version")),
      )
      .select([...columnsOf(dialect, models), ...columnsOf(dialect, versions)])
      .where(`${models.name}.name`, "=", slot("model")),
  );
  const [row] = await session.all(bind(statement, { model, version }));
  const ofVersion = row?.slice(readColumns(models).length);
  return {
    model: row === undefined ? undefined : recordFromRow(models, row),
    version: ofVersion === undefined || ofVersion[0] === null ? undefined : recordFromRow(versions, ofVersion),
  };
}

/** External ids that several tables share are claimed by statements of their own. */
function isOneStatement({ dialect }: StoreContext, { model, version }: Checked): boolean {
  const claims = sharesExternalId("registeredModel", model.fields) || sharesExternalId("modelVersion", version.fields);
  return dialect.insertRegistration !== undefined && !claims;
}

async function insertAtOnce(
  { dialect, statements, now }: StoreContext,
  session: Reads,
  checked: Checked,
  found: VersionRecord | undefined,
): Promise<Registered> {
  const time = now();
  const model = newRow("registeredModel", checked.model, time);
  const version = newRow("modelVersion", checked.version, time);
  const artifacts = checked.artifacts.map(({ kind, ...artifact }) => newRow(kind, artifact, time));
  const registration = { model: found?.id ?? model, version, artifacts };
  const ids = await dialect.insertRegistration!(session, statements, registration);
  return {
    model: found ?? model.record(ids.model),
    version: version.record(ids.version, { registeredModelId: ids.model }),
    artifacts: artifacts.map(({ record }, i) => record(ids.artifacts[i]!, { modelVersionId: ids.version })),
    created: true,
  };
}

async function insertInSteps(
  context: StoreContext,
  session: Session,
  checked: Checked,
  found: VersionRecord | undefined,
): Promise<Registered> {
  const insert = (kind: KindName, record: NewRecord, parents: FieldValues = {}) =>
    insertRecord(context, session, kind, { ...record, fields: { ...record.fields, ...parents } });
  const model = found ?? (await insert("registeredModel", checked.model));
  const version = await insert("modelVersion", checked.version, { registeredModelId: model.id });
  const artifacts: VersionRecord[] = [];
  for (const { kind, ...artifact } of checked.artifacts) {
    artifacts.push(await insert(kind, artifact, { modelVersionId: version.id }));
  }
  return { model, version, artifacts, created: true };
}

/** The meaning of a violated constraint: another record has the external id, or else the name. */
async function explainedOf(
  context: StoreContext,
  records: readonly Given[],
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  for (const { kind, fields } of records) {
    const { externalId } = fields;
    if (typeof externalId !== "string") continue;
    const found = await explained(context, kind, { externalId }, undefined, error, signal);
    if (found !== error) return found;
  }
  const { kind, fields } = records[0]!;
  return await explained(context, kind, { name: fields.name! }, undefined, error, signal);
}

function checkedArtifacts(model: NewRecord, artifacts: readonly Given[]): Given[] {
  if (artifacts.length > maxArtifacts) {
    const description = `at most ${maxArtifacts} artifacts; found ${artifacts.length}`;
    throw invalid(undefined, { field: "artifacts", problem: "too_many", description });
  }
  const names = new Set<string>();
  return artifacts.map(({ kind, ...given }, i) => {
    const named = withName(kind, given, model);
    const checked = checkedNew(kind, named, `artifacts[${i}].`, ["modelVersionId"]);
    const name = `${kind} ${checked.fields.name}`;
    if (names.has(name)) {
      const description = `another ${kinds[kind].words} of this version has the same name`;
      throw invalid(kind, { field: `artifacts[${i}].name`, problem: "value", description });
    }
    names.add(name);
    return { kind, ...checked };
  });
}

/** The artifacts as they are looked for. */
function artifactsOf({ model, artifacts }: Registration): Given[] {
  return artifacts.map(({ kind, ...one }) => ({ kind, ...withName(kind, one, model) }));
}

/** A model artifact without a name gets the model's, as existing clients do it. */
function withName(kind: Given["kind"], given: NewRecord, model: NewRecord): NewRecord {
  const { name } = given.fields;
  const unnamed = name === undefined || name === "";
  if (!unnamed || kind !== "modelArtifact") return given;
  return { ...given, fields: { ...given.fields, name: model.fields.name! } };
}

/** The existing registration, if it equals the given one. */
async function registered(
  context: StoreContext,
  model: VersionRecord,
  version: VersionRecord,
  given: Registration,
  options: CallOptions,
): Promise<Registered> {
  const artifacts = await findArtifacts(context, version, artifactsOf(given), options);
  refuseDifferences(model.name, version.name, [
    ...differences(version, given.version, "version."),
    ...given.artifacts.flatMap(({ kind, ...one }, i) => {
      const stored = artifacts[i];
      const missing = { field: `artifacts[${i}]`, stored: undefined, given: JSON.stringify(one.fields.name ?? kind) };
      return stored === undefined ? [missing] : differences(stored, one, `artifacts[${i}].`);
    }),
  ]);
  return { model, version, artifacts: artifacts as VersionRecord[], created: false };
}

function refuseDifferences(model: string, version: string | undefined, found: readonly Difference[]): void {
  if (found.length === 0) return;
  const what = version === undefined ? `model ${model}` : `version ${version} of model ${model}`;
  const fields = found.map(({ field }) => field).join(", ");
  const message = `${what} is registered already, and differs in ${fields.slice(0, 1000)}`;
  throw new VersionsError("ALREADY_REGISTERED", message, { model, version: version ?? "", differences: found });
}
