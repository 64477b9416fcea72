import { describe, expect, it } from "vitest";
import { finishAtOnce } from "../../src/base/in-slices.ts";
import { readRestMessage } from "../../src/tensors/rest/read-message.ts";
import { AlikeAnswers } from "../../src/tensors/rows/alike-answers.ts";
import { type PredictionsBody, predictionsBody } from "../../src/tensors/rows/tensors-to-predictions.ts";

interface Answer {
  readonly id: string;
  readonly text: string;
  readonly count?: number;
}

/** Reads an answer, and notes it. */
function read(answers: AlikeAnswers, { id, text, count = 2 }: Answer): PredictionsBody {
  const body = Buffer.from(text);
  const message = { form: "rest", body, jsonBytes: undefined } as const;
  const { tensors: outputs, ...said } = finishAtOnce(readRestMessage(message, "outputs", { maxDepth: 64 }));
  const made = finishAtOnce(predictionsBody({ ...said, outputs }, count, [], Number.MAX_SAFE_INTEGER));
  answers.note(body, id, count, outputs[0]!.data, made);
  return made;
}

/** What is known of an answer once another one has been noted. */
function known(noted: Answer, { id, text, count = 2 }: Answer): PredictionsBody | undefined {
  const answers = new AlikeAnswers();
  read(answers, noted);
  return answers.predictionsOf(Buffer.from(text), id, count);
}

const answer = (id: string, data: string, version = ""): Answer => ({
  id,
  text: `{"model_name":"é","id":"${id}"${version},"outputs":[{"name":"o","datatype":"FP64","shape":[2],"data":${data}}]}`,
});
const ofTriton = (id: string, data: string): Answer => ({
  id,
  text: `{"outputs":[{"data": ${data},"name":"o","datatype":"FP32","shape":[2,1]}],"model_version":"1"}`,
});

describe("answers that are alike", () => {
  it.each<[string, Answer, Answer]>([
    ["with other numbers", answer("a", "[1,2]"), answer("a", "[-3.25, 4e2]")],
    ["with another id", answer("a1-b", "[1,2]"), answer("other", "[1,2]")],
    ["with a version", answer("a", "[1,2]", ',"model_version":"3"'), answer("b", "[10,20]", ',"model_version":"3"')],
    ["that say no id, and their version at the end", ofTriton("a", "[1,2]"), ofTriton("b", "[ 10 , 20 ]")],
    ["with an id that is not a name, which they do not say", ofTriton('"', "[1,2]"), ofTriton(":", "[3,4]")],
  ])("are known without being read: %s", (_title, noted, next) => {
    const found = known(noted, next);
    expect(found).toEqual(read(new AlikeAnswers(), next));
    expect(found!.bytes.toString()).toBe(read(new AlikeAnswers(), next).bytes.toString());
  });

  it.each<[string, Answer, Answer]>([
    ["more numbers than the shape takes", answer("a", "[1,2]"), answer("a", "[1,2,3]")],
    ["for another number of rows", answer("a", "[1,2]"), { ...answer("a", "[1,2]"), count: 1 }],
    ["with the id of another request", answer("a", "[1,2]"), { ...answer("b", "[1,2]"), id: "c" }],
    ["with an id that is not a name", answer(":", "[1,2]"), answer(",", "[1,2]")],
    ["with an id that ends the text", answer("a", "[1,2]"), { ...answer('x","y":"z', "[1,2]") }],
    ["of another version", answer("a", "[1,2]", ',"model_version":"3"'), answer("a", "[1,2]", ',"model_version":"4"')],
    ["with texts", answer("a", "[1,2]"), answer("a", '["1","2"]')],
    ["with lists of their own", answer("a", "[1,2]"), answer("a", "[[1],[2]]")],
    ["with lists within lists without end", answer("a", "[1,2]"), answer("a", "[".repeat(9000))],
    ["with a missing number", answer("a", "[1,2]"), answer("a", "[null,2]")],
    ["with numbers that no double holds", answer("a", "[1,2]"), answer("a", "[1e999,2]")],
    ["with a bare word", answer("a", "[1,2]"), answer("a", "[NaN,2]")],
    ["with elements that are not a list", answer("a", "[1,2]"), answer("a", "12")],
    ["with broken elements", answer("a", "[1,2]"), answer("a", "[1,2")],
    ["with more members behind the elements", answer("a", "[1,2]"), answer("a", '[1,2],"data":[1,2]')],
    ["cut short", answer("a", "[1,2]"), { id: "a", text: answer("a", "[1,2]").text.slice(0, -1) }],
    ["empty", answer("a", "[1,2]"), { id: "a", text: "" }],
  ])("are none that are %s", (_title, noted, next) => {
    expect(known(noted, next)).toBeUndefined();
  });

  it.each<[string, string]>([
    ["parameters", `{"parameters":{"a":1},"outputs":[{"name":"o","datatype":"FP64","shape":[2],"data":[1,2]}]}`],
    ["long texts", `{"x":"${"x".repeat(3000)}","outputs":[{"name":"o","datatype":"FP64","shape":[2],"data":[1,2]}]}`],
  ])("are not kept with %s", (_title, text) => {
    expect(known({ id: "a", text }, { id: "a", text })).toBeUndefined();
  });
});
