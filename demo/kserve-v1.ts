/** A model that can be served. */
export interface DemoModel {
  /** One prediction per instance, any JSON. What it throws is answered with HTTP 500, in its words. */
  predict(instances: unknown[]): unknown[];
  /** Whether the model is loaded. Default: true. */
  readonly ready?: boolean;
}

/** What of a request matters to the protocols. */
export interface HttpQuestion {
  readonly method: string;
  readonly url: URL;
  /** The header, as it came. */
  readonly contentType: string | undefined;
  /** The whole body, in UTF-8 where it is JSON. */
  readonly body: Uint8Array;
  /** How many bytes of it are JSON (`inference-header-content-length`), where blocks of tensors follow. */
  readonly jsonBytes?: number | undefined;
}

/** The answer to a request. */
export interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Sent as JSON; NaN and infinities become `null`. Left out: no body. */
  readonly body?: unknown;
  /** Where to ask instead, for a redirect. */
  readonly location?: string;
}

/** Models by the name in their path. */
export type Models = Readonly<Record<string, DemoModel>>;

const JSON_CONTENT_TYPES = new Set(["application/json", "application/ld+json"]);

/** Answers a request in KServe's v1 protocol with the statuses and the words of KServe's Python server. */
export function answer(models: Models, request: HttpQuestion): HttpAnswer {
  const path = decodePath(request.url.pathname);
  if (path === "/") return onlyFor("GET", request, () => ({ status: 200, body: { status: "alive" } }));
  if (path === "/v1/models") {
    return onlyFor("GET", request, () => ({ status: 200, body: { models: Object.keys(models) } }));
  }
  if (/^\/v1\/models\/([^/]*\/)?$/.test(path)) {
    const target = new URL(request.url);
    target.pathname = target.pathname.replace(/\/$/, "");
    return { status: 307, location: target.href };
  }
  const [, rest] = /^\/v1\/models\/([^/]+)$/.exec(path) ?? [];
  if (rest === undefined) return { status: 404, body: { detail: "Not Found" } };
  const [, name, verb] = /^(.+):(predict|explain)$/.exec(rest) ?? [];
  if (request.method !== "POST" || name === undefined) {
    // A GET takes the whole of `name:predict` for the name of a model.
    return onlyFor("GET", request, () =>
      withModel(models, rest, () => ({ status: 200, body: { name: rest, ready: true } })),
    );
  }
  return withModel(models, name, (model) => {
    return verb === "predict" ? predict(model, request) : failure(501, "Could not find explainer_host.");
  });
}

function predict(model: DemoModel, { contentType, body }: HttpQuestion): HttpAnswer {
  // Any other content type, even one with a charset, leaves the body unread; the model then trips over raw bytes.
  if (contentType !== undefined && !JSON_CONTENT_TYPES.has(contentType)) {
    return failure(500, "byte indices must be integers or slices, not str");
  }
  let payload: unknown;
  try {
    payload = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    return failure(400, `Unrecognized request format: ${message(error)}`);
  }
  if (payload === null) return failure(500, "'NoneType' object is not subscriptable");
  if (Array.isArray(payload)) return failure(500, "list indices must be integers or slices, not str");
  if (typeof payload !== "object") return failure(500, `'${typeof payload}' object is not subscriptable`);
  if (!("instances" in payload)) return failure(500, "'instances'");
  if (!Array.isArray(payload.instances)) return failure(400, 'Expected "instances" to be a list');
  try {
    return { status: 200, body: { predictions: model.predict(payload.instances) } };
  } catch (error) {
    return failure(500, message(error));
  }
}

/** Uses a model that is there and loaded; 404 and 503 else. */
export function withModel(models: Models, name: string, use: (model: DemoModel) => HttpAnswer): HttpAnswer {
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model === undefined) return failure(404, `Model with name ${name} does not exist.`);
  if (model.ready === false) return failure(503, `Model with name ${name} is not ready.`);
  return use(model);
}

/** Responds to one method alone; 405 to any other. */
export function onlyFor(method: string, request: HttpQuestion, respond: () => HttpAnswer): HttpAnswer {
  return request.method === method ? respond() : { status: 405, body: { detail: "Method Not Allowed" } };
}

/** An answer with what went wrong, as KServe has it. */
export function failure(status: number, error: string): HttpAnswer {
  return { status, body: { error } };
}

/** The words of what was thrown. */
export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Decodes before splitting, as KServe's server does: `%3A` is a colon, and `a%2Fb` is two segments. */
export function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
