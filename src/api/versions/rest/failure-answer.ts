import { STATUS_CODES } from "node:http";
import { type KindName, kinds } from "../../../versions/kinds/kinds.ts";
import type { KindOrArtifact } from "../../../versions/ports.ts";
import { isVersionsError, type RecordKey, VersionsError } from "../../../versions/versions-error.ts";
import { type CallError, httpStatusOf, toCallError } from "../../error.ts";
import { HttpError, sendBytes } from "../../http-message.ts";
import { notedFailure } from "../../rest/noted-failure.ts";
import type { RestContext } from "../../rest/rest-context.ts";
import { jsonHeaders } from "./json-answer.ts";

/** How the server that existing clients know calls records when they are not there. */
export function wordsOf(kind: KindOrArtifact): string {
  if (kind === "artifact") return "artifact";
  return kind === "inferenceService" ? "InferenceService" : kinds[kind].words;
}

/** An answer that is an error: its status, and what it says. */
interface Said {
  readonly status: number;
  readonly message: string;
}

/** Answers with an error, in the form and the words of the server that existing clients know. */
export function sendFailure({ response, call }: RestContext, error: unknown): void {
  if (error instanceof HttpError) {
    call.reason = "INVALID_REQUEST";
    sendCode(response, error.status, error.message, { "x-error-reason": call.reason, ...error.headers });
    return;
  }
  const callError = toCallError(error);
  const headers = notedFailure(call, callError);
  const { status, message } = error instanceof VersionsError ? saidOf(error, callError) : saidOfCall(callError);
  if (callError.reason === "DATABASE_UNAVAILABLE") {
    const text = `Datastore service is down or unavailable. ${message}\n`;
    sendBytes(response, status, Buffer.from(text), { "content-type": "text/plain; charset=utf-8", ...headers });
    return;
  }
  sendCode(response, status, message, headers);
}

function sendCode(
  response: RestContext["response"],
  status: number,
  message: string,
  headers: Readonly<Record<string, string>>,
): void {
  // The server that clients know calls 422 so.
  const code = status === 422 ? "Bad Request" : (STATUS_CODES[status] ?? "Unknown");
  const body = Buffer.from(`${JSON.stringify({ code, message })}\n`);
  sendBytes(response, status, body, { ...jsonHeaders, ...headers });
}

function saidOfCall({ reason, message }: CallError): Said {
  return { status: httpStatusOf(reason), message };
}

function saidOf(error: VersionsError, callError: CallError): Said {
  const status = httpStatusOf(callError.reason);
  const { message } = error;
  if (isVersionsError(error, "INVALID")) {
    const missing = error.data.violations.find(({ problem }) => problem === "required");
    if (missing === undefined) return { status, message };
    if (error.data.kind === "metric" && missing.field === "value") {
      return { status, message: "metric value is required: bad request" };
    }
    return { status: 422, message: `required field '${missing.field}' is zero value.` };
  }
  if (isVersionsError(error, "INVALID_FILTER")) {
    const { problem, position } = error.data;
    if (problem === "type") {
      return {
        status,
        message: `invalid filter query, type mismatch or invalid value in comparison: bad request (${message})`,
      };
    }
    return { status, message: `invalid filter query syntax: ${position ?? 0}: ${message}` };
  }
  if (isVersionsError(error, "INVALID_PAGE_TOKEN")) {
    return { status, message: `invalid nextPageToken: ${message}: bad request` };
  }
  if (isVersionsError(error, "NOT_FOUND") && error.data.kind !== "alias") {
    return { status, message: notFoundText(error.data.kind, error.data.key) };
  }
  if (isVersionsError(error, "PARENT_NOT_FOUND")) {
    return { status, message: notFoundText(error.data.parentKind, { id: error.data.id }) };
  }
  if (isVersionsError(error, "ALREADY_EXISTS")) {
    const { kind, field, value } = error.data;
    return { status, message: `${kinds[kind].words} with ${field} ${value} already exists: conflict` };
  }
  return { status, message };
}

/** What a search without a match is answered. */
export function notFoundText(kind: KindName | "artifact", key: RecordKey): string {
  const words = wordsOf(kind);
  if ("id" in key) return `no ${words} found for id ${key.id}: not found`;
  const { name, parentId, externalId } = key as { name?: string; parentId?: string; externalId?: string };
  return `no ${words}s found for ${searchText(name, parentId, externalId)}: not found`;
}

/** What was searched for. */
export function searchText(name = "", parentId?: string, externalId = ""): string {
  return `name=${name}, ${parentId === undefined ? "" : `parentResourceId=${parentId}, `}externalId=${externalId}`;
}
