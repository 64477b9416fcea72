import { JsonScanner } from "../../predict/json/json-scanner.ts";
import { openPredictions } from "./tensors-to-predictions.ts";

const comma = Buffer.from(",");
const closing = Buffer.from("]");
/** The bodies have been written here. */
const anyDepth = 10_000;

/**
 * One body of the predictions of several, in their order. What the first says besides them is kept.
 *
 * @param bodies as `predictionsBody` writes them, at least one
 */
export function joinPredictions(bodies: readonly Uint8Array[]): Buffer {
  const lists = bodies.map((body) => {
    const start = openPredictions.byteLength;
    const end = new JsonScanner(body, anyDepth, { isUtf8: true }).value(start, 0);
    return { items: body.subarray(start + 1, end - 1), rest: body.subarray(end) };
  });
  const items = lists.flatMap((list, i) => (i === 0 ? [list.items] : [comma, list.items]));
  return Buffer.concat([openPredictions, Buffer.from("["), ...items, closing, lists[0]!.rest]);
}
