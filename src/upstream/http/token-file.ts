import { CachedFile, UnreadableFile } from "../../base/cached-file.ts";

/** A bearer token in a file, which is read again when it is replaced. */
export class TokenFile {
  readonly #path: string;
  readonly #file: CachedFile;
  #text = "";
  #header = "";

  /** @param file opened wherever it may lie. Default: anywhere */
  constructor(path: string, file = new CachedFile(path)) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * The value of the `authorization` header.
   *
   * @throws UnreadableFile when there is no token in it
   */
  header(): string {
    const text = this.#file.read();
    if (text === this.#text && this.#header !== "") return this.#header;
    const token = text.trim();
    // Never with the text: it may be a nearly valid token.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new UnreadableFile(this.#path, "does not contain exactly one token");
    this.#text = text;
    this.#header = `Bearer ${token}`;
    return this.#header;
  }
}
