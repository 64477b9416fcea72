import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { checkRequestInSlices } from "../../src/predict/check-request.ts";
import { featureSetOf } from "../../src/predict/rows/feature-set.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { RegistryError } from "../../src/registry/registry-error.ts";
import { checkRequest } from "../support/at-once.ts";

const features = ["disk_utilization", "iops", "disk_age_days"].map((name) => ({ name }));
const limits = { maxJsonDepth: 16 };

function check(text: string, inputFeatures: readonly unknown[] = [], inputFormat = "array") {
  const parsed = parseModelEntry({ name: "m", service: "m", type: "anomaly", inputFeatures, inputFormat }, "ns");
  if (parsed.entry === undefined) throw new Error(JSON.stringify(parsed.problems));
  const features = featureSetOf(parsed.entry);
  // Slices of a few bytes come to the same, good or bad.
  const inSlices = Promise.resolve().then(() => checkRequestInSlices(Buffer.from(text), features, limits, 5));
  try {
    const checked = checkRequest(Buffer.from(text), features, limits);
    slices.push(expect(inSlices).resolves.toEqual(checked));
    return checked;
  } catch (error) {
    slices.push(expect(inSlices).rejects.toEqual(error));
    throw error;
  }
}

/** What is expected of the same requests, read in slices. */
const slices: Promise<void>[] = [];
afterEach(async () => {
  await Promise.all(slices.splice(0));
});

function failure(run: () => unknown): RegistryError {
  try {
    run();
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("checkRequest", () => {
  it.each([
    ['{"instances":[[1,2]]}', 1],
    ['{ "instances" : [ [1] , {"a":"]"} , "x" , null ] }', 4],
    ['{"signature_name":"x","instances":[1,2,3]}', 3],
    ['{"inst\\u0061nces":[1]}', 1],
  ])("counts the instances of %s and leaves the bytes alone", (text, count) => {
    const checked = check(text);
    expect(checked.instanceCount).toBe(count);
    expect(Buffer.from(checked.body).toString()).toBe(text);
  });

  it.each<[string, string, number[] | undefined]>([
    ["rows of numbers", "[[1,2.5],[-3,4e2]]", [2, 2, Number.MAX_SAFE_INTEGER]],
    ["rows of one number", "[[1],[2],[3]]", [3, 1, Number.MAX_SAFE_INTEGER]],
    ["rows of another width", "[[1,2],[3]]", undefined],
    ["an integer that no double holds", "[[9007199254740993]]", undefined],
    ["a missing number", "[[1,null]]", undefined],
    ["empty rows", "[[]]", undefined],
    ["numbers without rows", "[1,2]", undefined],
    ["lists in rows", "[[[1]]]", undefined],
    ["rows by name", '[{"a":1}]', undefined],
  ])("notes where rows lie, and their numbers: %s", (_title, rows, expected) => {
    const text = `{"a":1, "instances": ${rows} }`;
    const noted = { ...limits, notesNumbers: true };
    const { start, end, count, numbers } = checkRequest(Buffer.from(text), undefined, noted).rowsInBody!;
    expect(text.slice(start, end)).toBe(rows);
    expect(numbers && [count, numbers.width, numbers.largest]).toEqual(expected);
    expect(check(text).rowsInBody).toEqual({ start, end, count, numbers: undefined, areAlone: false });
    expect(check(`{"instances":${rows}}`).rowsInBody?.areAlone).toBe(true);
  });

  it("notes how far from 0 the numbers of declared features may be, and nothing of rows that were written anew", () => {
    const bounded = [
      { name: "a", type: "number", min: -7, max: 5 },
      { name: "b", type: "integer", min: 0, max: 6 },
    ];
    expect(check('{"instances":[[1,2]]}', bounded).rowsInBody?.numbers).toEqual({ width: 2, largest: 7 });
    expect(check('{"instances":[{"b":2,"a":1}]}', bounded).rowsInBody).toBeUndefined();
  });

  it("leaves every digit as it was written", () => {
    const text = '{"instances":[[9007199254740993,1.10,1e400,-0]]}';
    expect(Buffer.from(check(text).body).toString()).toBe(text);
  });

  it.each([
    ["", "body", "not JSON: the text ends where a value is expected at byte 0"],
    ["[[1]]", "body", 'expected a JSON object {"instances": [...]}'],
    ["null", "body", 'expected a JSON object {"instances": [...]}'],
    ['{"instances":[1]', "body", "not JSON: the text ends where ',' or '}' is expected at byte 16"],
    ["{}", "instances", "missing; expected a list with one item per row"],
    ['{"instance":[1]}', "instances", "missing"],
    ['{"instances":[]}', "instances", "is empty; expected at least one row"],
    ['{"instances":{}}', "instances", "expected a list with one item per row"],
    ['{"instances":"x"}', "instances", "expected a list with one item per row"],
    ['{"instances":[1],"instances":[2]}', "instances", "is repeated"],
    ['{"a":1,"a":2,"instances":[2]}', "a", "is repeated"],
    [`{"instances":${"[".repeat(17)}${"]".repeat(17)}}`, "body", "nested deeper than 16"],
  ])("refuses %s", (text, field, description) => {
    const error = failure(() => check(text));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.violations).toEqual([{ field, description: expect.stringContaining(description) }]);
  });

  it.each([
    ["rows of another width", "[[1,2,3],[1,2]]", ["instances[1]"]],
    ["a row that is not a row", "[5]", ["instances[0]"]],
    ["a missing feature", '[{"iops":1,"disk_age_days":2}]', ["instances[0].disk_utilization"]],
    ["an unknown feature", '[{"disk_utilization":1,"iops":1,"disk_age_days":2,"x":3}]', ["instances[0].x"]],
    ["a repeated feature", '[{"disk_utilization":1,"iops":1,"iops":1,"disk_age_days":2}]', ["instances[0].iops"]],
    [
      "several at once",
      '[[1],{"iops":1,"disk_utilization":1,"disk_age":2}]',
      ["instances[0]", "instances[1].disk_age", "instances[1].disk_age_days"],
    ],
  ])("names %s, where features are declared", (_name, rows, fields) => {
    const error = failure(() => check(`{"instances":${rows}}`, features));
    expect(error.reason).toBe("INVALID_INSTANCE");
    expect(error.violations.map(({ field }) => field)).toEqual(fields);
    expect(error.message).toContain(fields[0]!);
  });

  it("names 20 wrong cells and counts the rest", () => {
    const error = failure(() => check(`{"instances":[${Array(50).fill("[1]").join(",")}]}`, features));
    expect(error.violations).toHaveLength(20);
    expect(error.violationCount).toBe(50);
    expect(error.message).toContain("and 49 more");
  });

  it("puts rows by name in the declared order, whatever order they come in, and keeps their digits", () => {
    const row = { disk_utilization: "91.20", iops: "9007199254740993", disk_age_days: "3.65e2" };
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.entries(row), { minLength: 3 }), fc.boolean(), (members, spaced) => {
        const space = spaced ? " \n" : "";
        const object = `{${space}${members.map(([k, v]) => `"${k}"${space}:${space}${v}`).join(`${space},${space}`)}}`;
        const { body } = check(`{"a":1,"instances":[[1,2,3],${object},[4,5,6]],"b":2}`, features);
        expect(Buffer.from(body).toString()).toBe(
          `{"a":1,"instances":[[1,2,3],[91.20,9007199254740993,3.65e2],[4,5,6]],"b":2}`,
        );
      }),
    );
  });
});
