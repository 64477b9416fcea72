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
