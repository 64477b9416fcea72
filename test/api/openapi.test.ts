import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startModelServer } from "../../demo/model-server.ts";
import { trainModels } from "../../demo/models.ts";
import type { Operation, Response, Schema } from "../../src/api/rest/openapi/document.ts";
import { openapiOf } from "../../src/api/rest/openapi/openapi.ts";
import { frontDoorFamilies } from "../../src/api/rest/route-families.ts";
import { createLog } from "../../src/compose/log.ts";
import { type Service, startService } from "../../src/compose/service.ts";
import { errorReasons } from "../../src/registry/registry-error.ts";

const openapiDocument = openapiOf(frontDoorFamilies);

interface Documented {
  /** `GET /api/v1/models/{name}`. */
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const documented: readonly Documented[] = Object.entries(openapiDocument.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => {
    const upper = method.toUpperCase();
    return { route: `${upper} ${path}`, method: upper, path, operation };
  }),
);

let modelServer: Awaited<ReturnType<typeof startModelServer>>;
let service: Service;
/** By the name of the model. */
const namespaces = new Map<string, string>();

beforeAll(async () => {
  const trained = trainModels();
  for (const { entry } of trained) namespaces.set(String(entry.name), String(entry.namespace));
  modelServer = await startModelServer({
    models: Object.fromEntries(trained.map(({ entry, model }) => [entry.name, model])),
  });
  const registry = trained.map(({ entry }) => ({ ...entry, url: modelServer.url }));
  service = await startService(
    { HOST: "127.0.0.1", PORT: "0", KSERVE_MODEL_REGISTRY: JSON.stringify(registry), MAX_REQUEST_SIZE: "64KiB" },
    createLog("silent"),
  );
  // The list of states says how they are found; each is asked.
  for (const name of namespaces.keys()) await fetch(`${service.url}/v2/models/${name}/ready`);
});

afterAll(async () => {
  await service.stop();
  await modelServer.stop();
});

