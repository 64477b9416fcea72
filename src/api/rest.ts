import { evaluate } from "../predict/evaluate.ts";
import { evaluateTriggers, type Samples } from "../predict/evaluate-triggers.ts";
import type { CallerReason, Pipeline, PredictCall, Prediction } from "../predict/pipeline.ts";
import { Cancellation } from "../registry/cancellation.ts";
import { type ModelType, modelTypes } from "../registry/model.ts";
import { nearest } from "../registry/nearest.ts";
import { type ModelFilter, matches, type Registry } from "../registry/registry.ts";
import { invalidField, type RegistryError } from "../registry/registry-error.ts";
import { type Call, upstreamHeaders } from "./call.ts";
import { httpStatusOf, toRegistryError } from "./error.ts";
import { evaluationToJson, triggeredToJson } from "./evaluation-json.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { HttpError, readBody, sendBytes, sendJson } from "./http-message.ts";
import { listPage } from "./list-page.ts";
import { modelToJson } from "./model-json.ts";
import { versionOf } from "./predict-messages.ts";
import { typedContract } from "./typed-contract.ts";

export interface RestDeps {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (name: string, maxAgeMs: number) => Promise<void>;
  /** Why the server is not ready; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
  /** The metrics, in the text format of Prometheus. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly openapi: object;
  readonly maxRequestBytes: number;
}

interface RestContext extends RestDeps {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly call: Call;
  readonly query: URLSearchParams;
  /** The `{name}` of the path, decoded. */
  readonly name: string;
}

/** One route: a method, a path with at most one `{name}`, and what is done. */
interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly pattern: RegExp;
  readonly query: readonly string[];
  /** Whose error texts are used: the registry's, or those of a KServe server. */
  readonly style: "registry" | "kserve";
  readonly handle: (context: RestContext) => void | Promise<void>;
}

