import { expect, it } from "vitest";
import { readJsonRequest } from "../../../src/api/lean/lean-json.ts";
import { outOfTurn } from "../../../src/base/in-slices.ts";
import type { CheckedRequest } from "../../../src/predict/checked-request.ts";
import { tensorRequest, tensorRequestInSlices } from "../../../src/predict/transcode/packed-tensor.ts";

const shapes = [[1], [5], [3000], [1, 5], [1000, 3], [3, 2000], [2, 3, 4], [20, 30, 40], [2, 1, 3, 1, 2]];

const valuesOf = (shape: readonly number[]): number[] =>
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 4 - 7);

/** The values as lists in lists. */
function nested(values: readonly number[], [size, ...rest]: readonly number[]): unknown[] {
  if (rest.length === 0) return [...values];
  const step = values.length / size!;
  return Array.from({ length: size! }, (_, i) => nested(values.slice(i * step, (i + 1) * step), rest));
}

const packed = (values: readonly number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
const parsed = ({ body }: CheckedRequest): unknown => JSON.parse(Buffer.from(body).toString());

/** What comes of work that gives way, and how often it did. */
function inTurns<T>(work: () => T): { readonly result: T; readonly turns: number } {
  for (let turns = 1; ; turns++) {
    try {
      return { result: work(), turns };
    } catch (error) {
      if (error !== outOfTurn) throw error;
    }
  }
}

it.each(shapes.map((shape) => [shape]))("a tensor of shape %j becomes lists in lists, also in slices", (shape) => {
  const values = valuesOf(shape);
  const expected = { instances: nested(values, shape) };
  const whole = tensorRequest(packed(values), shape);
  expect(parsed(whole)).toEqual(expected);
  for (const size of [1, 100]) {
    const { result } = inTurns(tensorRequestInSlices(packed(values), shape, size));
    expect(Buffer.from(result.body).equals(whole.body)).toBe(true);
    expect(result.instanceCount).toBe(shape[0]);
  }
});

it.each([
  ["one row", [1, 200_000]],
  ["many rows", [100_000, 2]],
  ["rows in rows", [500, 200, 2]],
])("200,000 numbers in %s are not written in one turn", (_title, shape) => {
  expect(inTurns(tensorRequestInSlices(packed(valuesOf(shape)), shape)).turns).toBeGreaterThan(10);
});

it.each([
  ["before", (shape: string, values: string) => `{"name":"m","tensor":{"shape":${shape},"values":${values}}}`],
  ["behind", (shape: string, values: string) => `{"tensor":{"values":${values},"shape":${shape}},"name":"m"}`],
])("a long tensor in JSON whose shape stands %s its values is read in turns", async (_title, textOf) => {
  const shape = [50_000, 2];
  const values = valuesOf(shape);
  const text = Buffer.from(textOf(JSON.stringify(shape), JSON.stringify(values)));
  const reading = readJsonRequest(text, 64, () => undefined);
  expect(reading).toBeInstanceOf(Promise);
  const { name, form, body } = await reading;
  expect({ name, form }).toEqual({ name: "m", form: "tensor" });
  expect(parsed(body as CheckedRequest)).toEqual({ instances: nested(values, shape) });
});

it("a long tensor of short numbers holds no more memory than its text takes", () => {
  const values = new Float64Array(500_000).fill(1);
  const { body } = tensorRequest(new Uint8Array(values.buffer), [500, 1000]);
  const bytes = body as Uint8Array;
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({ instances: nested([...values], [500, 1000]) });
  expect(bytes.buffer.byteLength - bytes.byteLength).toBeLessThanOrEqual(1024 * 1024);
});
