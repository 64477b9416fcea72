import { visibleSnapshot } from "../../registry/access.ts";
import { matches } from "../../registry/registry.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { sendBytes, sendJson } from "../http-message.ts";
import { listPage } from "../list-page.ts";
import { typedContract } from "../typed/typed-contract.ts";
import { visibleUnserved } from "../unserved.ts";
import { modelDetailToJson, modelToJson, unservedToJson } from "./model-json.ts";
import type { RestContext } from "./rest-context.ts";
import { filterOfQuery, flagOfQuery } from "./rest-filter.ts";
import { watchAsEvents } from "./rest-watch.ts";

/** `GET /api/v1/models`: the models that match the filters of the query, all of them or page by page; with `watch` as events. */
export async function listModels(context: RestContext): Promise<void> {
  const { response, registry, call, query } = context;
  if (flagOfQuery(query, "watch")) {
    await watchAsEvents(context);
    return;
  }
  const filter = filterOfQuery(query);
  const toJson = (model: Parameters<typeof modelToJson>[0]) => modelToJson(model, registry.readiness(model.name));
  const snapshot = await visibleSnapshot(registry.snapshot, call.access);
  const withUnserved = flagOfQuery(query, "includeUnserved") && (query.get("pageToken") ?? "") === "";
  const unserved = withUnserved
    ? { unserved: (await visibleUnserved(registry, filter, call.access)).map(unservedToJson) }
    : {};
  // Without a page size all models are listed, as the callers of this path have always got them.
  if (!query.has("pageSize") && !query.has("pageToken")) {
    const models = snapshot.names.map((name) => snapshot.models.get(name)!).filter((model) => matches(model, filter));
    sendJson(response, 200, { models: models.map(toJson), ...unserved });
    return;
  }
  const page = listPage(snapshot, filter, pageSizeOf(query), query.get("pageToken") ?? "", pageNames);
  sendJson(response, 200, {
    models: page.models.map(toJson),
    ...(page.nextPageToken === "" ? {} : { nextPageToken: page.nextPageToken }),
    totalSize: page.totalSize,
    ...unserved,
  });
}

const pageNames = { size: "pageSize", token: "pageToken", nextToken: "nextPageToken" };

function pageSizeOf(query: URLSearchParams): number {
  const text = query.get("pageSize") ?? "0";
  if (!/^-?\d{1,9}$/.test(text)) throw invalidField("pageSize", "expected a whole number of 0 or more");
  return Number(text);
}

/** `GET /api/v1/models/{name}`. */
export async function getModel({ response, registry, pipeline, call, name, check }: RestContext): Promise<void> {
  const model = await pipeline.resolve(name, call.access);
  call.model = model.name;
  await check(model.name, Number.POSITIVE_INFINITY);
  const load = pipeline.load(model.name);
  sendJson(
    response,
    200,
    modelDetailToJson(model, registry.readiness(model.name), load, registry.refusedOf(model.name)),
  );
}

/** `GET /api/v1/models/{name}/contract`: the typed contract of a model, as text. */
export async function getContract({ response, pipeline, call, name, query }: RestContext): Promise<void> {
  const model = await pipeline.resolve(name, call.access);
  call.model = model.name;
  const { contentType, fileName, text } = typedContract(model, query.get("format") || "proto");
  sendBytes(response, 200, Buffer.from(text), {
    "content-type": contentType,
    // Shown by browsers; the name is for those who save it, as `curl -OJ` does.
    "content-disposition": `inline; filename="${fileName}"`,
  });
}

/** `GET /v1/models`: the names alone. */
export async function listNames({ response, registry, call }: RestContext): Promise<void> {
  sendJson(response, 200, { models: (await visibleSnapshot(registry.snapshot, call.access)).names });
}

/** As a KServe server answers it, now: its clients poll this until a model is there. */
export async function kserveReadiness({ response, registry, pipeline, call, name, check }: RestContext): Promise<void> {
  const model = await pipeline.resolve(name, call.access);
  call.model = model.name;
  await check(model.name, 1000);
  if (registry.readiness(model.name).state === "ready") sendJson(response, 200, { name, ready: true });
  else sendJson(response, 503, { error: `Model with name ${name} is not ready.` }, { "retry-after": "1" });
}
