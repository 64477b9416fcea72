/** The server's dynamic table is not used, so each head is independent of those before. */
export const emptyTable = "\x20";

/** What a value may not hold (RFC 9110, 5.5), and what is not a single byte. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
const badValue = /[\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]/;

/** A secret, which intermediaries must not index. */
const neverIndexed = "\x10";
const notIndexed = "\x00";
const secrets: ReadonlySet<string> = new Set(["authorization", "cookie"]);

/**
 * A header of a request as HPACK writes it (RFC 7541, 6.2), one character for each byte.
 *
 * @param name in lower case
 * @throws TypeError for a value that no header can have
 */
export function encodeHeader(name: string, value: string): string {
  if (badValue.test(value)) throw new TypeError(`the header ${name} has a character that no header can have`);
  return (secrets.has(name) ? neverIndexed : notIndexed) + encodeText(name) + encodeText(value);
}

function encodeText(text: string): string {
  return encodeLength(text.length) + text;
}

/** A length with the seven bits of its first byte that are not taken (RFC 7541, 5.1). */
function encodeLength(length: number): string {
  if (length < 0x7f) return String.fromCharCode(length);
  let encoded = "\x7f";
  let rest = length - 0x7f;
  for (; rest >= 0x80; rest >>>= 7) encoded += String.fromCharCode((rest & 0x7f) | 0x80);
  return encoded + String.fromCharCode(rest);
}
