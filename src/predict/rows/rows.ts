import type { Slices } from "../../base/in-slices.ts";
import type { NumberRanges } from "./number-ranges.ts";

/**
 * The rows of a request, in the form that they came in: JSON text, a google.protobuf.ListValue, a Tensor. Each form has
 * its own way to look at numbers where they lie, which costs little more than passing over them.
 */
export interface Rows {
  /**
   * Whether all rows, looked at in slices, are lists of numbers that fit what a model declares. Where they are not, the full check
   * (`InstanceChecker`) says what is wrong, if anything is.
   */
  fit(ranges: NumberRanges): Slices<boolean>;
}
