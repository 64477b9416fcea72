import { KubeError } from "./kube-error.ts";

/** More than any API server stores: etcd takes 1.5 MiB by default, and API servers read 3 MiB. In bytes. */
export const maxObjectBytes = 8 * 1024 * 1024;
/** What a list has beside its items: its kind, its version and the token of its next page. In bytes. */
const maxEnvelopeBytes = 64 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** What may stand before the `[` of the items. The quote before it must not be one within a text. */
const beforeItems = /[{,]\s*"items"\s*:\s*$/;

/**
 * Cuts the JSON of a list into the texts of its items as it arrives: hundreds of objects, each with a megabyte that its
 * owner has written, are never in memory together. Only the structure is looked at; JSON that is malformed in other
 * ways is noticed when a part is parsed.
 */
export class ListItems {
  /** Everything but the items: in their place is an empty list. */
  #envelope = "";
  #item: Buffer[] = [];
  #itemBytes = 0;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  /** Whether this is within the brackets of the items. */
  #isInItems = false;

  /**
   * Takes the next bytes, and returns the items that end in them.
   *
   * @throws KubeError for an object that is larger than any API server stores, and for anything that is not a list
   */
  take(chunk: Buffer): readonly string[] {
    const items: string[] = [];
    // Where the part begins that belongs to the envelope, or to the item.
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInText = false;
        continue;
      }
      if (byte === QUOTE) this.#isInText = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#depth++;
        if (byte !== OPEN_BRACKET || this.#depth !== 2 || this.#isInItems) continue;
        this.#addToEnvelope(chunk.subarray(start, i));
        if (beforeItems.test(this.#envelope)) {
          this.#isInItems = true;
          this.#envelope += "[";
          start = i + 1;
        } else start = i;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        this.#depth--;
        if (!this.#isInItems || this.#depth !== 1) continue;
        this.#endItem(chunk.subarray(start, i), items);
        this.#isInItems = false;
        start = i;
      } else if (byte === COMMA && this.#isInItems && this.#depth === 2) {
        this.#endItem(chunk.subarray(start, i), items);
        start = i + 1;
      }
    }
    if (this.#isInItems) this.#addToItem(chunk.subarray(start));
    else this.#addToEnvelope(chunk.subarray(start));
    return items;
  }

  /** What the list has beside its items, as JSON. */
  get envelope(): string {
    return this.#envelope;
  }

  #addToEnvelope(bytes: Buffer): void {
    // A character for each byte, as a character may end in the next bytes. What is read of it is ASCII.
    this.#envelope += bytes.toString("latin1");
    if (this.#envelope.length > maxEnvelopeBytes) throw notAList();
  }

  #addToItem(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#item.push(bytes);
    this.#itemBytes += bytes.length;
    if (this.#itemBytes > maxObjectBytes) {
      throw new KubeError(`the API server answered with an object of more than ${maxObjectBytes / 1024 ** 2} MiB`);
    }
  }

  #endItem(bytes: Buffer, items: string[]): void {
    this.#addToItem(bytes);
    const [only] = this.#item;
    const text = (this.#item.length === 1 ? only! : Buffer.concat(this.#item)).toString();
    this.#item = [];
    this.#itemBytes = 0;
    // An empty list has brackets with nothing between them.
    if (text.trim() !== "") items.push(text);
  }
}

/** Any other answer with 200, such as a proxy's page, must not pass for an empty list. */
export function notAList(): KubeError {
  return new KubeError("the API server answered with something other than a list");
}
