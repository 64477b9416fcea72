import type { KindName } from "./kinds/kinds.ts";

/** What is wrong with one part of a request. */
export interface Violation {
  /** The path of the part: `name`, `customProperties.accuracy`, `artifacts[1].value`. */
  readonly field: string;
  readonly problem: "required" | "unknown" | "immutable" | "type" | "value" | "too_long" | "too_many" | "text";
  /** What is expected and what was found. */
  readonly description: string;
}

/** How a record was asked for. */
export type RecordKey =
  | { readonly id: string }
  /** `parentId` where names are unique within a parent; null for artifacts without one. */
  | { readonly name: string; readonly parentId?: string }
  | { readonly externalId: string };

/** One value that is not as a repeated registration gives it. */
export interface Difference {
  /** `version.author`, `artifacts[0].uri`, `version.customProperties.accuracy`. */
  readonly field: string;
  /** As JSON text; undefined where it is not set. */
  readonly stored: string | undefined;
  readonly given: string | undefined;
}

/** What each reason carries, as plain data: the edges make their own words of it where they have to. */
export interface ErrorData {
  /** A record or a change that its kind does not allow. */
  INVALID: { readonly kind: KindName | undefined; readonly violations: readonly Violation[] };
  INVALID_FILTER: {
    /** Where in the filter, in characters from 0; undefined when it is the whole. */
    readonly position: number | undefined;
    readonly problem: "syntax" | "type" | "limit";
  };
  INVALID_PAGE_TOKEN: Record<never, never>;
  /** No such record, or no version behind an alias. `several`: artifacts of more than one sort have the name. */
  NOT_FOUND: {
    readonly kind: KindName | "artifact" | "alias";
    readonly key: RecordKey;
    readonly several?: true;
  };
  /** A record that a new one refers to does not exist. */
  PARENT_NOT_FOUND: {
    readonly kind: KindName;
    readonly field: string;
    readonly parentKind: KindName;
    readonly id: string;
  };
  /** A name or an external id is taken. */
  ALREADY_EXISTS: { readonly kind: KindName; readonly field: "name" | "externalId" | "id"; readonly value: string };
  /** The version is registered already, with other values. */
  ALREADY_REGISTERED: { readonly model: string; readonly version: string; readonly differences: readonly Difference[] };
  /** The alias does not point to the version that the caller expects. */
  ALIAS_MOVED: { readonly alias: string; readonly modelVersionId: string | undefined };
  /** Somebody has changed the record since the caller read it. */
  REVISION_MOVED: { readonly kind: KindName | "artifact"; readonly id: string; readonly revision: number };
  STILL_REFERENCED: {
    readonly kind: KindName;
    readonly id: string;
    /** How many records of which kind refer to it. */
    readonly by: readonly { readonly kind: KindName | "alias"; readonly count: number }[];
  };
  /** The version, or every LIVE version of the model, has no model artifact with a URI. */
  NO_MODEL_ARTIFACT: { readonly model: string; readonly version: string | undefined };
  /** Why: it cannot be reached; all connections are in use; other writes were in the way; its schema does not fit. */
  DATABASE_UNAVAILABLE: {
    readonly why: "away" | "busy" | "conflict" | "read-only" | "schema";
    readonly retryAfterMs: number;
  };
  /** More calls of the caller wait for the database than may. */
  TOO_MANY_CALLS: { readonly retryAfterMs: number };
  /** The database has no room left. */
  DATABASE_FULL: Record<never, never>;
  /** The call took longer than the store allows a statement. */
  DATABASE_TIMEOUT: Record<never, never>;
}

export type VersionsReason = keyof ErrorData;

/** Why a call of the store failed. Its message is for the caller: it never holds a password, an address or SQL. */
export class VersionsError<R extends VersionsReason = VersionsReason> extends Error {
  readonly reason: R;
  readonly data: ErrorData[R];

  constructor(reason: R, message: string, data: ErrorData[R], options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "VersionsError";
    this.reason = reason;
    this.data = data;
  }
}

/** What a record or a change must not be, of the kind that it is of where that is known. */
export function invalid(kind: KindName | undefined, ...violations: readonly Violation[]): VersionsError<"INVALID"> {
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return new VersionsError("INVALID", message, { kind, violations });
}

/** What is looked for; undefined where it is not there. */
export async function ifFound<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isVersionsError(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Whether an error is one of the store with this reason, so that its data can be read. */
export function isVersionsError<R extends VersionsReason>(error: unknown, reason: R): error is VersionsError<R> {
  return error instanceof VersionsError && error.reason === reason;
}
