import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PropertyValue } from "../../src/base/property-value.ts";
import type { CatalogArtifact, CatalogModel } from "../../src/catalog/entries/entry.ts";
import { type Choice, defaultChoice, recommended } from "../../src/catalog/performance/recommend.ts";
import { compileFilter, compileIndexedFilter } from "../../src/catalog/search/compile-filter.ts";
import { modelFilterFields } from "../../src/catalog/search/filter-fields.ts";
import { ModelColumns } from "../../src/catalog/search/model-columns.ts";
import { cases } from "../support/cases.ts";

type Value = string | number | boolean;

/** A condition, and the tree that conditions make, as a test writes them. */
interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly values: readonly Value[];
}
type Tree = Condition | { readonly and: readonly Tree[] } | { readonly or: readonly Tree[] } | { readonly not: Tree };

const words = ["a", "b", "ab", "B", "%"];
const word = fc.constantFrom(...words);
const number = fc.constantFrom(0, 1, 2, 1.5);
const property = fc.oneof(
  word.map((value): PropertyValue => ({ metadataType: "MetadataStringValue", string_value: value })),
  fc
    .integer({ min: 0, max: 2 })
    .map((value): PropertyValue => ({ metadataType: "MetadataIntValue", int_value: String(value) })),
  number.map((value): PropertyValue => ({ metadataType: "MetadataDoubleValue", double_value: value })),
  fc.boolean().map((value): PropertyValue => ({ metadataType: "MetadataBoolValue", bool_value: value })),
);
const properties = fc.dictionary(fc.constantFrom("p", "q"), property, { maxKeys: 2 });

const artifact = properties.map(
  (customProperties): CatalogArtifact => ({
    id: "1",
    artifactType: "metrics-artifact",
    metricsType: "performance-metrics",
    customProperties,
  }),
);
const model = fc
  .record({
    name: word,
    license: fc.option(word, { nil: undefined }),
    tasks: fc.option(fc.array(word, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    customProperties: properties,
    artifacts: fc.array(artifact, { maxLength: 3 }),
  })
  .map(
    ({ license, tasks, ...others }): CatalogModel => ({
      ...others,
      id: "1",
      sourceId: "s",
      ...(license === undefined ? {} : { license }),
      ...(tasks === undefined ? {} : { tasks }),
    }),
  );

const value = fc.oneof(word, number, fc.boolean());
const condition: fc.Arbitrary<Condition> = fc
  .record({
    field: fc.constantFrom("name", "license", "tasks", "p", "q", "artifacts.p", "artifacts.q"),
    operator: fc.constantFrom("=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "IS NULL"),
    values: fc.array(value, { minLength: 1, maxLength: 2 }),
    text: word,
  })
  .map(({ field, operator, values, text }) => {
    if (operator === "LIKE" || operator === "ILIKE") return { field, operator, values: [text] };
    const [first] = values as [Value];
    const isOrder = /[<>]/.test(operator);
    return {
      field,
      operator,
      values: operator === "IN" ? values : [isOrder && typeof first === "boolean" ? text : first],
    };
  });
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    condition,
    fc.record({ and: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie("tree"), { minLength: 2, maxLength: 3 }) }),
    fc.record({ not: tie("tree") }),
  ),
})).tree;

function textOf(node: Tree): string {
  if ("and" in node) return `(${node.and.map(textOf).join(" AND ")})`;
  if ("or" in node) return `(${node.or.map(textOf).join(" OR ")})`;
  if ("not" in node) return `NOT (${textOf(node.not)})`;
  const literal = (one: Value): string => (typeof one === "string" ? `"${one}"` : String(one));
  const { field, operator, values } = node;
  if (operator === "IS NULL") return `${field} IS NULL`;
  return `${field} ${operator} ${operator === "IN" ? `(${values.map(literal).join(",")})` : literal(values[0]!)}`;
}

/** The rule, as slowly as it is said: conditions on artifacts that are joined by AND hold of one and the same. */
function holds(node: Tree, of: CatalogModel): boolean {
  if ("or" in node) return node.or.some((term) => holds(term, of));
  if ("not" in node) return !holds(node.not, of);
  const terms = flat(node);
  const own = terms.filter((term) => !isOfArtifact(term));
  const shared = terms.filter(isOfArtifact) as Condition[];
  const ownHold = own.every((term) => ("field" in term ? fits(term, valuesOf(of, term.field)) : holds(term, of)));
  if (!ownHold) return false;
  if (shared.length === 0) return true;
  return of.artifacts.some((one) =>
    shared.every((term) => fits(term, propertyOf(one.customProperties, term.field.slice("artifacts.".length)))),
  );
}

const flat = (node: Tree): readonly Tree[] => ("and" in node ? node.and.flatMap(flat) : [node]);
const isOfArtifact = (node: Tree): boolean => "field" in node && node.field.startsWith("artifacts.");

function valuesOf(of: CatalogModel, field: string): readonly Value[] | Value | undefined {
  if (field === "p" || field === "q") return propertyOf(of.customProperties, field);
  return of[field as "name" | "license" | "tasks"];
}

