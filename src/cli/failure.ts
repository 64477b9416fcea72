/** A command that did not do what it was asked for. Its message is for the user: one line, or a few. */
export class Failure extends Error {
  /** 1: it failed. 2: it was used wrongly, and nothing was sent. */
  readonly exitStatus: 1 | 2;

  constructor(message: string, exitStatus: 1 | 2 = 1) {
    super(message);
    this.name = "Failure";
    this.exitStatus = exitStatus;
  }
}

/** A command line, or an input that it names, that cannot be used. */
export function usageFailure(message: string): Failure {
  return new Failure(message, 2);
}
