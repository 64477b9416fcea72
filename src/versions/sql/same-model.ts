import type { Field } from "../kinds/field.ts";
import { type KindName, kinds } from "../kinds/kinds.ts";
import type { RecordChanges } from "../record.ts";
import { ifFound, invalid } from "../versions-error.ts";
import type { Session } from "./executor.ts";
import { getRecord } from "./read-records.ts";
import type { StoreContext } from "./store-context.ts";

/**
 * Refuses a record if two of its references, which have to lead to the same registered model, do not. Records never
 * change their model, so the result stays true. References to missing records are left to the database.
 */
export async function refuseOtherModel(
  context: StoreContext,
  session: Pick<Session, "all">,
  kind: KindName,
  fields: RecordChanges["fields"],
): Promise<void> {
  for (const field of kinds[kind].parents) {
    if (field.sameModelAs === undefined) continue;
    const other = kinds[kind].byName.get(field.sameModelAs)!;
    const model = await modelOf(context, session, field, fields);
    const expected = model === undefined ? undefined : await modelOf(context, session, other, fields);
    if (expected === undefined || model === expected) continue;
    const description = `it belongs to the registered model with id ${model}, and ${other.name} leads to the one with id ${expected}`;
    throw invalid(kind, { field: field.name, problem: "value", description });
  }
}

/** The id of the registered model that a reference leads to; undefined where it leads nowhere. */
async function modelOf(
  context: StoreContext,
  session: Pick<Session, "all">,
  { name, references }: Field,
  fields: RecordChanges["fields"],
): Promise<string | undefined> {
  const id = fields[name];
  if (typeof id !== "string") return undefined;
  const found = await ifFound(getRecord(context, session, references as KindName, { id }));
  return found?.kind === "registeredModel" ? found.id : (found?.fields.registeredModelId as string | undefined);
}
