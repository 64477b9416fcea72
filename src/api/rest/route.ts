import type { Operation, Parameter, Response, Schema } from "./openapi/document.ts";
import type { RestContext } from "./rest-context.ts";

export const routeMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type RouteMethod = (typeof routeMethods)[number];

/**
 * Whose conventions a route follows. `registry`: unknown query parameters are refused. `kserve`: errors are worded as
 * by a KServe server. `kserve` and `probe`: unknown query parameters and a trailing slash are ignored, as KServe
 * servers and probes do. `kubeflow`: query parameters are ignored as well, also repeated ones, and errors are worded as
 * by Kubeflow's registry.
 */
export type RouteStyle = "registry" | "kserve" | "probe" | "kubeflow";

/** What the OpenAPI document says about a route, besides what all routes share: request ids, 401, 405 and 500. */
export interface RouteOperation extends Pick<Operation, "operationId" | "summary" | "description" | "requestBody"> {
  /** Of the path, the query and the headers. The query parameters among them are those that the route takes. */
  readonly parameters?: readonly Parameter[];
  /** The answers, by status. */
  readonly responses: Operation["responses"];
}

/** A REST route, completely described. */
export interface Route {
  readonly method: RouteMethod;
  /**
   * Segments, some of them `{parameter}`; the last one may be `{parameter}:verb`. `{parameter+}` matches several
   * segments, as few as lead to a route.
   */
  readonly path: string;
  readonly style: RouteStyle;
  readonly operation: RouteOperation;
  /** Whether the bytes of the answer already count for its call, as those of a model's answer do. Default: false. */
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
