import {
  type ComparisonOperator,
  FilterError,
  type FilterNode,
  type FilterProperty,
  type FilterSuffix,
  type FilterValue,
} from "./filter-tree.ts";
import { type Token, tokenize } from "./lexer.ts";

/** The limits of a filter. One beyond them is refused before a database sees it. */
export const filterLimits = {
  /** Characters. */
  length: 65_536,
  /** Comparisons in all. */
  comparisons: 100,
  /** Parentheses and NOTs within each other. */
  depth: 50,
  /** Values of one IN. */
  values: 1000,
  /** Characters of a LIKE pattern from its first `%` or `_` on: they may be compared at each position of a text. */
  pattern: 256,
} as const;

const suffixes: ReadonlySet<string> = new Set<FilterSuffix>([
  "string_value",
  "int_value",
  "double_value",
  "bool_value",
]);
const operators: Readonly<Record<string, ComparisonOperator>> = {
  "=": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  LIKE: "LIKE",
  ILIKE: "ILIKE",
};
const keywords: ReadonlySet<string> = new Set(["AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL"]);

/**
 * Parses a filter such as `name LIKE "disk%" AND (accuracy > 0.9 OR NOT stage = "test")`. Keywords may be in any case;
 * AND binds before OR; `--` starts a comment. Undefined for a filter without a term. Throws a `FilterError`.
 */
export function parseFilter(filter: string): FilterNode | undefined {
  if (filter.length > filterLimits.length) {
    throw new FilterError(
      "limit",
      `a filter has at most ${filterLimits.length} characters; this one has ${filter.length}`,
    );
  }
  const tokens = tokenize(filter);
  return tokens[0]!.type === "end" ? undefined : new Parser(tokens).parse();
}

