import type { DescMessage, JsonValue } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Parses the JSON of a message, which Connect then decodes. Connect would parse it as well, but looks for repeated members one
 * character at a time: for a text of a megabyte that takes longer than all the rest.
 *
 * @param body in UTF-8
 * @throws ConnectError InvalidArgument, in the words of Connect, for what is not JSON or has a member twice
 */
export function parseJsonMessage(body: Buffer, { typeName }: DescMessage): JsonValue {
  const text = body.toString();
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw undecodable(typeName, (error as Error).message);
  }
  const name = repeatedName(text);
  if (name !== undefined) throw undecodable(typeName, `duplicate object key "${name}"`);
  return value;
}

function undecodable(typeName: string, problem: string): ConnectError {
  return new ConnectError(`cannot decode message ${typeName} from JSON: ${problem}`, Code.InvalidArgument);
}

/**
 * The first name that an object has twice.
 *
 * @param json valid JSON
 */
function repeatedName(json: string): string | undefined {
  /** The names of each object that is open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case openBrace:
        open.push(new Set());
        isName = true;
        break;
      case openBracket:
        open.push(undefined);
        isName = false;
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        isName = false;
        break;
      case comma:
        isName = open.at(-1) !== undefined;
        break;
      case colon:
        isName = false;
        break;
      case quote: {
        const end = endOfText(json, at);
        const names = open.at(-1);
        if (isName && names !== undefined) {
          const name = nameOf(json.slice(at, end + 1));
          if (names.has(name)) return name;
          names.add(name);
        }
        at = end;
      }
    }
  }
  return undefined;
}

/** One name may be written in several ways, with escapes. */
function nameOf(written: string): string {
  return written.includes("\\") ? (JSON.parse(written) as string) : written.slice(1, -1);
}

/** The position of a text's closing quote. */
function endOfText(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); ; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}