const routes: readonly Route[] = [
  route("GET", "/", "kserve", [], ({ response }) => sendJson(response, 200, { status: "alive" })),
  route("GET", "/livez", "registry", [], ({ response }) => sendJson(response, 200, { status: "alive" })),
  route("GET", "/readyz", "registry", [], sendReadiness),
  route("GET", "/readyz/health", "registry", [], sendReadiness),
  // Manifests written for other registries ask here whether a database migration broke off. There is no database.
  route("GET", "/readyz/isDirty", "registry", [], ({ response }) => sendJson(response, 200, { status: "clean" })),
  route("GET", "/metrics", "registry", [], async ({ response, metrics }) => {
    const { contentType, text } = await metrics();
    sendBytes(response, 200, Buffer.from(text), { "content-type": contentType });
  }),
  route("GET", "/openapi.json", "registry", [], ({ response, openapi }) => sendJson(response, 200, openapi)),
  route("GET", "/api/v1/models", "registry", ["type", "namespace", "trigger", "pageSize", "pageToken"], listModels),
  route("GET", "/api/v1/models/{name}", "registry", [], getModel),
  route("GET", "/api/v1/models/{name}/contract", "registry", ["format"], getContract),
  route("POST", "/api/v1/models/{name}/predict", "registry", [], predict),
  route("POST", "/api/v1/models/{name}/evaluate", "registry", [], evaluateModel),
  route("POST", "/api/v1/triggers/evaluate", "registry", [], evaluateFiredTriggers),
  route("GET", "/v1/models", "kserve", [], ({ response, registry }) =>
    sendJson(response, 200, { models: registry.snapshot.names }),
  ),
  route("GET", "/v1/models/{name}", "kserve", [], kserveReadiness),
  route("POST", "/v1/models/{name}:predict", "kserve", [], predict),
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
    call.method = `${found.route.method} ${found.route.path}`;
    const query = new URLSearchParams(queryText);
    checkQuery(query, found.route.query);
    await found.route.handle({ ...deps, request, response, call, query, name: found.name });
  } catch (error) {
    if (error instanceof HttpError) sendJson(response, error.status, { error: error.message }, error.headers);
    else sendError(response, call, toRegistryError(error), style);
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
  return { method, path, pattern: new RegExp(`^${pattern}$`), query, style, handle };
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

function listModels({ response, registry, query }: RestContext): void {
  const filter = filterOf(query);
  const toJson = (model: Parameters<typeof modelToJson>[0]) => modelToJson(model, registry.readiness(model.name));
  // Without a page size all models are listed, as the callers of this path have always got them.
  if (!query.has("pageSize") && !query.has("pageToken")) {
    const models = registry.snapshot.names.map((name) => registry.get(name)!).filter((model) => matches(model, filter));
    sendJson(response, 200, { models: models.map(toJson) });
    return;
  }
  const page = listPage(registry.snapshot, filter, pageSizeOf(query), query.get("pageToken") ?? "");
  sendJson(response, 200, {
    models: page.models.map(toJson),
    ...(page.nextPageToken === "" ? {} : { nextPageToken: page.nextPageToken }),
    totalSize: page.totalSize,
  });
}

function filterOf(query: URLSearchParams): ModelFilter {
  const type = query.get("type") || undefined;
  if (type !== undefined && !modelTypes.includes(type as ModelType)) {
    throw invalidField("type", `expected one of ${modelTypes.join(", ")}`);
  }
  return {
    type: type as ModelType | undefined,
    namespace: query.get("namespace") || undefined,
    trigger: query.get("trigger") || undefined,
  };
}

function pageSizeOf(query: URLSearchParams): number {
  const text = query.get("pageSize") ?? "0";
  if (!/^-?\d{1,9}$/.test(text)) throw invalidField("pageSize", "expected a whole number of 0 or more");
  return Number(text);
}

async function getModel({ response, registry, pipeline, call, name, check }: RestContext): Promise<void> {
  const model = pipeline.resolve(name);
  call.model = model.name;
  await check(name, Number.POSITIVE_INFINITY);
  sendJson(response, 200, modelToJson(model, registry.readiness(name)));
}

function getContract({ response, pipeline, call, name, query }: RestContext): void {
  const model = pipeline.resolve(name);
  call.model = model.name;
  const { contentType, text } = typedContract(model, query.get("format") || "proto");
  sendBytes(response, 200, Buffer.from(text), { "content-type": contentType });
}

async function predict(context: RestContext): Promise<void> {
  const { answer } = await predictFromBody(context);
  sendBytes(context.response, 200, answer.bytes, { "content-type": "application/json" });
}

async function evaluateModel(context: RestContext): Promise<void> {
  const prediction = await predictFromBody(context);
  const evaluation = evaluate(prediction, context.pipeline.maxJsonDepth);
  sendJson(context.response, 200, evaluationToJson(evaluation, versionOf(prediction.answer)));
}

async function evaluateFiredTriggers(context: RestContext): Promise<void> {
  const samples = await readSamples(context);
  const models = await whileCallerStays(context, (call) => evaluateTriggers(context, samples, {}, call));
  sendJson(context.response, 200, triggeredToJson(models));
}

async function predictFromBody(context: RestContext): Promise<Prediction> {
  const { request, call, pipeline, registry, name, maxRequestBytes } = context;
  assertJson(request.headers["content-type"]);
  if (registry.get(name) !== undefined) call.model = name;
  // An unknown model is told before its instances are taken.
  pipeline.resolve(name);
  const body = await readBody(request, maxRequestBytes);
  return whileCallerStays(context, (common) => pipeline.predict({ ...common, name, body: () => body }));
}

/** Runs something that ends when the caller leaves. */
async function whileCallerStays<T>(
  { request, response, call }: RestContext,
  run: (common: Omit<PredictCall, "name" | "body">) => Promise<T>,
): Promise<T> {
  const caller = new Cancellation<CallerReason>();
  const onClose = (): void => caller.cancel("CALLER_LEFT");
  response.once("close", onClose);
  try {
    return await run({
      headers: upstreamHeaders(call),
      authorization: request.headers.authorization,
      caller,
    });
  } finally {
    response.off("close", onClose);
  }
}

/** Metric samples by name: the body itself is the object. */
async function readSamples({ request, maxRequestBytes }: RestContext): Promise<Samples> {
  assertJson(request.headers["content-type"]);
  const body = await readBody(request, maxRequestBytes);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    throw invalidField("body", `not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("body", 'expected a JSON object of samples by name, {"disk_utilization": 91.2}');
  }
  return value as Samples;
}

/** What a body may call itself. `curl -d` says it is a form, and means JSON. */
const jsonTypes = /^(application\/([\w.+-]+\+)?json|application\/x-www-form-urlencoded|text\/plain|text\/json)$/;

function assertJson(header: string | undefined): void {
  if (header === undefined) return;
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  if (!jsonTypes.test(type)) {
    throw new HttpError(415, `content-type ${type.slice(0, 80)} is not taken; send application/json`);
  }
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8" && charset !== "us-ascii") {
    throw new HttpError(415, `charset ${charset.slice(0, 40)} is not taken; send UTF-8`);
  }
}

/** As a KServe server answers it, now: its clients poll this until a model is there. */
async function kserveReadiness({ response, registry, pipeline, call, name, check }: RestContext): Promise<void> {
  call.model = pipeline.resolve(name).name;
  await check(name, 1000);
  if (registry.readiness(name).state === "ready") sendJson(response, 200, { name, ready: true });
  else sendJson(response, 503, { error: `Model with name ${name} is not ready.` }, { "retry-after": "1" });
}

function sendError(response: HttpResponse, call: Call, error: RegistryError, style: Route["style"]): void {
  call.reason = error.reason;
  call.error = error;
  const headers: Record<string, string> = { "x-error-reason": error.reason };
  if (error.retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfterMs / 1000));
  sendJson(response, httpStatusOf(error.reason), { error: messageOf(error, style) }, headers);
}

function messageOf(error: RegistryError, style: Route["style"]): string {
  if (error.reason !== "MODEL_NOT_FOUND") return error.message;
  return style === "kserve" ? `Model with name ${error.metadata.model} does not exist.` : "model not found";
}
