/** An error of a malformed request, or of the framing of its body. Its connection ends with the answer. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "BadRequest";
    this.status = status;
  }
}
