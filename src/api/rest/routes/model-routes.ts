import { goOnWhenNotBusy } from "../../../base/yield-if-busy.ts";
import { visibleSnapshot } from "../../../registry/access.ts";
import type { RegisteredModel } from "../../../registry/model.ts";
import { matches, type Registry } from "../../../registry/registry.ts";
import { invalidField } from "../../../registry/registry-error.ts";
import { connectionOf, hasLeft } from "../../http.ts";
import { sendBytes, sendJson } from "../../http-message.ts";
import { listPage } from "../../list-page.ts";
import { typedContract } from "../../typed/typed-contract.ts";
import { scopeOf } from "../../typed/typed-model.ts";
import { visibleUnserved } from "../../unserved.ts";
import { modelDetailToJson, modelToJsonText, unservedToJson } from "../model-json.ts";
import { filterOf, flagOfQuery } from "../model-query.ts";
import { answer, jsonAnswer } from "../openapi/answers.ts";
import { errorRefs } from "../openapi/error-answers.ts";
import { example, modelDetailExample, modelExample } from "../openapi/examples.ts";
import { formatParameter, listParameters, nameParameter, watchParameters } from "../openapi/parameters.ts";
import { schemaRef } from "../openapi/schemas.ts";
import { type RestContext, refOf } from "../rest-context.ts";
import type { Route } from "../route.ts";
import { sharedList } from "../shared-lists.ts";
import { watchAsEvents } from "../watch-as-events.ts";

/** The registered models: all, one, and the typed contract of one. */
export const modelRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/v1/models",
    style: "registry",
    operation: {
      operationId: "listModels",
      summary: "List the registered models",
      parameters: [...listParameters, ...watchParameters],
      responses: {
        "200": answer("The models that match, by name.", {
          "application/json": {
            schema: schemaRef("ModelList"),
            examples: {
              all: { summary: "All models", value: { models: [modelExample] } },
              page: {
                summary: "One page (`pageSize=1`)",
                value: { models: [modelExample], nextPageToken: "Nzk5YzU1ZDdhbm9tYWx5LWRldGVjdG9y", totalSize: 3 },
              },
            },
          },
          "text/event-stream": {
            schema: {
              type: "string",
              description:
                "For `watch=true`. Events are `reset`, `added`, `changed`, `removed` and `synced`; their data is " +
                '`{"model": ..., "changedFields": [...]}`, or `{}` for `reset` and `synced`.',
            },
          },
        }),
        ...errorRefs("BadListQuery", "NotAnsweredNow"),
      },
    },
    handle: listModels,
  },
  {
    method: "GET",
    path: "/api/v1/models/{name}",
    style: "registry",
    operation: {
      operationId: "getModel",
      summary: "Get one model",
      description: "If the model has not been checked yet, its readiness is checked first.",
      parameters: [nameParameter(example("A model of the demo", "anomaly-detector"))],
      responses: {
        "200": jsonAnswer("The model.", "ModelDetail", example("A model", modelDetailExample)),
        ...errorRefs("BadName", "ModelNotFound", "NotAllowed", "NotAnsweredNow"),
      },
    },
    handle: getModel,
  },
  {
    method: "GET",
    path: "/api/v1/models/{name}/contract",
    style: "registry",
    operation: {
      operationId: "getContract",
      summary: "Get the typed contract of one model",
      description: "Only models that declare their features have one.",
      parameters: [
        nameParameter(example("A model that declares its features", "disk-failure-predictor")),
        formatParameter,
      ],
      responses: {
        "200": answer(
          "The contract.",
          {
            "text/plain": { schema: { type: "string", description: "`proto`, the default: a .proto file." } },
            "application/schema+json": {
              schema: { type: "object", description: "`json-schema`: the JSON Schema of a prediction request." },
            },
            "application/json": {
              schema: {
                type: "object",
                description: "`openapi`: an OpenAPI document of the model's prediction route.",
              },
            },
          },
          {
            "content-disposition": {
              description: "The name for a file: `disk_failure_predictor.proto`, in snake_case.",
              required: true,
              schema: { type: "string", pattern: '^inline; filename="[a-z][a-z0-9_.]*"$' },
            },
          },
        ),
        ...errorRefs("BadName", "NoContract", "NotAllowed", "NotAnsweredNow"),
      },
    },
    handle: getContract,
  },
];

