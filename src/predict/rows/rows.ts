import type { Slices } from "../../base/in-slices.ts";
import type { NumberRanges } from "./number-ranges.ts";

/**
 * The rows of a request, in the form in which they were sent: JSON text, a google.protobuf.ListValue, a Tensor. Each
 * form reads its numbers in place, which costs little more than skipping them.
 */
export interface Rows {
  /**
   * Whether all rows are lists of numbers within ranges, checked in slices. Where they are not, the full check
   * (`InstanceChecker`) reports what is wrong, if anything is.
   */
  fit(ranges: NumberRanges): Slices<boolean>;
}