describe("the OpenAPI document", () => {
  test("has every route of the REST surfaces, and no other", () => {
    const routes = frontDoorFamilies.flatMap((family) => family.routes);
    expect(documented.map(({ route }) => route).sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path}`).sort(),
    );
  });

  test.each(documented)("$route is there, with no other method than documented", async ({ path }) => {
    const response = await fetch(service.url + fill(path), { method: "PATCH" });
    expect(response.status).toBe(405);
    const methods = Object.keys(openapiDocument.paths[path]!).map((method) => method.toUpperCase());
    const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    expect(response.headers.get("allow")).toBe(allowed.join(", "));
    expect(problems(answerOf(path, 405), response, await response.json())).toEqual([]);
  });

  test("names every operation once", () => {
    const ids = documented.map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test("has an answer for every reason that a prediction can fail for", () => {
    // No REST call sets a deadline or asks for a tensor, and a caller that left reads no answer. Pages are for lists.
    const elsewhere = [
      ...["DEADLINE_EXCEEDED", "PREDICTIONS_NOT_A_TENSOR", "CALLER_LEFT", "INVALID_PAGE_TOKEN"],
      // A contract is another route.
      "FEATURES_NOT_DECLARED",
    ];
    const { responses } = openapiDocument.paths["/v1/models/{name}:predict"]!.post!;
    const reasons = Object.values(responses).flatMap((response) => {
      const header = resolve<Response>(response).headers["x-error-reason"];
      return header === undefined ? [] : (resolve<{ schema: Schema }>(header).schema.enum as string[]);
    });
    expect([...new Set(reasons)].sort()).toEqual(errorReasons.filter((reason) => !elsewhere.includes(reason)).sort());
  });

  test.each(documented)("the examples of $route have the form of their schemas", ({ operation }) => {
    for (const { schema, examples = {} } of operation.parameters) {
      for (const { value } of Object.values(examples)) expect(violations(schema, value)).toEqual([]);
    }
    const bodies = [
      ...Object.values(operation.requestBody?.content ?? {}),
      ...Object.values(operation.responses).flatMap((response) => Object.values(resolve<Response>(response).content)),
    ];
    for (const { schema, examples = {} } of bodies) {
      for (const { value } of Object.values(examples)) expect(violations(schema, value)).toEqual([]);
    }
  });
});

describe("the answers are as documented", () => {
  // The models of the demo are KServe v1, whose servers name no versions.
  const gets = documented.filter(({ method, path }) => method === "GET" && !path.includes("{version}"));
  test.each(gets)("to $route", async ({ path }) => {
    const response = await fetch(service.url + fill(path));
    expect(response.status).toBe(200);
    const isJson = response.headers.get("content-type")?.includes("json");
    expect(problems(answerOf(path, 200), response, isJson ? await response.json() : await response.text())).toEqual([]);
  });

  test.each(["proto", "json-schema", "openapi"])("to a contract as %s", async (format) => {
    const path = "/api/v1/models/{name}/contract";
    const response = await fetch(`${service.url}${fill(path)}?format=${format}`);
    const isJson = format !== "proto";
    expect(problems(answerOf(path, 200), response, isJson ? await response.json() : await response.text())).toEqual([]);
  });

  test("to the list by pages", async () => {
    const response = await fetch(`${service.url}/api/v1/models?pageSize=1`);
    const page = (await response.json()) as { nextPageToken: string };
    expect(problems(answerOf("/api/v1/models", 200), response, page)).toEqual([]);
    expect(page.nextPageToken).not.toBe("");
  });

  const posts = documented.filter(({ path, operation }) => {
    // The models of a namespace are fewer than those of the example.
    const isAnswered = path !== "/namespaces/{namespace}/v2/repository/index" && !path.includes("{version}");
    return operation.requestBody !== undefined && isAnswered;
  });
  const examples = posts.flatMap(({ route, path, operation }) => {
    const { content } = operation.requestBody!;
    const names = operation.parameters.find(({ name }) => name === "name")?.examples ?? {};
    const answers = resolve<Response>(operation.responses["200"]!).content["application/json"]!.examples!;
    return Object.entries(content["application/json"]!.examples!).map(([key, { value }]) => {
      return { route, path, key, name: String(names[key]?.value), request: value, answer: answers[key]!.value };
    });
  });
  test.each(examples)("to the example $key of $route, to the last digit", async ({ path, name, request, answer }) => {
    const response = await fetch(service.url + fill(path, name), { method: "POST", body: JSON.stringify(request) });
    expect(await response.json()).toEqual(answer);
    expect(problems(answerOf(path, 200), response, answer)).toEqual([]);
  });

  const body = (text: string) => ({ method: "POST", body: text });
  const headed = (name: string, value: string) => ({ method: "POST", body: "{}", headers: { [name]: value } });
  test.each<[number, string, string, string, RequestInit?]>([
    [400, "an unknown query parameter", "/api/v1/models", "?typ=anomaly"],
    [400, "a page token that was never given", "/api/v1/models", "?pageToken=abc"],
    [400, "a name that can be none", "/api/v1/models/A_B", ""],
    [404, "the contract of a model without features", "/api/v1/models/anomaly-detector/contract", ""],
    [404, "an unknown model", "/api/v1/models/no-such-model", ""],
    [404, "an unknown model, as KServe says it", "/v1/models/no-such-model", ""],
    [400, "an empty list", "/v1/models/anomaly-detector:predict", "", body('{"instances":[]}')],
    [400, "a row that does not fit", "/v1/models/disk-failure-predictor:predict", "", body('{"instances":[[1]]}')],
    [400, "a broken compression", "/v1/models/anomaly-detector:predict", "", headed("content-encoding", "gzip")],
    [413, "a large body", "/v1/models/anomaly-detector:predict", "", body(" ".repeat(64 * 1024 + 1))],
    [415, "another content type", "/v1/models/anomaly-detector:predict", "", headed("content-type", "text/xml")],
    [415, "another compression", "/v1/models/anomaly-detector:predict", "", headed("content-encoding", "zstd")],
    [502, "a model that fails", "/v1/models/anomaly-detector:predict", "", body('{"instances":[[1]]}')],
  ])("%d for %s", async (status, _, path, query, init) => {
    const response = await fetch(service.url + path + query, init);
    expect(response.status).toBe(status);
    const template = Object.keys(openapiDocument.paths).find((candidate) => {
      return path === fill(candidate, /models\/([^/:]+)/.exec(path)?.[1]);
    });
    expect(problems(answerOf(template!, status), response, await response.json())).toEqual([]);
  });
});

function fill(path: string, name = "disk-failure-predictor"): string {
  return path.replace("{namespace}", namespaces.get(name) ?? "none").replace("{name}", name);
}

function resolve<T>(value: unknown): T {
  const { $ref } = value as { $ref?: string };
  if ($ref === undefined) return value as T;
  const [, ...keys] = $ref.split("/");
  const found = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], openapiDocument);
  if (found === undefined) throw new Error(`${$ref} leads nowhere`);
  return found as T;
}

function answerOf(path: string, status: number): Response {
  const [operation] = Object.values(openapiDocument.paths[path]!);
  const answer = operation!.responses[status];
  if (answer === undefined) throw new Error(`${path} documents no answer ${status}`);
  return resolve(answer);
}

/** How a real answer differs from its documentation: its media type, headers and body. */
function problems(answer: Response, response: globalThis.Response, value: unknown): string[] {
  const mediaType = response.headers.get("content-type")?.split(";")[0] ?? "";
  const content = answer.content[mediaType];
  const headers = Object.entries(answer.headers).flatMap(([name, ref]) => {
    const { required, schema } = resolve<{ required: boolean; schema: Schema }>(ref);
    const text = response.headers.get(name);
    if (text === null) return required ? [`the header ${name} is missing`] : [];
    return violations(schema, schema.type === "integer" ? Number(text) : text).map((why) => `header ${name}: ${why}`);
  });
  return [
    ...headers,
    ...(content === undefined ? [`${mediaType} is not documented`] : violations(content.schema, value)),
  ];
}

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  uri: (text) => URL.canParse(text),
  "date-time": (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text),
};

/**
 * What of a value breaks a schema. It knows the keywords that the document uses and refuses others. Where a schema lists
 * properties and does not say that there are more, a key it does not list is a violation: the documentation is behind.
 */
function violations(given: Schema, value: unknown, at = "$"): string[] {
  const schema = resolve<Schema>(given);
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const bad = (broken: boolean): string[] =>
      broken ? [`${at}: ${keyword} ${JSON.stringify(rule)}, found ${JSON.stringify(value)}`] : [];
    switch (keyword) {
      case "type":
        return bad(
          ![rule].flat().some((type) => type === kindOf(value) || (type === "number" && kindOf(value) === "integer")),
        );
      case "enum":
        return bad(!(rule as unknown[]).includes(value));
      case "const":
        return bad(value !== rule);
      case "pattern":
        return bad(typeof value === "string" && !new RegExp(rule as string, "u").test(value));
      case "format":
        return bad(typeof value === "string" && !formats[rule as string]!(value));
      case "minLength":
        return bad(typeof value === "string" && value.length < (rule as number));
      case "maxLength":
        return bad(typeof value === "string" && value.length > (rule as number));
      case "minItems":
        return bad(Array.isArray(value) && value.length < (rule as number));
      case "maxItems":
        return bad(Array.isArray(value) && value.length > (rule as number));
      case "minProperties":
        return bad(kindOf(value) === "object" && Object.keys(value as object).length < (rule as number));
      case "maxProperties":
        return bad(kindOf(value) === "object" && Object.keys(value as object).length > (rule as number));
      case "additionalProperties": {
        if (kindOf(value) !== "object" || typeof rule !== "object") return [];
        const listed = Object.keys((schema.properties ?? {}) as object);
        return Object.entries(value as object).flatMap(([key, member]) =>
          listed.includes(key) ? [] : violations(rule as Schema, member, `${at}.${key}`),
        );
      }
      case "minimum":
        return bad(typeof value === "number" && value < (rule as number));
      case "maximum":
        return bad(typeof value === "number" && value > (rule as number));
      case "required":
        return bad(
          kindOf(value) === "object" && !(rule as string[]).every((key) => Object.hasOwn(value as object, key)),
        );
      case "items":
        return Array.isArray(value) ? value.flatMap((item, i) => violations(rule as Schema, item, `${at}[${i}]`)) : [];
      case "oneOf":
        return bad((rule as Schema[]).filter((branch) => violations(branch, value).length === 0).length !== 1);
      case "properties":
        if (kindOf(value) !== "object") return [];
        return Object.entries(value as object).flatMap(([key, member]) => {
          const property = (rule as Record<string, Schema>)[key];
          if (property !== undefined) return violations(property, member, `${at}.${key}`);
          return schema.additionalProperties !== undefined ? [] : [`${at}.${key}: is not documented`];
        });
      default:
        if (keyword !== "description") throw new Error(`the keyword ${keyword} is not known to this test`);
        return [];
    }
  });
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}
