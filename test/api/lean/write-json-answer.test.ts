import { toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PredictResponseSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { writeJsonAnswer } from "../../../src/api/lean/write-json-answer.ts";
import { predictionResponse } from "../../../src/api/rpc/predict-messages.ts";
import type { ScannedAnswer } from "../../../src/predict/answer-body.ts";
import { maxMessageDepth } from "../../../src/predict/transcode/message-depth.ts";
import { writePredictResponseInSlices } from "../../../src/predict/transcode/write-predict-response.ts";
import type { RegisteredModel } from "../../../src/registry/model.ts";
import { scanAnswer } from "../../support/at-once.ts";
import { cases } from "../../support/cases.ts";

type Form = "instances" | "tensor";
const model = { name: "m" } as RegisteredModel;
const words = { name: model.name, version: "" };

/** @param others further members, each with a comma before it */
function answerOf(predictions: string, others = ""): ScannedAnswer {
  const text = Buffer.from(`{"predictions":${predictions}${others}}`);
  return scanAnswer(text, { count: undefined, keys: ["predictions"], problem: undefined }, 64);
}

/** An answer as it is written, or the reason of the error. */
async function outcome(write: () => unknown): Promise<unknown> {
  try {
    return await write();
  } catch (error) {
    return (error as { reason?: string }).reason ?? error;
  }
}

function generally(answer: ScannedAnswer, form: Form): unknown {
  return JSON.parse(
    JSON.stringify(toJson(PredictResponseSchema, predictionResponse({ model, answer, attempts: 1 }, form))),
  );
}

async function written(answer: ScannedAnswer, form: Form, bytesAtOnce?: number): Promise<unknown> {
  const bytes = await writeJsonAnswer(words, answer, form, bytesAtOnce);
  return bytes === undefined ? generally(answer, form) : JSON.parse(Buffer.from(bytes).toString());
}

const leaf = fc.oneof(
  fc.constantFrom("null", "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e5", "-0.5", "true", '"N\\"aN"', '"I"'),
  fc.integer().map(String),
);
const value = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[ ${items.join(" , ")}]`),
    fc.tuple(tie("value"), tie("value")).map(([a, b]) => `{"a":${a},"Nb": ${b}}`),
  ),
})).value;

const others = fc.array(fc.tuple(fc.constantFrom("x", "1", "model_name", '\\"'), value), { maxLength: 3 });

describe("predictions in Connect's JSON, in slices of any size, are the same as by way of messages", () => {
  it.each<Form>(["instances", "tensor"])("as %s", async (form) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 4 }),
        others,
        fc.integer({ min: 1, max: 20 }),
        async (items, more, size) => {
          const answer = answerOf(`[${items}]`, more.map(([name, member]) => `,"${name}":${member}`).join(""));
          const expected = await outcome(() => generally(answer, form));
          expect(await outcome(() => written(answer, form, size))).toEqual(expected);
          expect(await outcome(() => written(answer, form))).toEqual(expected);
        },
      ),
      { numRuns: cases(1000) },
    );
  });

  it("where they are nested as deep as messages may be, or deeper", async () => {
    for (let depth = 0; depth < 62; depth++) {
      for (const [open, close] of [
        ["[", "]"],
        ['{"a":', "}"],
      ] as const) {
        const answer = answerOf(`[${open.repeat(depth)}NaN${close.repeat(depth)}]`);
        const expected = await outcome(() => generally(answer, "instances"));
        expect(await outcome(() => written(answer, "instances", 3))).toEqual(expected);
        const levels = 1 + 2 + depth * (open === "[" ? 2 : 3);
        expect(expected === "MODEL_BAD_ANSWER").toBe(levels > maxMessageDepth);
      }
    }
  });
});

it.each([
  ["instances", "NaN"],
  ["instances", '{"a":-Infinity}'],
  ["tensor", "null"],
  ["tensor", "[1,NaN]"],
] as const)("many predictions are written in more than one turn, as %s of %s", async (form, prediction) => {
  const writing = writeJsonAnswer(words, answerOf(`[${`${prediction},`.repeat(20_000)}${prediction}]`), form);
  expect(writing).toBeInstanceOf(Promise);
  expect((await writing)!.byteLength).toBeGreaterThan(100_000);
  expect(writeJsonAnswer(words, answerOf(`[${prediction}]`), form)).toBeInstanceOf(Uint8Array);
});

it.each(["instances", "tensor"] as const)(
  "many other members are written in more than one turn, as %s",
  async (form) => {
    const members = Array.from({ length: 20_000 }, (_, i) => `,"x${i}":[${i}]`).join("");
    const answer = answerOf("[1]", members);
    const writings = [writeJsonAnswer(words, answer, form), writePredictResponseInSlices(words, answer, form)];
    for (const writing of writings) {
      expect(writing).toBeInstanceOf(Promise);
      expect((await writing)!.byteLength).toBeGreaterThan(200_000);
    }
  },
);

it.each(["[[1", '{"a":[1'])("one long prediction %s,1... becomes messages in more than one turn", async (open) => {
  const close = open === "[[1" ? "]]" : "]}";
  const writing = writePredictResponseInSlices(words, answerOf(`${open}${",1".repeat(100_000)}${close}`), "instances");
  expect(writing).toBeInstanceOf(Promise);
  expect((await writing).byteLength).toBeGreaterThan(1_000_000);
});