/** The models that match the filters of the query, all of them or page by page; with `watch` as events. */
async function listModels(context: RestContext): Promise<void> {
  const { request, response, registry, call, query } = context;
  if (flagOfQuery(query, "watch")) {
    await watchAsEvents(context);
    return;
  }
  const filter = filterOf(context);
  const connection = connectionOf(request, response);
  const write = (models: readonly RegisteredModel[], more: object): Promise<Uint8Array> =>
    writeList(models, more, registry, connection);
  const send = (list: Uint8Array): void => sendBytes(response, 200, list, { "content-type": "application/json" });
  const snapshot = await visibleSnapshot(registry.loadedSnapshot, call.access, (model) => matches(model, filter));
  const withUnserved = flagOfQuery(query, "includeUnserved") && (query.get("pageToken") ?? "") === "";
  const unserved = withUnserved
    ? { unserved: (await visibleUnserved(registry, filter, call.access)).map(unservedToJson) }
    : {};
  // Without a page size all models are listed, as this path has always done.
  if (!query.has("pageSize") && !query.has("pageToken")) {
    const writeAll = (): Promise<Uint8Array> =>
      write(
        snapshot.keys.map((key) => snapshot.models.get(key)!).filter((model) => matches(model, filter)),
        unserved,
      );
    if (withUnserved || hasLeft(response)) {
      send(await writeAll());
      return;
    }
    send(await sharedList(snapshot, filter, response, writeAll));
    return;
  }
  const page = listPage(snapshot, filter, pageSizeOf(query), query.get("pageToken") ?? "", pageNames);
  send(
    await write(page.models, {
      ...(page.nextPageToken === "" ? {} : { nextPageToken: page.nextPageToken }),
      totalSize: page.totalSize,
      ...unserved,
    }),
  );
}

/**
 * Writes the JSON of a list, with further members besides the models.
 *
 * @param owner whom it is written for; work that it began earlier comes first
 */
async function writeList(
  models: readonly RegisteredModel[],
  more: object,
  registry: Registry,
  owner: object,
): Promise<Uint8Array> {
  const pieces: Buffer[] = [Buffer.from('{"models":[')];
  for (let from = 0; from < models.length; from += modelsAtOnce) {
    const texts = models
      .slice(from, from + modelsAtOnce)
      .map((model) => modelToJsonText(model, registry.readiness(model.key)));
    pieces.push(Buffer.from(`${from === 0 ? "" : ","}${texts.join(",")}`));
    const pause = goOnWhenNotBusy(owner);
    if (pause !== undefined) await pause;
  }
  // The further members, without the opening brace.
  const rest = JSON.stringify(more).slice(1);
  pieces.push(Buffer.from(`]${rest === "}" ? "" : ","}${rest}`));
  return Buffer.concat(pieces);
}

/** How many models are written before others get their turn. */
const modelsAtOnce = 64;

const pageNames = { size: "pageSize", token: "pageToken", nextToken: "nextPageToken" };

function pageSizeOf(query: URLSearchParams): number {
  const text = query.get("pageSize") ?? "0";
  if (!/^-?\d{1,9}$/.test(text)) throw invalidField("pageSize", "expected a whole number of 0 or more");
  return Number(text);
}

async function getModel({ response, registry, pipeline, call, params, check }: RestContext): Promise<void> {
  const model = await pipeline.resolve(refOf(params), call.access);
  call.model = model;
  await check(model.key, Number.POSITIVE_INFINITY);
  const load = pipeline.load(model.key);
  sendJson(response, 200, modelDetailToJson(model, registry.readiness(model.key), load, registry.refusedOf(model)));
}

async function getContract({ response, pipeline, call, params, query, packageRoots }: RestContext): Promise<void> {
  const model = await pipeline.resolve(refOf(params), call.access);
  call.model = model;
  const { contentType, fileName, text } = typedContract(
    model,
    query.get("format") || "proto",
    packageRoots,
    scopeOf(refOf(params)),
  );
  sendBytes(response, 200, Buffer.from(text), {
    "content-type": contentType,
    // Browsers show it; the name is for clients that save it, such as `curl -OJ`.
    "content-disposition": `inline; filename="${fileName}"`,
  });
}
