import { nearest } from "../../base/nearest.ts";
import { invalidField } from "../../registry/registry-error.ts";
import type { Call } from "../call.ts";
import { countAnswer } from "../count-answer.ts";
import { type CallError, httpStatusOf, toCallError } from "../error.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { HttpError, sendBytes, sendJson } from "../http-message.ts";
import { sharedBytes } from "../shared-answer.ts";
import { notedFailure } from "./noted-failure.ts";
import { openapiOf } from "./openapi/openapi.ts";
import type { RestDeps } from "./rest-context.ts";
import type { RouteFamily, RouteStyle } from "./route.ts";
import { type CompiledRoute, isLenient, RouteTable } from "./route-table.ts";

/** Answers every request that is not an RPC. */
export interface RestHandler {
  /** Never rejects for what a caller does. */
  (request: HttpRequest, response: HttpResponse, call: Call): Promise<void>;
  /** What the route of a request is called in logs and metrics; undefined where there is none. */
  labelOf(request: HttpRequest): string | undefined;
}

/** Below these paths the registry of versions and the catalog follow Kubeflow's conventions, where they are served. */
const kubeflowBases = ["/api/model_registry/", "/api/model_catalog/", "/api/mcp_catalog/"];

function styleWithoutRoute(path: string): RouteStyle {
  return kubeflowBases.some((base) => path.startsWith(base)) ? "kubeflow" : "registry";
}

const noQuery = new URLSearchParams();

/** The REST surfaces of some families of routes. `/openapi.json` documents just these. */
export function createRestHandler(families: readonly RouteFamily[], deps: RestDeps): RestHandler {
  const table = new RouteTable(families.flatMap(({ routes }) => routes));
  let document: Uint8Array | undefined;
  const openapi = (): Uint8Array => {
    // Created on first use: it takes as long as a good part of the start, and is seldom requested.
    document ??= sharedBytes(Buffer.from(JSON.stringify(openapiOf(families))));
    return document;
  };
  const context = { ...deps, openapi };
  const labelOf = ({ url = "/", method = "GET" }: HttpRequest): string | undefined => {
    try {
      return table.find(method, splitUrl(url).path).route.label;
    } catch {
      return undefined;
    }
  };
  const handle = async (request: HttpRequest, response: HttpResponse, call: Call): Promise<void> => {
    const { path, queryText } = splitUrl(request.url ?? "/");
    let style: RouteStyle | undefined;
    try {
      const { route, params } = table.find(request.method ?? "GET", path);
      style = route.style;
      call.method = route.label;
      if (route.answerIsCounted !== true) countAnswer(response, call, deps.memory);
      // URLSearchParams drops a question mark at the start of its text. `&` keeps one that the query starts with.
      const query = queryText === "" ? noQuery : new URLSearchParams(`&${queryText}`);
      checkQuery(query, route);
      await route.handle({ ...context, request, response, call, query, params });
    } catch (error) {
      style ??= styleWithoutRoute(path);
      if (error instanceof HttpError) sendHttpError(response, call, error, style);
      else sendError(response, call, toCallError(error), style);
    }
  };
  return Object.assign(handle, { labelOf });
}

/** Everything after the first question mark is the query, including further question marks (RFC 3986, 3.4). */
function splitUrl(url: string): { readonly path: string; readonly queryText: string } {
  const at = url.indexOf("?");
  return at < 0 ? { path: url, queryText: "" } : { path: url.slice(0, at), queryText: url.slice(at + 1) };
}

function checkQuery(query: URLSearchParams, route: CompiledRoute): void {
  if (query.size === 0) return;
  const known = route.query;
  if (route.style === "kubeflow") return;
  for (const name of new Set(query.keys())) {
    if (known.includes(name)) {
      if (query.getAll(name).length > 1) throw invalidField(name, "is repeated");
    } else if (!isLenient(route)) {
      const meant = nearest(name, known);
      const help =
        known.length === 0
          ? "no parameters are accepted"
          : meant
            ? `did you mean ${meant}?`
            : `known are ${known.join(", ")}`;
      throw invalidField(name.slice(0, 80), `unknown query parameter; ${help}`);
    }
  }
}

/** Errors of HTTP itself have a status of their own and share one reason: no route accepts the request. */
function sendHttpError(
  response: HttpResponse,
  call: Call,
  { status, message, headers }: HttpError,
  style: RouteStyle,
): void {
  call.reason = "INVALID_REQUEST";
  const allHeaders = { "x-error-reason": call.reason, ...headers };
  if (style !== "kubeflow") {
    sendJson(response, status, { error: message }, allHeaders);
    return;
  }
  const words = status === 404 ? `404 page not found: ${message}` : message;
  sendBytes(response, status, Buffer.from(`${words}\n`), {
    "content-type": "text/plain; charset=utf-8",
    ...allHeaders,
  });
}

/** Answers with an error. */
export function sendError(response: HttpResponse, call: Call, error: CallError, style: RouteStyle): void {
  const headers = notedFailure(call, error);
  sendJson(response, httpStatusOf(error.reason), { error: messageOf(error, style) }, headers);
}

function messageOf(error: CallError, style: RouteStyle): string {
  // Where a version is missing, the error says more.
  if (error.reason !== "MODEL_NOT_FOUND" || error.metadata.version !== undefined) return error.message;
  return style === "kserve" ? `Model with name ${error.metadata.model} does not exist.` : "model not found";
}
