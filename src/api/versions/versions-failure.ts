import type { ErrorReason } from "../../registry/registry-error.ts";
import { type KindName, kinds } from "../../versions/kinds/kinds.ts";
import type { ErrorData, RecordKey, VersionsError, VersionsReason } from "../../versions/versions-error.ts";
import { EdgeFailure, type FailureWords } from "../edge-failure.ts";

/** Why a call of the registry of versions failed: the values of its `ErrorReason` in the contract, without their prefix. */
export const versionsFailureReasons = [
  "RECORD_NOT_FOUND",
  "VERSION_NOT_FOUND",
  "ALIAS_NOT_FOUND",
  "ALREADY_REGISTERED",
  "ALIAS_MOVED",
  "RECORD_CHANGED",
  "STILL_REFERENCED",
  "INVALID_FILTER",
  "NO_MODEL_ARTIFACT",
  "DATABASE_UNAVAILABLE",
  "DATABASE_TIMEOUT",
  "DATABASE_FULL",
  "APPLY_DISABLED",
  "DEPLOYMENT_REFUSED",
  "DEPLOYMENT_CONFLICT",
  "CLUSTER_UNAVAILABLE",
] as const;

export type VersionsFailureReason = (typeof versionsFailureReasons)[number];

type Words = FailureWords<
  VersionsFailureReason | Extract<ErrorReason, "INVALID_REQUEST" | "INVALID_PAGE_TOKEN" | "SERVER_OVERLOADED">
>;

/** An error of the store as callers see it. */
export class VersionsFailure extends EdgeFailure<Words["reason"]> {
  override readonly name = "VersionsFailure";

  static from(error: VersionsError): VersionsFailure {
    const wordsOf = wordsByReason[error.reason] as (data: ErrorData[VersionsReason], message: string) => Words;
    return new VersionsFailure(error.message, wordsOf(error.data, error.message), error.cause);
  }
}

type WordsByReason = { readonly [R in VersionsReason]: (data: ErrorData[R], message: string) => Words };

const wordsByReason: WordsByReason = {
  INVALID: ({ kind, violations }) => ({
    reason: "INVALID_REQUEST",
    metadata: kindOf(kind),
    violations: violations.map(({ field, description }) => ({ field, description })),
  }),
  INVALID_FILTER: (_data, description) => ({
    reason: "INVALID_FILTER",
    violations: [{ field: "filter", description }],
  }),
  INVALID_PAGE_TOKEN: (_data, description) => ({
    reason: "INVALID_PAGE_TOKEN",
    violations: [{ field: "page_token", description }],
  }),
  NOT_FOUND: ({ kind, key }) => {
    if (kind === "alias") return { reason: "ALIAS_NOT_FOUND", metadata: keyOf(key) };
    const reason = kind === "modelVersion" ? "VERSION_NOT_FOUND" : "RECORD_NOT_FOUND";
    return { reason, metadata: { ...kindOf(kind), ...keyOf(key) } };
  },
  PARENT_NOT_FOUND: ({ field, parentKind, id }) => ({
    reason: "RECORD_NOT_FOUND",
    metadata: { ...kindOf(parentKind), id, field },
  }),
  ALREADY_EXISTS: ({ kind, field, value }) => ({
    reason: "ALREADY_REGISTERED",
    metadata: { ...kindOf(kind), [field]: value },
  }),
  ALREADY_REGISTERED: ({ model, version, differences }) => ({
    reason: "ALREADY_REGISTERED",
    metadata: { model, version, fields: differences.map(({ field }) => field).join(",") },
  }),
  ALIAS_MOVED: ({ alias, modelVersionId }) => ({
    reason: "ALIAS_MOVED",
    metadata: { alias, ...(modelVersionId === undefined ? {} : { modelVersionId }) },
  }),
  REVISION_MOVED: ({ kind, id, revision }) => ({
    reason: "RECORD_CHANGED",
    metadata: { ...kindOf(kind), id, etag: String(revision) },
  }),
  STILL_REFERENCED: ({ kind, id, by }) => ({
    reason: "STILL_REFERENCED",
    metadata: {
      ...kindOf(kind),
      id,
      referrer: by.map((one) => (one.kind === "alias" ? "alias" : kinds[one.kind].title)).join(","),
    },
  }),
  NO_MODEL_ARTIFACT: ({ model, version }) => ({
    reason: "NO_MODEL_ARTIFACT",
    metadata: { model, ...(version === undefined ? {} : { version }) },
  }),
  DATABASE_UNAVAILABLE: ({ retryAfterMs }) => ({ reason: "DATABASE_UNAVAILABLE", retryAfterMs }),
  TOO_MANY_CALLS: ({ retryAfterMs }) => ({ reason: "SERVER_OVERLOADED", retryAfterMs }),
  DATABASE_FULL: () => ({ reason: "DATABASE_FULL" }),
  DATABASE_TIMEOUT: () => ({ reason: "DATABASE_TIMEOUT" }),
};

function kindOf(kind: KindName | "artifact" | undefined): Readonly<Record<string, string>> {
  if (kind === undefined) return {};
  return { kind: kind === "artifact" ? "Artifact" : kinds[kind].title };
}

function keyOf(key: RecordKey): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(key).filter(([, value]) => typeof value === "string"));
}
