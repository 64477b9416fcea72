/**
 * What is wrong with a message or a tensor in it. Whose fault it is depends on who sent it: a caller's is its bad request, a
 * model server's is a bad answer.
 */
export class TensorProblem extends Error {
  /** Where, as a path: `inputs[0].shape`, `instances[3].iops`. */
  readonly field: string;
  /** What is wrong there, and what is expected. */
  readonly description: string;

  constructor(field: string, description: string) {
    super(`${field}: ${description}`);
    this.name = "TensorProblem";
    this.field = field;
    this.description = description;
  }
}

/** An element that its datatype does not take. Who knows where it stands makes a TensorProblem of it. */
export class ElementProblem extends Error {}