function assertShort(pattern: string, operator: string, position: number): void {
  const start = pattern.search(/[%_]/);
  if (start < 0 || pattern.length - start <= filterLimits.pattern) return;
  const message = `${operator} takes at most ${filterLimits.pattern} characters from the first % or _ on; this has ${pattern.length - start}`;
  throw new FilterError("limit", message, position);
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): FilterNode {
    const node = this.#or();
    if (this.#peek().type !== "end") throw this.#unexpected("AND, OR or the end");
    return node;
  }

  #or(): FilterNode {
    return this.#joined("or", "OR", () => this.#joined("and", "AND", () => this.#term()));
  }

  #joined(node: "and" | "or", keyword: string, part: () => FilterNode): FilterNode {
    const terms = [part()];
    while (this.#takeWord(keyword)) terms.push(part());
    return terms.length === 1 ? terms[0]! : { node, terms };
  }

  #term(): FilterNode {
    if (this.#takeWord("NOT")) return this.#deeper(() => ({ node: "not", term: this.#term() }));
    if (!this.#takeSymbol("(")) return this.#comparison();
    return this.#deeper(() => {
      const node = this.#or();
      if (!this.#takeSymbol(")")) throw this.#unexpected("AND, OR or )");
      return node;
    });
  }

  #deeper(parse: () => FilterNode): FilterNode {
    this.#depth++;
    if (this.#depth > filterLimits.depth) {
      throw new FilterError("limit", `nested more than ${filterLimits.depth} deep`, this.#peek().position);
    }
    const node = parse();
    this.#depth--;
    return node;
  }

  #comparison(): FilterNode {
    this.#comparisons++;
    if (this.#comparisons > filterLimits.comparisons) {
      const message = `a filter has at most ${filterLimits.comparisons} comparisons`;
      throw new FilterError("limit", message, this.#peek().position);
    }
    const property = this.#property();
    if (this.#takeWord("IS")) return this.#isNull(property);
    const negated = this.#takeWord("NOT");
    const node = this.#takeWord("IN") ? this.#in(property) : this.#compare(property, negated);
    return negated ? { node: "not", term: node } : node;
  }

  #isNull(property: FilterProperty): FilterNode {
    const negated = this.#takeWord("NOT");
    if (!this.#takeWord("NULL")) throw this.#unexpected("NULL or NOT NULL");
    return negated ? { node: "not", term: { node: "isNull", property } } : { node: "isNull", property };
  }

  #in(property: FilterProperty): FilterNode {
    if (!this.#takeSymbol("(")) throw this.#unexpected("( after IN");
    const values: FilterValue[] = [];
    if (this.#takeSymbol(")")) return { node: "in", property, values };
    do {
      if (values.length === filterLimits.values) {
        throw new FilterError("limit", `IN takes at most ${filterLimits.values} values`, this.#peek().position);
      }
      values.push(this.#value());
    } while (this.#takeSymbol(","));
    if (!this.#takeSymbol(")")) throw this.#unexpected(", or )");
    return { node: "in", property, values };
  }

  #compare(property: FilterProperty, negated: boolean): FilterNode {
    const token = this.#peek();
    const operator = token.type === "symbol" || token.type === "word" ? operators[token.text.toUpperCase()] : undefined;
    const pattern = operator === "LIKE" || operator === "ILIKE";
    if (operator === undefined || (negated && !pattern)) {
      throw this.#unexpected(negated ? "IN, LIKE or ILIKE" : "one of = != < <= > >= LIKE ILIKE IN IS");
    }
    this.#next++;
    const { position } = this.#peek();
    const value = this.#value();
    if (pattern && value.type !== "string")
      throw new FilterError("type", `${operator} takes a text in quotes`, position);
    if (pattern && value.type === "string") assertShort(value.value, operator, position);
    if (value.type === "boolean" && operator !== "=" && operator !== "!=") {
      throw new FilterError("type", `${operator} does not take true or false; only = and != do`, position);
    }
    return { node: "compare", property, operator, value };
  }

  #property(): FilterProperty {
    const { position } = this.#peek();
    const parts = [this.#namePart()];
    let dotted = false;
    while (this.#takeSymbol(".")) {
      parts.push(this.#namePart());
      dotted = true;
    }
    const suffix = dotted && suffixes.has(parts.at(-1)!) ? (parts.pop() as FilterSuffix) : undefined;
    return { name: parts.join("."), suffix, position };
  }

  #namePart(): string {
    const token = this.#peek();
    if (token.type === "name" || (token.type === "word" && !keywords.has(token.text.toUpperCase()))) {
      this.#next++;
      return token.text;
    }
    throw this.#unexpected("the name of a field or property");
  }

  #value(): FilterValue {
    const token = this.#peek();
    const value = literal(token);
    if (value === undefined) throw this.#unexpected("a text in quotes, a number, true or false");
    this.#next++;
    return value;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #takeWord(keyword: string): boolean {
    return this.#take(this.#peek().type === "word" && this.#peek().text.toUpperCase() === keyword);
  }

  #takeSymbol(symbol: string): boolean {
    return this.#take(this.#peek().type === "symbol" && this.#peek().text === symbol);
  }

  #take(found: boolean): boolean {
    if (found) this.#next++;
    return found;
  }

  #unexpected(expected: string): FilterError {
    const { type, text, position } = this.#peek();
    const found = type === "end" ? "the end" : type === "string" ? "a text" : text.slice(0, 40);
    return new FilterError("syntax", `expected ${expected}; found ${found}`, position);
  }
}

function literal({ type, text, position }: Token): FilterValue | undefined {
  if (type === "string") return { type: "string", value: text };
  if (type === "word" && /^(true|false)$/i.test(text)) return { type: "boolean", value: text.toLowerCase() === "true" };
  if (type !== "number") return undefined;
  if (/^[+-]?\d{1,30}$/.test(text)) return { type: "integer", value: BigInt(text.replace("+", "")) };
  const value = Number(text);
  if (Number.isFinite(value) && text.length <= 400) return { type: "decimal", value };
  throw new FilterError("type", "the number is too large", position);
}
