import pkg from "../../../../package.json" with { type: "json" };
import type { Route, RouteFamily, RouteMethod } from "../route.ts";
import { allowedMethods } from "../route-table.ts";
import { headers } from "./answers.ts";
import type { OpenapiDocument, Operation, PathItem } from "./document.ts";
import { errorRefs, errorResponses, otherMethod } from "./error-answers.ts";
import { requestIdParameter } from "./parameters.ts";
import { schemas } from "./schemas.ts";

const description = `The REST APIs of kserve-model-registry: the registered models and their predictions, also as a KServe v1
and v2 server, and the registry of versions and the catalog, if they are on. The same calls are served over gRPC, gRPC-Web
and Connect on the same port, as described in \`proto/\`.

- Every GET path also supports HEAD, which returns only the headers.
- Below /api/v1, unknown query parameters are rejected with 400. Elsewhere they are ignored; the KServe APIs and the
  probes also ignore a trailing slash. Below /api/v1 and in the KServe APIs, a parameter may not be repeated.
- An error is \`{"error": "..."}\`, except where another schema is given. That includes requests that are not HTTP (400),
  or whose head is larger than 16 KiB (431) or takes longer than 10 seconds (408).
- With \`CORS_ALLOWED_ORIGINS\`, preflight requests are answered with 204.`;

/** What `/openapi.json` says: every route of some families, with all it takes and answers. */
export function openapiOf(families: readonly RouteFamily[]): OpenapiDocument {
  const byPath = Map.groupBy(
    families.flatMap(({ routes, tag }) => routes.map((route) => ({ route, tag: tag.name }))),
    ({ route }) => route.path,
  );
  const otherMethods = new Map([...byPath.values()].map((routes) => otherMethodOf(routes.map(({ route }) => route))));
  return {
    openapi: "3.1.1",
    info: {
      title: pkg.name,
      version: pkg.version,
      summary: pkg.description,
      description,
      license: { name: "Apache License 2.0", identifier: pkg.license },
    },
    servers: [{ url: "/", description: "The server that returned this document." }],
    tags: families.map(({ tag }) => tag),
    paths: Object.fromEntries(
      [...byPath].map(([path, routes]) => {
        const [name] = otherMethodOf(routes.map(({ route }) => route));
        const item = routes.map(({ route, tag }) => [route.method.toLowerCase(), operationOf(route, tag, name)]);
        return [path.replaceAll("+}", "}"), Object.fromEntries(item) as PathItem];
      }),
    ),
    components: {
      schemas: Object.assign({}, schemas, ...families.map((family) => family.schemas)),
      headers,
      responses: Object.assign(
        { ...errorResponses, ...Object.fromEntries(otherMethods) },
        ...families.map((family) => family.responses),
      ),
    },
  };
}

function operationOf({ operation }: Route, tag: string, otherMethodName: string): Operation {
  const { operationId, summary, description: about, parameters = [], requestBody, responses } = operation;
  return {
    operationId,
    tags: [tag],
    summary,
    ...(about === undefined ? {} : { description: about }),
    parameters: [...parameters, requestIdParameter],
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: {
      ...responses,
      ...errorRefs("InternalError", "NotKnown"),
      "405": { $ref: `#/components/responses/${otherMethodName}` },
    },
  };
}

/** The answer to a method that none of the routes of a path has, and its name. */
function otherMethodOf(routes: readonly Route[]): readonly [string, ReturnType<typeof otherMethod>] {
  const methods: RouteMethod[] = routes.map(({ method }) => method);
  const allowed = allowedMethods(methods);
  const name = allowed.filter((method) => method !== "HEAD").map((method) => method[0] + method.slice(1).toLowerCase());
  return [`Only${name.join("")}`, otherMethod(allowed)];
}
