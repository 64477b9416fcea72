import type { Operation, Parameter, Response, Schema } from "./openapi/document.ts";
import type { RestContext } from "./rest-context.ts";

export const routeMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type RouteMethod = (typeof routeMethods)[number];

/**
 * Whose manners a route has. `registry`: unknown query parameters are refused. `kserve`: errors in the words of a KServe
 * server. `kserve` and `probe`: query parameters that are not known and a slash at the end are passed over, as KServe
 * servers and probers have them. `kubeflow`: so are query parameters, also repeated ones, and errors are in the words of
 * Kubeflow's registry.
 */
export type RouteStyle = "registry" | "kserve" | "probe" | "kubeflow";

/** What the OpenAPI document says of a route, besides what every route has: request ids, 401, 405 and 500. */
export interface RouteOperation extends Pick<Operation, "operationId" | "summary" | "description" | "requestBody"> {
  /** Of the path, the query and the headers. The query parameters among them are those that the route takes. */
  readonly parameters?: readonly Parameter[];
  /** The answers, by status. */
  readonly responses: Operation["responses"];
}

/** One REST route: all there is to know of it. */
export interface Route {
  readonly method: RouteMethod;
  /**
   * Segments, some of them `{parameter}`; the last one may be `{parameter}:verb`. One that is `{parameter+}` takes
   * several, as few as lead to a route.
   */
  readonly path: string;
  readonly style: RouteStyle;
  readonly operation: RouteOperation;
  /** Whether the answer is of bytes that are counted for its call already, as those of a model are. Default: false. */
  readonly answerIsCounted?: boolean;
  readonly handle: (context: RestContext) => void | Promise<void>;
}

/** Routes that belong together, and what of the document they alone need. */
export interface RouteFamily {
  readonly tag: { readonly name: string; readonly description: string };
  readonly routes: readonly Route[];
  /** Component schemas of this family, by name. */
  readonly schemas?: Readonly<Record<string, Schema>>;
  /** Component responses of this family, by name. */
  readonly responses?: Readonly<Record<string, Response>>;
}
