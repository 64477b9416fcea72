import { describe, expect, it } from "vitest";
import { inputsAsInstances } from "../../src/predict/inputs-as-instances.ts";

const adapted = (text: string): string => inputsAsInstances(Buffer.from(text), 64).toString();

describe("rows under inputs", () => {
  it.each([
    ['{"inputs": [[1,2]]}', '{"instances":[[1,2]]}'],
    ['{"inputs" : [[1.0, -0]], "parameters": {"a": 1}}', '{"instances":[[1.0, -0]], "parameters": {"a": 1}}'],
    ['{"id":"x","inputs":[]}', '{"id":"x","instances":[]}'],
  ])("of %s are its instances", (text, expected) => {
    expect(adapted(text)).toBe(expected);
  });

  it.each([
    '{"instances": [[1]], "inputs": [[2]]}',
    '{"inputs": {"a": [1]}}',
    '{"inputs": 5}',
    '{"parameters": {"inputs": [[1]]}}',
    '{"inputs": [[1,2]',
    '[{"inputs": [[1]]}]',
    "{}",
    "",
  ])("are not taken from %s", (text) => {
    expect(adapted(text)).toBe(text);
  });
});
