import { kinds } from "../../versions/kinds/kinds.ts";
import type { VersionRecord } from "../../versions/record.ts";
import type { Call } from "../call.ts";

/** What a write has changed: values by field, before and after. */
export interface Change {
  readonly from?: Readonly<Record<string, unknown>>;
  readonly to?: Readonly<Record<string, unknown>>;
}

/** Notes a write that has happened: what was done to which record, and what it changed. */
export type Audit = (
  action: "create" | "update" | "delete" | "set alias" | "delete alias" | "deploy",
  record: Pick<VersionRecord, "kind" | "id" | "name" | "revision">,
  about: Readonly<Record<string, string>>,
  change: Change,
) => void;

/** Writes one line. */
export interface AuditLog {
  info(line: object, message: string): void;
}

/** Values longer than this are cut. */
const maxChars = 256;

/** Notes the writes of one call. */
export function auditOf(log: AuditLog, call: Pick<Call, "requestId" | "method" | "access"> | undefined): Audit {
  return (action, { kind, id, name, revision }, about, { from, to }) => {
    log.info(
      {
        requestId: call?.requestId,
        caller: call?.access.caller,
        method: call?.method,
        action,
        kind: kinds[kind].title,
        id,
        name: cut(name),
        ...about,
        revision,
        from: shortened(from),
        to: shortened(to),
      },
      "audit",
    );
  };
}

/** The fields that differ between two states of a record. */
export function changedValues(before: VersionRecord, after: VersionRecord): Required<Change> {
  const from: Record<string, unknown> = {};
  const to: Record<string, unknown> = {};
  const old = valuesOf(before);
  const young = valuesOf(after);
  for (const name of new Set([...Object.keys(old), ...Object.keys(young)])) {
    if (JSON.stringify(old[name]) === JSON.stringify(young[name])) continue;
    from[name] = old[name];
    to[name] = young[name];
  }
  return { from, to };
}

function valuesOf({ fields, properties }: VersionRecord): Readonly<Record<string, unknown>> {
  return { ...fields, customProperties: properties };
}

function shortened(values: Change["from"]): object | undefined {
  if (values === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      value === undefined ? null : cut(typeof value === "string" ? value : JSON.stringify(value)),
    ]),
  );
}

function cut(text: string): string {
  return text.length > maxChars ? `${text.slice(0, maxChars - 3)}...` : text;
}
