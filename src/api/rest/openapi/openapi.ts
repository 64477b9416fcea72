import pkg from "../../../../package.json" with { type: "json" };
import type { Route, RouteFamily, RouteMethod } from "../route.ts";
import { allowedMethods } from "../route-table.ts";
import { headers } from "./answers.ts";
import type { OpenapiDocument, Operation, PathItem } from "./document.ts";
import { errorRefs, errorResponses, otherMethod } from "./error-answers.ts";
import { requestIdParameter } from "./parameters.ts";
import { schemas } from "./schemas.ts";

const description = `The REST surfaces of kserve-model-registry: the registered models, predictions, and the face of a
KServe v1 server. The same calls are served as gRPC, gRPC-Web and Connect on the same port, from
\`proto/kserve/registry/v1\`.

- Every GET also answers HEAD, with the headers alone.
- Below /api, query parameters that are not listed are refused with 400; the KServe v1 surface and the probes pass
  over them, and over a slash at the end. A listed one that is given twice is refused everywhere.
- Every error is \`{"error": "..."}\`. A request that is not HTTP, or whose head is larger than 16 KiB or takes longer
  than 10 seconds, is answered by the HTTP server beneath with 400, 431 or 408 and no body.
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
    servers: [{ url: "/", description: "The server that this document came from." }],
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
