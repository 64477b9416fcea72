import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { NullValue, type Struct, type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import { asBuffer } from "../../base/as-buffer.ts";
import type { JsonScanner, Span } from "../json/json-scanner.ts";
import { listLevels, maxMessageDepth, objectLevels, tooDeepForMessages } from "./message-depth.ts";

/**
 * Reads a JSON value, whose syntax has been checked, as a google.protobuf.Value. NaN and infinities become strings, as
 * in the protobuf JSON mapping of a double, because a Value cannot hold them.
 *
 * @param maxDepth how deep messages may lie in it; unlimited where it is not sent as a message
 * @throws RegistryError MODEL_BAD_ANSWER when it is deeper
 */
export function readValue(scanner: JsonScanner, span: Span, maxDepth = maxMessageDepth): Value {
  return new ValueReader(scanner, span.start, maxDepth).value(1);
}

/** Reads several values as a JSON object, the form in which generated code holds a google.protobuf.Struct. */
export function readMembers(scanner: JsonScanner, members: ReadonlyMap<string, Span>): JsonObject {
  const fields: JsonObject = {};
  for (const [name, span] of members) setField(fields, name, toJson(ValueSchema, readValue(scanner, span)));
  return fields;
}

/** Reads from one position onward. The syntax is known to be right, so only the kinds of values are distinguished. */
class ValueReader {
  readonly #scanner: JsonScanner;
  readonly #bytes: Buffer;
  readonly #maxDepth: number;
  #at: number;

  constructor(scanner: JsonScanner, at: number, maxDepth: number) {
    const { bytes } = scanner;
    this.#scanner = scanner;
    this.#bytes = asBuffer(bytes);
    this.#at = at;
    this.#maxDepth = maxDepth;
  }

  /** @param depth how deep the message of the value lies */
  value(depth: number): Value {
    const start = this.#at;
    switch (this.#bytes[start]) {
      case 0x5b:
        return {
          $typeName: "google.protobuf.Value",
          kind: { case: "listValue", value: this.#list(this.#within(depth, listLevels)) },
        };
      case 0x7b:
        return {
          $typeName: "google.protobuf.Value",
          kind: { case: "structValue", value: this.#struct(this.#within(depth, objectLevels)) },
        };
      case 0x22:
        return { $typeName: "google.protobuf.Value", kind: { case: "stringValue", value: this.#string() } };
      case 0x74:
        this.#at += 4;
        return { $typeName: "google.protobuf.Value", kind: { case: "boolValue", value: true } };
      case 0x66:
        this.#at += 5;
        return { $typeName: "google.protobuf.Value", kind: { case: "boolValue", value: false } };
      case 0x6e:
        this.#at += 4;
        return { $typeName: "google.protobuf.Value", kind: { case: "nullValue", value: NullValue.NULL_VALUE } };
    }
    this.#at = this.#scanner.value(start, 0);
    const text = this.#bytes.toString("latin1", start, this.#at);
    return { $typeName: "google.protobuf.Value", kind: numberKind(text) };
  }

  #within(depth: number, levels: number): number {
    if (depth + levels > this.#maxDepth) throw tooDeepForMessages();
    return depth + levels;
  }

  #list(depth: number): Extract<Value["kind"], { case: "listValue" }>["value"] {
    const values: Value[] = [];
    this.#open();
    while (this.#bytes[this.#at] !== 0x5d) {
      values.push(this.value(depth));
      this.#next();
    }
    this.#at++;
    return { $typeName: "google.protobuf.ListValue", values };
  }

  #struct(depth: number): Struct {
    const fields: Record<string, Value> = {};
    this.#open();
    while (this.#bytes[this.#at] !== 0x7d) {
      const name = this.#string();
      this.#at = this.#scanner.space(this.#scanner.space(this.#at) + 1);
      setField(fields, name, this.value(depth));
      this.#next();
    }
    this.#at++;
    return { $typeName: "google.protobuf.Struct", fields };
  }

  #string(): string {
    const start = this.#at;
    this.#at = this.#scanner.value(start, 0);
    return this.#scanner.text(start, this.#at);
  }

  #open(): void {
    this.#at = this.#scanner.space(this.#at + 1);
  }

  #next(): void {
    this.#at = this.#scanner.space(this.#at);
    if (this.#bytes[this.#at] === 0x2c) this.#at = this.#scanner.space(this.#at + 1);
  }
}

/** Kept apart so that a member called `__proto__` is one like any other. */
function setField<T>(fields: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__") Object.defineProperty(fields, name, { value, enumerable: true, configurable: true });
  else fields[name] = value;
}

function numberKind(text: string): Value["kind"] {
  if (text === "NaN" || text === "Infinity" || text === "-Infinity") return { case: "stringValue", value: text };
  const value = Number(text);
  // 1e999 is valid JSON and no double: the infinity it rounds to cannot stand in a Value either.
  return Number.isFinite(value) ? { case: "numberValue", value } : { case: "stringValue", value: String(value) };
}
