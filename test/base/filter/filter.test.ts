import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareText, type FilterScalar } from "../../../src/base/filter/compare.ts";
import { likeMatcher, likeParts, likeWalker } from "../../../src/base/filter/like-matcher.ts";
import { filterLimits, parseFilter } from "../../../src/base/filter/parse-filter.ts";
import { cases } from "../../support/cases.ts";
import { evaluateFilter } from "../../support/evaluate-filter.ts";

const matchesLike = (text: string, pattern: string): boolean => likeWalker(likeParts(pattern))(text);

const values: Readonly<Record<string, FilterScalar>> = {
  name: "fraud",
  state: "LIVE",
  accuracy: 0.97,
  id: 7n,
  approved: true,
  "mlflow.source.type": "notebook",
  "custom-metric": 1,
  quote: `o'brien "x" \\`,
  percent: "50% off_",
  ärger: "É",
};

function holds(filter: string): boolean {
  const tree = parseFilter(filter);
  return tree === undefined || evaluateFilter(tree, ({ name }) => values[name]);
}

describe("a filter", () => {
  it.each([
    [`name = "fraud"`, true],
    [`name != 'fraud'`, false],
    [`name <> 'fraud'`, false],
    [`name LIKE "%rau%"`, true],
    [`name LIKE "%RAU%"`, false],
    [`name ILIKE "%RAU%"`, true],
    [`name in ("a", 'fraud')`, true],
    ["name IN ()", false],
    ["id IN (7, 8)", true],
    ["id = 7.0", true],
    ["accuracy > 0.95 AND accuracy < 1e0", true],
    ["accuracy >= 1", false],
    ["approved = true", true],
    ["approved != TRUE", false],
    ['`mlflow.source.type` = "notebook"', true],
    ['mlflow.source.type = "notebook"', true],
    ["`custom-metric` > .8", true],
    ['name = "x" OR name = "fraud" AND accuracy > 2', false],
    ['(name = "x" OR name = "fraud") AND accuracy > 0', true],
    ["NOT accuracy > 2", true],
    ["NOT missing = 1", true],
    ["missing != 1", false],
    ["missing IS NULL AND name IS NOT NULL", true],
    ["name NOT IN ('a') AND name NOT LIKE 'a%'", true],
    ["name = 5", false],
    ["approved = 'true'", false],
    [`quote = 'o\\'brien "x" \\\\'`, true],
    [`quote = "o'brien \\"x\\" \\\\"`, true],
    [String.raw`percent LIKE "50\% off\_"`, true],
    [String.raw`percent LIKE "50\% off\_\_"`, false],
    [`name = "fraud" -- AND no more`, true],
    ["  -- nothing\n ", true],
    ["`ärger` ILIKE 'é'", true],
    [`name >= "frauc" AND name < "frauda"`, true],
  ])("%s is %s", (filter, expected) => {
    expect(holds(filter)).toBe(expected);
  });

  it.each([
    ["name =", "at character 7: expected a text in quotes, a number, true or false; found the end"],
    ['name "x"', "at character 6: expected one of = != < <= > >= LIKE ILIKE IN IS; found a text"],
    ['(name = "x"', "at character 12: expected AND, OR or ); found the end"],
    ['name === "x"', "at character 7: expected a text in quotes, a number, true or false; found ="],
    ['name = "x', 'at character 8: the text has no closing "'],
    ["name = 'x'' OR", "at character 11: the text has no closing '"],
    ["name = x", "at character 8: expected a text in quotes, a number, true or false; found x"],
    ["name = 1x", "at character 8: not a number"],
    ["name LIKE 1", "at character 11: LIKE takes a text in quotes"],
    ["approved > true", "at character 12: > does not take true or false; only = and != do"],
    ["a = 1 b = 2", "at character 7: expected AND, OR or the end; found b"],
    ["a = 1 AND", "at character 10: expected the name of a field or property; found the end"],
    ["`` = 1", "at character 1: the name has no closing `, or is empty"],
    ["a IS 5", "at character 6: expected NULL or NOT NULL; found 5"],
    ["a NOT = 5", "at character 7: expected IN, LIKE or ILIKE; found ="],
    ["a IN 5", "at character 6: expected ( after IN; found 5"],
    ["a IN (1", "at character 8: expected , or ); found the end"],
    ["a = 1; DROP TABLE x", 'at character 6: unexpected ";"'],
    ["a = 1e999", "at character 5: the number is too large"],
    ["a. = 1", "at character 4: expected the name of a field or property; found ="],
    ["💥 = 1", 'at character 1: unexpected "💥"'],
  ])("%s is refused: %s", (filter, message) => {
    expect(() => parseFilter(filter)).toThrow(expect.objectContaining({ name: "FilterError", message }));
  });

  it.each([
    ["length", `a = "${"x".repeat(filterLimits.length)}"`, /at most 65536 characters/],
    [
      "comparisons",
      Array(filterLimits.comparisons + 1)
        .fill("a = 1")
        .join(" OR "),
      /at most 100 comparisons/,
    ],
    ["depth of parentheses", "(".repeat(1000), /nested more than 50 deep/],
    ["depth of NOT", `${"NOT ".repeat(1000)}a = 1`, /nested more than 50 deep/],
    [
      "values of IN",
      `a IN (${Array(filterLimits.values + 1)
        .fill("1")
        .join(",")})`,
      /at most 1000 values/,
    ],
  ])("is refused above its limit of %s", (_, filter, message) => {
    expect(() => parseFilter(filter)).toThrow(message);
  });

  it("may be as large as its limits", () => {
    expect(parseFilter(Array(filterLimits.comparisons).fill("a = 1").join(" OR "))).toBeDefined();
    expect(parseFilter(`${"(".repeat(filterLimits.depth)}a = 1${")".repeat(filterLimits.depth)}`)).toBeDefined();
  });

  it("keeps the digits of whole numbers, and the suffix that forces a type", () => {
    expect(parseFilter("`a.b`.int_value = 9223372036854775807")).toEqual({
      node: "compare",
      property: { name: "a.b", suffix: "int_value", position: 0 },
      operator: "=",
      value: { type: "integer", value: 9223372036854775807n },
    });
    expect(parseFilter("int_value = 1")).toMatchObject({ property: { name: "int_value", suffix: undefined } });
  });
});

