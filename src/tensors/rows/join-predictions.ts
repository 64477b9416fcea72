import type { PredictionsBody } from "./tensors-to-predictions.ts";

const comma = Buffer.from(",");

/** One body of the predictions of several, at least one, in their order. What the first says besides them is kept. */
export function joinPredictions(bodies: readonly PredictionsBody[]): Buffer {
  const [{ bytes, items }] = bodies as readonly [PredictionsBody];
  const lists = bodies.flatMap((body, i) => {
    const list = body.bytes.subarray(body.items.start, body.items.end);
    return i === 0 ? [list] : [comma, list];
  });
  return Buffer.concat([bytes.subarray(0, items.start), ...lists, bytes.subarray(items.end)]);
}
