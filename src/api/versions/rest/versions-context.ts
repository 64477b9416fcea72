import { jsonPieces } from "../../../base/json-pieces.ts";
import type { VersionRecord } from "../../../versions/record.ts";
import { recordToJsonPieces } from "../../../versions/record-json.ts";
import { refuseOtherSites } from "../../cross-site.ts";
import { callerSignal } from "../../http.ts";
import type { RestContext } from "../../rest/rest-context.ts";
import { auditOf } from "../audit.ts";
import { Keeper } from "../keeper.ts";
import type { VersionsDeps } from "../version-registry-service.ts";
import { sendFailure } from "./failure-answer.ts";
import { ageingHeaders, type Flavour } from "./flavour.ts";
import { sendJsonText } from "./json-answer.ts";
import { badBody } from "./read-object.ts";

/** What the REST surface of the registry of versions needs of the rest. */
export interface VersionsRestDeps extends VersionsDeps {
  /** The day on which the alpha version ends. Undefined: it says nothing of its age. */
  readonly alphaSunset: Date | undefined;
  /** Origins whose pages may write, besides this server's own. */
  readonly allowedOrigins: readonly string[];
}

/** One request on a route of the registry of versions. */
export interface VersionsContext extends RestContext {
  readonly flavour: Flavour;
  /** The store as the caller may use it. */
  readonly keeper: Keeper;
}

/** Answers with a record. Its etag is for `If-Match`. */
export function sendRecord(context: VersionsContext, status: number, record: VersionRecord): Promise<void> {
  return sendJsonText(context.response, status, lineOf(recordToJsonPieces(record, context.flavour)), {
    etag: `"${record.revision}"`,
  });
}

/** Answers with a JSON value. */
export function sendValue(context: RestContext, status: number, value: unknown): Promise<void> {
  return sendJsonText(context.response, status, lineOf(jsonPieces(value)));
}

function* lineOf(json: Iterable<string>): Generator<string> {
  yield* json;
  yield "\n";
}

/** Answers that what was asked for is done. */
export function sendNothing({ response }: RestContext): void {
  response.statusCode = 204;
  response.end();
}

const reading: readonly (string | undefined)[] = ["GET", "HEAD"];

/** What every route does: the headers of its version, the check of where a write comes from, and errors in their form. */
export function versionsHandler(
  { store, log, alphaSunset, allowedOrigins }: VersionsRestDeps,
  flavour: Flavour,
  handle: (context: VersionsContext) => void | Promise<void>,
): (context: RestContext) => Promise<void> {
  return async (context) => {
    const { request, response, call, query } = context;
    const left = callerSignal(response);
    try {
      const ageing = flavour.isAlpha ? ageingHeaders(alphaSunset) : {};
      for (const [name, value] of Object.entries(ageing)) response.setHeader(name, value);
      if (!reading.includes(request.method)) refuseOtherSites(request, allowedOrigins);
      refuseNul(query);
      const keeper = new Keeper(store, { access: call.access, signal: left }, auditOf(log, call));
      await handle({ ...context, flavour, keeper });
    } catch (error) {
      if (!left.aborted) sendFailure(context, error);
    }
  };
}

function refuseNul(query: URLSearchParams): void {
  for (const [name, value] of query)
    if (`${name}${value}`.includes("\0")) throw badBody(name, "NUL is not allowed: bad request", "text");
}