describe("a pattern", () => {
  it.each([
    ["", "", true],
    ["", "%", true],
    ["a", "", false],
    ["abc", "a%c", true],
    ["ac", "a_c", false],
    ["a💥c", "a_c", true],
    ["aXbXc", "%X%X%", true],
    ["a\\b", "a\\b", true],
    ["a\\", "a\\", true],
    ["a\\b", "a\\\\b", true],
    ["any", "one", false],
  ])("%j LIKE %j is %s", (text, pattern, expected) => {
    expect(matchesLike(text, pattern)).toBe(expected);
  });

  it("made ready for many texts matches what a walk along them matches", () => {
    const part = fc.constantFrom("%", "_", "a", "b", "ab", "\\%", "💥");
    const both = fc.tuple(
      fc.array(part, { maxLength: 6 }),
      fc.array(fc.constantFrom("a", "b", "%", "💥"), { maxLength: 8 }),
    );
    fc.assert(
      fc.property(both, ([parts, texts]) => {
        const [pattern, text] = [parts.join(""), texts.join("")];
        expect(likeMatcher(pattern)(text)).toBe(matchesLike(text, pattern));
      }),
      { numRuns: cases(2000) },
    );
  });

  it("a walk matches what a regular expression matches", () => {
    const part = fc.constantFrom("%", "_", "a", "b", "ab", "ba", "💥");
    const texts = fc.array(fc.constantFrom("a", "b", "ab", "💥"), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), texts, (parts, text) => {
        const expected = new RegExp(`^${parts.join("").replaceAll("%", ".*").replaceAll("_", ".")}$`, "su");
        expect(matchesLike(text.join(""), parts.join(""))).toBe(expected.test(text.join("")));
      }),
      { numRuns: cases(5000) },
    );
  });

  it("compares no character that is not given", () => {
    const started = performance.now();
    const text = "all the words of a readme ".repeat(40_000);
    expect(matchesLike(text, `%${"_".repeat(200)}q`)).toBe(false);
    expect(matchesLike(text, "%_e%_o%_t%_q1%_%")).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("takes no exponential time", () => {
    expect(matchesLike("a".repeat(5000), `${"%a".repeat(50)}%b`)).toBe(false);
  });
});

it("orders texts by code points", () => {
  const texts = ["", "a", "aa", "b", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}"];
  const shuffled = [...texts].reverse();
  expect(shuffled.sort(compareText)).toEqual(texts);
  expect(shuffled.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(texts);
});
