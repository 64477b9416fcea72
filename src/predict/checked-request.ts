import type { AssertWanted } from "../base/in-slices.ts";
import type { RowsInBody } from "../registry/ports.ts";
import type { Rows } from "./rows/rows.ts";

/** A KServe v1 request that has been checked. */
export interface CheckedRequest {
  /** The request as it goes to the model. */
  readonly body: Uint8Array;
  /** How many instances there are, at least 1. */
  readonly instanceCount: number;
  /** The rows in the form in which they were sent, where they can be read from it. */
  readonly rows?: Rows | undefined;
  /** Their position in the body, where it is known. */
  readonly rowsInBody?: RowsInBody | undefined;
}

export interface RequestLimits {
  readonly maxJsonDepth: number;
  /** How many values its text may hold, where they are not rows of numbers. Default: no limit but the size. */
  readonly maxTextValues?: number;
}

/** How a request is checked. */
export interface RequestCheck extends RequestLimits {
  /** Whether `RowsInBody.numbers` is needed, which says that rows are lists of equally many numbers. Default: false. */
  readonly notesNumbers?: boolean;
  readonly assertWanted?: AssertWanted | undefined;
}
