import { nearest } from "../../base/nearest.ts";
import { invalidField } from "../../registry/registry-error.ts";
import type { Call } from "../call.ts";
import { type CallError, httpStatusOf, toCallError } from "../error.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { HttpError, sendBytes, sendJson } from "../http-message.ts";
import type { RestContext, RestDeps } from "./rest-context.ts";
import { getContract, getModel, kserveReadiness, listModels, listNames } from "./rest-models.ts";
import { evaluateFiredTriggers, evaluateModel, predict } from "./rest-predict.ts";

/** One route: a method, a path with at most one `{name}`, and what is done. */
interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** What it is called in logs and metrics. */
  readonly label: string;
  readonly pattern: RegExp;
  readonly query: readonly string[];
  /** Whose error texts are used: the registry's, or those of a KServe server. */
  readonly style: "registry" | "kserve";
  readonly handle: (context: RestContext) => void | Promise<void>;
}

const noQuery = new URLSearchParams();
const listQuery = ["type", "namespace", "trigger", "pageSize", "pageToken", "includeUnserved", "watch"] as const;

const routes: readonly Route[] = [
  // Looked through in order, so what is called most stands first.
  route("POST", "/api/v1/models/{name}/predict", "registry", ["waitForReady"], predict),
  route("POST", "/v1/models/{name}:predict", "kserve", ["waitForReady"], predict),
  route("GET", "/", "kserve", [], ({ response }) => sendJson(response, 200, { status: "alive" })),
  route("GET", "/livez", "registry", [], ({ response }) => sendJson(response, 200, { status: "alive" })),
  route("GET", "/readyz", "registry", [], sendReadiness),
  route("GET", "/readyz/health", "registry", [], sendReadiness),
  // Manifests written for other registries ask here whether a database migration broke off. There is no database.
  route("GET", "/readyz/isDirty", "registry", [], ({ response }) => sendJson(response, 200, { status: "clean" })),
  route("GET", "/metrics", "registry", [], async ({ response, metrics }) => {
    const { contentType, body } = await metrics();
    sendBytes(response, 200, body, { "content-type": contentType });
  }),
  route("GET", "/openapi.json", "registry", [], ({ response, openapi }) => sendJson(response, 200, openapi)),
  route("GET", "/api/v1/models", "registry", listQuery, listModels),
  route("GET", "/api/v1/models/{name}", "registry", [], getModel),
  route("GET", "/api/v1/models/{name}/contract", "registry", ["format"], getContract),
  route("POST", "/api/v1/models/{name}/evaluate", "registry", ["waitForReady"], evaluateModel),
  route("POST", "/api/v1/triggers/evaluate", "registry", [], evaluateFiredTriggers),
  route("GET", "/v1/models", "kserve", [], listNames),
  route("GET", "/v1/models/{name}", "kserve", [], kserveReadiness),
];

/** The REST surfaces: `/api/v1`, the KServe v1 façade, probes, metrics. Answers every request. */
export async function handleRest(
  request: HttpRequest,
  response: HttpResponse,
  call: Call,
  deps: RestDeps,
): Promise<void> {
  let style: Route["style"] = "registry";
  try {
    const [path = "", queryText = ""] = (request.url ?? "/").split("?", 2);
    const found = findRoute(request.method ?? "GET", path);
    style = found.route.style;
    call.method = found.route.label;
    const query = queryText === "" ? noQuery : new URLSearchParams(queryText);
    checkQuery(query, found.route.query);
    await found.route.handle({ ...deps, request, response, call, query, name: found.name });
  } catch (error) {
    if (error instanceof HttpError) sendHttpError(response, call, error);
    else sendError(response, call, toCallError(error), style);
  }
}

function route(
  method: Route["method"],
  path: string,
  style: Route["style"],
  query: readonly string[],
  handle: Route["handle"],
): Route {
  const pattern = path
    .replace(/[.]/g, "\\.")
    // The colon may come percent-encoded.
    .replace(":predict", "(?::|%3[Aa])predict")
    // A colon ends the name: behind it stands a verb.
    .replace("{name}", "((?:(?!%3[Aa])[^/:])+)");
  return { method, path, label: `${method} ${path}`, pattern: new RegExp(`^${pattern}$`), query, style, handle };
}

function findRoute(method: string, path: string): { route: Route; name: string } {
  const allowed: string[] = [];
  for (const candidate of routes) {
    const match = candidate.pattern.exec(path);
    if (match === null) continue;
    if (candidate.method === method || (candidate.method === "GET" && method === "HEAD")) {
      return { route: candidate, name: decode(match[1] ?? "") };
    }
    allowed.push(...(candidate.method === "GET" ? ["GET", "HEAD"] : [candidate.method]));
  }
  if (allowed.length > 0) {
    throw new HttpError(405, `${method} is not allowed here; use ${allowed.join(" or ")}`, {
      allow: allowed.join(", "),
    });
  }
  throw new HttpError(404, "there is nothing under this path; /openapi.json lists what there is");
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidField("name", "is not valid percent-encoding");
  }
}

function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  if (query.size === 0) return;
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) {
      const meant = nearest(name, known);
      const help =
        known.length === 0 ? "none is taken here" : meant ? `did you mean ${meant}?` : `known are ${known.join(", ")}`;
      throw invalidField(name.slice(0, 80), `unknown query parameter; ${help}`);
    }
    if (query.getAll(name).length > 1) throw invalidField(name, "is given twice");
  }
}

function sendReadiness({ response, notReadyReason, registry }: RestContext): void {
  const reason = notReadyReason();
  if (reason === undefined) sendJson(response, 200, { status: "ready", models: registry.snapshot.names.length });
  else sendJson(response, 503, { status: "not ready", reason });
}

/** What HTTP itself refuses has a status of its own and one reason: the request is none that a route takes. */
function sendHttpError(response: HttpResponse, call: Call, { status, message, headers }: HttpError): void {
  call.reason = "INVALID_REQUEST";
  sendJson(response, status, { error: message }, { "x-error-reason": call.reason, ...headers });
}

/** Answers with an error. */
export function sendError(response: HttpResponse, call: Call, error: CallError, style: Route["style"]): void {
  call.reason = error.reason;
  call.error = error;
  const headers: Record<string, string> = { "x-error-reason": error.reason };
  if (error.retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfterMs / 1000));
  sendJson(response, httpStatusOf(error.reason), { error: messageOf(error, style) }, headers);
}

function messageOf(error: CallError, style: Route["style"]): string {
  if (error.reason !== "MODEL_NOT_FOUND") return error.message;
  return style === "kserve" ? `Model with name ${error.metadata.model} does not exist.` : "model not found";
}
