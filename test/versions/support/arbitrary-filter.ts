import * as fc from "fast-check";

/** Texts that records have and filters ask for, so that they meet. */
export const texts = [
  "pytorch",
  "PyTorch",
  "sklearn",
  "it's",
  'a "b"',
  "100%",
  "a_b",
  "",
  "ÉCLAIR",
  "éclair",
  "💥",
  "z".repeat(300),
];
export const numbers = ["0", "1", "-1", "2", "0.5", "-2147483648", "1e3", "0.1", "1e-300"];
/** Keys of properties. Records hold values of different types under the same key. */
export const keys = ["stage", "score", "name x", "mlflow.source.type", "état", "flag"];

const quoted = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
const text = fc.constantFrom(...texts).map(quoted);
const number = fc.constantFrom(...numbers);
const pattern = fc
  .array(
    fc.oneof(
      fc.constantFrom("%", "_", "\\%", "\\_"),
      fc.constantFrom(...texts).map((one) => one.slice(0, 3)),
    ),
    { maxLength: 4 },
  )
  .map((parts) => quoted(parts.join("")));
const order = fc.constantFrom("=", "!=", "<>", "<", "<=", ">", ">=");
const equality = fc.constantFrom("=", "!=");
const like = fc.constantFrom("LIKE", "ILIKE");

const key = fc.constantFrom(...keys).map((one) => (/^[a-z]+$/.test(one) ? one : `\`${one}\``));
const words = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(" "));
const list = (item: fc.Arbitrary<string>) => fc.array(item, { maxLength: 4 }).map((items) => `(${items.join(", ")})`);
const textTest = (name: fc.Arbitrary<string>) =>
  fc.oneof(words(name, order, text), words(name, like, pattern), words(name, fc.constant("IN"), list(text)));
const numberTest = (name: fc.Arbitrary<string>) =>
  fc.oneof(words(name, order, number), words(name, fc.constant("IN"), list(number)));

const comparison = fc.oneof(
  textTest(key),
  numberTest(key),
  words(key, equality, fc.constantFrom("true", "false")),
  textTest(fc.constantFrom("name", "author", "description")),
  textTest(fc.constant("state")),
  numberTest(fc.constantFrom("createTimeSinceEpoch", "lastUpdateTimeSinceEpoch")),
  textTest(key.map((one) => `${one}.string_value`)),
  numberTest(key.map((one) => `${one}.int_value`)),
  numberTest(key.map((one) => `${one}.double_value`)),
  words(key, fc.constantFrom("IS NULL", "IS NOT NULL")),
  words(fc.constantFrom("author", "description", "externalId"), fc.constantFrom("IS NULL", "IS NOT NULL")),
);

/** Filters of any shape, over the texts, numbers and keys above. */
export const arbitraryFilter: fc.Arbitrary<string> = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    comparison,
    words(tie("filter"), fc.constant("AND"), tie("filter")),
    words(tie("filter"), fc.constant("OR"), tie("filter")),
    tie("filter").map((one) => `NOT (${one})`),
    tie("filter").map((one) => `(${one})`),
  ),
})).filter;
