import type { PackageRoots } from "../../contract/file-options.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";
import type { ModelKey, ModelRef } from "../../registry/model-key.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StoreStatus } from "../../versions/ports.ts";
import type { BodyLimits } from "../body-limits.ts";
import type { Call } from "../call.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { MetricFormat } from "../metrics/exposition.ts";
import type { AnswerContent } from "../shared-answer.ts";

/** What the REST surfaces need of the rest. */
export interface RestDeps extends BodyLimits {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (key: ModelKey, maxAgeMs: number) => Promise<void>;
  /** Aborts when the server begins to stop; open watches then end. */
  readonly stopping: AbortSignal;
  /** Why the server is not ready; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
  /** The state of the database of the registry of versions. Undefined: there is none. */
  readonly databaseStatus?: (() => StoreStatus) | undefined;
  /** The metrics, in a format of Prometheus. */
  readonly metrics: (format: MetricFormat, response: HttpResponse) => Promise<AnswerContent>;
  /** Counts the bytes of bodies. */
  readonly memory: MemoryBudget;
  /** What the packages of typed contracts begin with in each language. */
  readonly packageRoots?: PackageRoots;
}

/** One request on a route, with all that its handler may need. */
export interface RestContext extends RestDeps {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly call: Call;
  readonly query: URLSearchParams;
  /** The parameters of the path by name, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** What `/openapi.json` says. */
  readonly openapi: () => Uint8Array;
}

/** The model that a path names: by its bare name, or below its namespace. */
export function refOf({ name = "", namespace }: Readonly<Record<string, string>>): ModelRef {
  return { name, namespace };
}
