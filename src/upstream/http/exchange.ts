import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder } from "../../registry/bytes-holder.ts";
import type { MemoryBudget } from "../../registry/memory-budget.ts";

/** One HTTP request to a model server. */
export interface ExchangeRequest {
  readonly path: string;
  readonly method: "GET" | "POST";
  /** Names in lower case and values, alternately. */
  readonly headers: readonly string[];
  /** Further headers in an array that many requests share: it is validated and encoded once. Default: none. */
  readonly constantHeaders?: readonly string[];
  readonly body: Uint8Array | null;
  readonly maxResponseBytes: number;
  readonly cancellation: Cancellation<Error>;
  /** Closes the connection after the answer. Default: false. */
  readonly closes?: boolean;
  /** Where the bytes of the answer are counted, and for which call. Default: nowhere. */
  readonly memory?: MemoryBudget;
  readonly holder?: BytesHolder | undefined;
}

/** One HTTP answer, read to its end. */
export interface ExchangeResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Where a redirect leads. */
  readonly location: string | undefined;
  /** How many bytes of the body are JSON (`inference-header-content-length`); undefined where it does not say. */
  readonly jsonBytes?: number | undefined;
  readonly body: Uint8Array;
}

/** A request that got no answer. */
export class ExchangeFailure extends Error {
  /** Whether the request cannot have been processed, so that it may be sent again. */
  readonly unprocessed: boolean;
  declare readonly cause: Error;

  constructor(cause: Error, unprocessed: boolean) {
    super(cause.message, { cause });
    this.name = "ExchangeFailure";
    this.unprocessed = unprocessed;
  }
}
