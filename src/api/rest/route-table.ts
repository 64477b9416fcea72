import { valueUnder } from "../../base/value-under.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { HttpError } from "../http-message.ts";
import { type Route, type RouteMethod, routeMethods } from "./route.ts";

/** A route, prepared once for matching. */
export interface CompiledRoute extends Route {
  /** Its name in logs and metrics. */
  readonly label: string;
  /** The query parameters that it takes. */
  readonly query: readonly string[];
  /** The parameters of its path, in order. */
  readonly pathParameters: readonly string[];
}

/** The route of a request, and the values in its path. */
export interface FoundRoute {
  readonly route: CompiledRoute;
  /** By the names of the path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** One segment of paths. */
interface Node {
  readonly literals: Map<string, Node>;
  /** For any segment. */
  parameter: Node | undefined;
  /** For one or more segments. */
  several: Node | undefined;
  /** For a segment that ends with `:verb`. */
  readonly verbs: Map<string, Node>;
  readonly routes: Map<RouteMethod, CompiledRoute>;
}

/** The node that a path leads to, and the values of its parameters in order. */
interface Match {
  readonly node: Node;
  readonly values: readonly string[];
  /** The routes found there so far, by method, so that a cached path is only parsed once. */
  readonly found: Map<string, FoundRoute>;
}

/** How many paths are cached, and how long they may be, whatever callers request. */
const maxKept = 1000;
const maxKeptLength = 200;

const verbPattern = /^(.*?)(?::|%3[Aa])(.*)$/;

/** All routes, matched segment by segment: a literal segment takes precedence over a parameter. */
export class RouteTable {
  readonly #root = createNode();
  /** The most recently requested paths: most calls use one of a few. */
  readonly #found = new Map<string, Match>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /**
   * @param path without its query
   * @throws HttpError 404, 405
   * @throws RegistryError INVALID_REQUEST for a parameter that is not valid percent-encoding
   */
  find(method: string, path: string): FoundRoute {
    const found = this.#found.get(path) ?? this.#search(path);
    if (found === undefined) {
      throw new HttpError(404, "there is no such path; /openapi.json lists the paths");
    }
    const known = found.found.get(method);
    if (known !== undefined) return known;
    const { node, values } = found;
    const route = node.routes.get((method === "HEAD" ? "GET" : method) as RouteMethod);
    if (route === undefined) {
      const allowed = allowedMethods([...node.routes.keys()]);
      const allow = { allow: allowed.join(", ") };
      throw new HttpError(405, `${method} is not allowed here; use ${allowed.join(" or ")}`, allow);
    }
    const params: Record<string, string> = {};
    for (let i = 0; i < values.length; i++) {
      const name = route.pathParameters[i]!;
      params[name] = decode(name, values[i]!);
    }
    const asked = { route, params };
    found.found.set(method, asked);
    return asked;
  }

  #search(path: string): Match | undefined {
    const found = this.#match(path) ?? this.#matchWithoutSlash(path);
    if (found === undefined || path.length > maxKeptLength) return found;
    if (this.#found.size >= maxKept) this.#found.clear();
    this.#found.set(path, found);
    return found;
  }

  #match(path: string): Match | undefined {
    const values: string[] = [];
    const node = walk(this.#root, path.split("/"), 1, values);
    return node === undefined ? undefined : { node, values, found: new Map() };
  }

  /** KServe servers and probes accept a trailing slash; the registry's own routes do not. */
  #matchWithoutSlash(path: string): Match | undefined {
    if (!path.endsWith("/") || path.endsWith("//")) return undefined;
    const found = this.#match(path.slice(0, -1));
    return found !== undefined && [...found.node.routes.values()].every(takesSlash) ? found : undefined;
  }

  #add(route: Route): void {
    const pathParameters: string[] = [];
    let node = this.#root;
    for (const segment of route.path.split("/").slice(1)) {
      const [, name, plus, verb] = /^\{(\w+)(\+?)\}(?::(\w+))?$/.exec(segment) ?? [];
      if (name === undefined) {
        node = valueUnder(node.literals, segment, createNode);
        continue;
      }
      pathParameters.push(name);
      if (plus === "+") node = node.several ??= createNode();
      else if (verb === undefined) node = node.parameter ??= createNode();
      else node = valueUnder(node.verbs, verb, createNode);
    }
    if (node.routes.has(route.method)) throw new Error(`${route.method} ${route.path} stands twice in the table`);
    const query = (route.operation.parameters ?? []).filter((one) => one.in === "query").map(({ name }) => name);
    node.routes.set(route.method, { ...route, label: `${route.method} ${route.path}`, query, pathParameters });
  }
}

function takesSlash({ style }: Route): boolean {
  return style === "kserve" || style === "probe";
}

/** Whether a route ignores query parameters that it does not know. */
export function isLenient({ style }: Route): boolean {
  return style !== "registry";
}

/** The methods that a path with these routes answers, in the order of the table of methods. */
export function allowedMethods(methods: readonly RouteMethod[]): string[] {
  return routeMethods
    .filter((method) => methods.includes(method))
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

function createNode(): Node {
  return { literals: new Map(), parameter: undefined, several: undefined, verbs: new Map(), routes: new Map() };
}

/** The node with routes that the segments from `at` on lead to. Adds the values of parameters on the way. */
function walk(node: Node, segments: readonly string[], at: number, values: string[]): Node | undefined {
  if (at === segments.length) return node.routes.size > 0 ? node : undefined;
  const segment = segments[at]!;
  const literal = node.literals.get(segment);
  const found = literal === undefined ? undefined : walk(literal, segments, at + 1, values);
  if (found !== undefined || segment === "") return found;
  const [next, value] = parameterOf(node, segment);
  if (next === undefined) return walkSeveral(node, segments, at, values);
  values.push(value);
  const end = walk(next, segments, at + 1, values);
  if (end === undefined) values.pop();
  return end;
}

/** How many segments one parameter takes at most. */
const maxSegments = 16;

/** The same where a parameter takes several segments: as few as lead to a route. */
function walkSeveral(node: Node, segments: readonly string[], at: number, values: string[]): Node | undefined {
  if (node.several === undefined) return undefined;
  for (let to = at + 1; to <= segments.length && to - at <= maxSegments && segments[to - 1] !== ""; to++) {
    values.push(segments.slice(at, to).join("/"));
    const end = walk(node.several, segments, to, values);
    if (end !== undefined) return end;
    values.pop();
  }
  return undefined;
}

/** Where there are verbs, a colon separates the value from the verb. */
function parameterOf(node: Node, segment: string): readonly [Node | undefined, string] {
  const [, value = "", verb] = (node.verbs.size > 0 && verbPattern.exec(segment)) || [];
  if (verb !== undefined) return [value === "" ? undefined : node.verbs.get(verb), value];
  return [node.parameter, segment];
}

function decode(name: string, segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidField(name, "is not valid percent-encoding");
  }
}
