/** Why an InferenceService is not linked, for an Event on it. */
export class LinkProblem extends Error {
  /** In CamelCase, for programs. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "LinkProblem";
    this.reason = reason;
  }
}
