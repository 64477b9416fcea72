import fc from "fast-check";
import { expect, it } from "vitest";
import { writeJsonAnswer } from "../../../src/api/lean/write-json-answer.ts";
import { finishAtOnce } from "../../../src/base/in-slices.ts";
import { JsonScanner } from "../../../src/predict/json/json-scanner.ts";
import { flatNumber, flattenNumbers } from "../../../src/predict/transcode/flatten-numbers.ts";
import { writePredictResponseInSlices } from "../../../src/predict/transcode/write-predict-response.ts";
import { scanAnswer } from "../../support/at-once.ts";
import { cases } from "../../support/cases.ts";
import { countSlices } from "../../support/count-slices.ts";

/** The shape of an array and its numbers, found by a tree; undefined for what is not a rectangular array of numbers. `null` is NaN. */
function expected(value: unknown): { shape: number[]; numbers: number[] } | undefined {
  if (value === null) return { shape: [], numbers: [Number.NaN] };
  if (typeof value === "number") return { shape: [], numbers: [value] };
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items = value.map(expected);
  const shape = JSON.stringify(items[0]?.shape);
  if (items.some((item) => item === undefined || JSON.stringify(item.shape) !== shape)) return undefined;
  return { shape: [value.length, ...items[0]!.shape], numbers: items.flatMap((item) => item!.numbers) };
}

function flattened(text: string): { shape: number[]; numbers: number[] } | undefined {
  const scanner = new JsonScanner(Buffer.from(`  ${text}`), 64);
  const numbers: number[] = [];
  const shape = finishAtOnce(
    flattenNumbers(scanner.bytes, 2, (at) => {
      numbers.push(flatNumber(scanner, at));
      return scanner.numberEnd;
    }),
  );
  return shape && { shape: [...shape], numbers };
}

const item = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -9, max: 9 }) },
  fc.constantFrom(1.5, 1e30, null, "a", {}),
);
const lists = fc.letrec((tie) => ({
  list: fc.array(fc.oneof({ maxDepth: 4 }, item, tie("list")), { maxLength: 3 }),
})).list;
const rectangles = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
  .map((shape) => shape.reduceRight<unknown>((inner, size) => Array(size).fill(inner), 0.5));

it("finds the shape and the numbers of rectangular arrays, and of nothing else", () => {
  fc.assert(
    fc.property(fc.oneof(lists, rectangles), fc.constantFrom(0, 1), (value, indent) => {
      expect(flattened(JSON.stringify(value, undefined, indent))).toEqual(expected(value));
    }),
    { numRuns: cases(3000) },
  );
});

it.each([
  "[]",
  "[[]]",
  "[[],[]]",
  "[[1],[]]",
  "[[],[1]]",
  "[1,[2]]",
  "[[1],2]",
  "[[[1]],[2]]",
  "[[1],[[2]]]",
  "[[1,2],[3]]",
  "1",
])("finds nothing in %s", (text) => expect(flattened(text)).toBeUndefined());

it.each([
  ["numbers", "[1,2.5,-3e2]", { shape: ["3"], values: "[1,2.5,-3e2]" }],
  ["rows with white space", "[[1 , 2],\n[ 3,4 ]]", { shape: ["2", "2"], values: "[1,2,3,4]" }],
  [
    "what is not finite",
    "[null,NaN,-Infinity,1e999,1e5]",
    { shape: ["5"], values: '["NaN","NaN","-Infinity","Infinity",1e5]' },
  ],
])("%s are answered as a tensor in JSON, digit for digit", async (_title, predictions, { shape, values }) => {
  const bytes = Buffer.from(`{"predictions":${predictions}}`);
  const answer = scanAnswer(bytes, { count: undefined, keys: ["predictions"], problem: undefined }, 64);
  const written = Buffer.from((await writeJsonAnswer({ name: "m", version: "" }, answer, "tensor"))!).toString();
  expect(written).toBe(`{"tensor":{"shape":[${shape}],"values":${values}},"modelName":"m"}`);
});

it.each(["0.5", "[0.25,1]", "null", "[NaN,-Infinity]"])(
  "many predictions %s become a tensor in more than one turn",
  async (prediction) => {
    const bytes = Buffer.from(`{"predictions":[${`${prediction},`.repeat(99_999)}${prediction}]}`);
    const answer = scanAnswer(bytes, { count: undefined, keys: ["predictions"], problem: undefined }, 64);
    const { start } = answer.predictions;
    const walk = flattenNumbers(bytes, start, (at) => {
      let end = at;
      while (bytes[end] !== 0x2c && bytes[end] !== 0x5d) end++;
      return end;
    });
    expect(countSlices(walk).slices).toBeGreaterThan(40);
    const words = { name: "m", version: "" };
    const writings = [writeJsonAnswer(words, answer, "tensor"), writePredictResponseInSlices(words, answer, "tensor")];
    for (const writing of writings) expect(writing).toBeInstanceOf(Promise);
    for (const written of await Promise.all(writings)) expect(written!.byteLength).toBeGreaterThan(400_000);
  },
);
