/** A literal of a filter. `text` of a number is as written, so that ids keep their digits. */
export type FilterValue =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "boolean"; readonly value: boolean }
  /** Written without a fraction or an exponent. */
  | { readonly type: "integer"; readonly value: bigint }
  /** Finite. */
  | { readonly type: "decimal"; readonly value: number };

/** The type that a suffix such as `.double_value` forces; with one, the name is that of a custom property. */
export type FilterSuffix = "string_value" | "int_value" | "double_value" | "bool_value";

/** What a comparison looks at. */
export interface FilterProperty {
  readonly name: string;
  readonly suffix: FilterSuffix | undefined;
  /** Where it starts in the filter, in characters from 0. */
  readonly position: number;
}

export type ComparisonOperator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE";

/** A parsed filter. A comparison with a property that is not set is false; NOT of it is true. */
export type FilterNode =
  | { readonly node: "and" | "or"; readonly terms: readonly FilterNode[] }
  | { readonly node: "not"; readonly term: FilterNode }
  | {
      readonly node: "compare";
      readonly property: FilterProperty;
      readonly operator: ComparisonOperator;
      readonly value: FilterValue;
    }
  | { readonly node: "in"; readonly property: FilterProperty; readonly values: readonly FilterValue[] }
  | { readonly node: "isNull"; readonly property: FilterProperty };

/** Why a filter cannot be used. The message says what was expected and found, and where. */
export class FilterError extends Error {
  readonly problem: "syntax" | "type" | "limit";
  /** Where in the filter, in UTF-16 units from 0; undefined when it is the whole. */
  readonly position: number | undefined;

  constructor(problem: FilterError["problem"], message: string, position?: number) {
    super(position === undefined ? message : `at character ${position + 1}: ${message}`);
    this.name = "FilterError";
    this.problem = problem;
    this.position = position;
  }
}
