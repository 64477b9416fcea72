/**
 * A problem of a message or of a tensor in it. It is the sender's fault: from a caller it is an invalid request, from a
 * model server an invalid answer.
 */
export class TensorProblem extends Error {
  /** Where, as a path: `inputs[0].shape`, `instances[3].iops`. */
  readonly field: string;
  /** The problem, and what is expected. */
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