function propertyOf(all: CatalogModel["customProperties"], name: string): Value | undefined {
  const found = all[name];
  if (found === undefined) return undefined;
  if (found.metadataType === "MetadataStringValue") return found.string_value;
  if (found.metadataType === "MetadataBoolValue") return found.bool_value;
  return found.metadataType === "MetadataDoubleValue"
    ? found.double_value
    : Number((found as { int_value: string }).int_value);
}

function fits({ operator, values }: Condition, found: readonly Value[] | Value | undefined): boolean {
  if (operator === "IS NULL" || found === undefined) return operator === "IS NULL" && found === undefined;
  const [first] = values as [Value];
  if (Array.isArray(found) && operator === "!=") return !found.some((one) => one === first);
  const all = Array.isArray(found) ? found : [found as Value];
  return all.some((one) => {
    if (operator === "IN") return values.some((wanted) => one === wanted);
    if (typeof one !== typeof first) return false;
    if (operator === "=") return one === first;
    if (operator === "!=") return one !== first;
    if (operator === "<") return one < first;
    if (operator === "<=") return one <= first;
    if (operator === ">") return one > first;
    if (operator === ">=") return one >= first;
    const text = String(one);
    const pattern = String(first);
    return operator === "LIKE" ? like(text, pattern) : like(text.toLowerCase(), pattern.toLowerCase());
  });
}

const like = (text: string, pattern: string): boolean => pattern === "%" || text === pattern;

describe("filters of the catalog", () => {
  it("mean what a naive evaluation says, over 2,000 generated ones, with and without an index", async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.array(model, { minLength: 5, maxLength: 5 }), async (node, models) => {
        const expected = models.map((one) => holds(node, one));
        const filter = textOf(node);
        // Entries themselves are asked where nothing is said of artifacts.
        if (!filter.includes("artifacts.")) {
          expect(models.map(compileFilter(filter, modelFilterFields))).toEqual(expected);
        }
        const indexed = await compileIndexedFilter(filter, new ModelColumns(models));
        expect(models.map((_, row) => indexed.matches(row))).toEqual(expected);
      }),
      { numRuns: cases(2000) },
    );
  });

  it("mean the same of a property with thousands of different values", async () => {
    const models = Array.from(
      { length: 3000 },
      (_, i): CatalogModel => ({
        ...{ id: String(i), sourceId: "s", name: `model-${i}`, tasks: [`task-${i % 3}`] },
        customProperties: { n: { metadataType: "MetadataDoubleValue", double_value: i % 1500 } },
        artifacts: [],
      }),
    );
    const filter = 'name LIKE "%7" AND n < 100 AND tasks != "task-1"';
    const expected = models.flatMap((_, i) => (i % 10 === 7 && i % 1500 < 100 && i % 3 !== 1 ? [i] : []));
    const { matches } = await compileIndexedFilter(filter, new ModelColumns(models));
    expect(models.flatMap((_, row) => (matches(row) ? [row] : []))).toEqual(expected);
  });
});

describe("recommendations", () => {
  const measured = fc.record({
    hardware: fc.constantFrom("H100", "A100", "L4"),
    count: fc.integer({ min: 1, max: 4 }),
    rps: fc.constantFrom(0.5, 1, 2.5, 7),
    latency: fc.integer({ min: 40, max: 300 }),
  });

  it("are those of the rule, done naively", () => {
    fc.assert(
      fc.property(fc.array(measured, { maxLength: 12 }), fc.integer({ min: 0, max: 30 }), (list, targetRps) => {
        const artifacts = list.map(
          ({ hardware, count, rps, latency }, i): CatalogArtifact => ({
            id: String(i + 10),
            artifactType: "metrics-artifact",
            metricsType: "performance-metrics",
            customProperties: {
              hardware_type: { metadataType: "MetadataStringValue", string_value: hardware },
              hardware_count: { metadataType: "MetadataIntValue", int_value: String(count) },
              requests_per_second: { metadataType: "MetadataDoubleValue", double_value: rps },
              ttft_p90: { metadataType: "MetadataDoubleValue", double_value: latency },
            },
          }),
        );
        const choice: Choice = { ...defaultChoice, targetRps };
        const costed = list.map(({ hardware, count, rps, latency }, i) => ({
          id: String(i + 10),
          hardware,
          latency,
          cost: count * Math.ceil(Math.max(targetRps, 1) / rps),
        }));
        // Of each hardware: what no other beats or equals in latency without costing more, the first of equals.
        const frontier = costed.filter(
          (one) =>
            !costed.some(
              (other) =>
                other.hardware === one.hardware &&
                other.id !== one.id &&
                other.latency <= one.latency &&
                other.cost <= one.cost &&
                (other.latency < one.latency || other.cost < one.cost || other.id < one.id),
            ),
        );
        frontier.sort((a, b) => a.cost - b.cost || a.latency - b.latency || (a.id < b.id ? -1 : 1));
        const kept: string[] = [];
        let last = Number.POSITIVE_INFINITY;
        for (const { id, latency } of frontier) {
          if (last !== Number.POSITIVE_INFINITY && !(latency < last * (last <= 100 ? 0.9 : 0.95))) continue;
          kept.push(id);
          last = latency;
        }
        expect(recommended(artifacts, choice).map(({ id }) => id)).toEqual(kept);
      }),
      { numRuns: cases(500) },
    );
  });
});
