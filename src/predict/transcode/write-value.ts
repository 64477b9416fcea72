import type { JsonObject } from "@bufbuild/protobuf";
import type { ListValue, Value } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../registry/registry-error.ts";
import { ByteWriter } from "../json/byte-writer.ts";
import { writeNumber } from "../json/number.ts";
import { appendNumbers, maxNumbers, numbers } from "../json/number-writer.ts";
import { assertFiniteValue, notFinite } from "./finite.ts";

/** Deeper values would cost a reader its stack. The contract's JSON limit is checked on the text, afterwards. */
const maxDepth = 512;

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Writes `instances` and the other top-level keys as a KServe v1 request.
 *
 * @param finiteOnly whether an infinity is a mistake: of JSON text, it is a number that no double holds
 * @throws RegistryError INVALID_REQUEST, with the path of a value that says nothing
 */
export function writeInstances(
  instances: ListValue,
  parameters: JsonObject | undefined,
  finiteOnly = false,
): Uint8Array {
  const writer = new ValueWriter(finiteOnly, 64 + instances.values.length * 16);
  writer.text('{"instances":');
  writer.list(instances, 1);
  writer.text(`${writeParameters(parameters)}}`);
  return writer.finish();
}

/** Writes `parameters` as further members of a request, each with a comma before it. */
export function writeParameters(parameters: JsonObject | undefined): string {
  let text = "";
  assertFiniteValue(parameters, "parameters");
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (name === "instances") throw invalidField("parameters.instances", "not here; use instances, tensor or body");
    text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return text;
}

/** Writes google.protobuf.Value as JSON text. Numbers, which is nearly all of them, go many at a time. */
class ValueWriter {
  readonly #writer: ByteWriter;
  readonly #finiteOnly: boolean;
  /** Where the current value stands: `[3]`, `.iops`. */
  readonly #path: (number | string)[] = [];

  constructor(finiteOnly: boolean, size: number) {
    this.#writer = new ByteWriter(size);
    this.#finiteOnly = finiteOnly;
  }

  text(text: string): void {
    this.#writer.text(text);
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  list({ values }: ListValue, depth: number): void {
    const writer = this.#writer;
    writer.byte(OPEN_BRACKET);
    for (let i = 0; i < values.length; ) {
      if (i > 0) writer.byte(COMMA);
      const count = this.#numbers(values, i);
      if (count > 0) {
        i += count;
        continue;
      }
      this.#path.push(i);
      this.#value(values[i]!, depth);
      this.#path.pop();
      i++;
    }
    writer.byte(CLOSE_BRACKET);
  }

  /** Writes the numbers that come next in a list. Returns how many. */
  #numbers(values: readonly Value[], from: number): number {
    const end = Math.min(values.length, from + maxNumbers);
    let at = from;
    for (; at < end; at++) {
      const { kind } = values[at]!;
      if (kind.case !== "numberValue") break;
      if (this.#finiteOnly && !Number.isFinite(kind.value)) throw notFinite(`${this.#where()}[${at}]`);
      numbers.setFloat64((at - from) * 8, kind.value, true);
    }
    const count = at - from;
    if (count > 0) appendNumbers(this.#writer, count, count, 0);
    return count;
  }

  #value({ kind }: Value, depth: number): void {
    if (depth > maxDepth) throw invalidField(this.#where().slice(0, 80), `is nested deeper than ${maxDepth}`);
    switch (kind.case) {
      case "numberValue":
        if (this.#finiteOnly && !Number.isFinite(kind.value)) throw notFinite(this.#where());
        this.text(writeNumber(kind.value));
        break;
      case "stringValue":
        this.text(JSON.stringify(kind.value));
        break;
      case "boolValue":
        this.text(kind.value ? "true" : "false");
        break;
      case "nullValue":
        this.text("null");
        break;
      case "listValue":
        this.list(kind.value, depth + 1);
        break;
      case "structValue":
        this.#struct(kind.value.fields, depth + 1);
        break;
      default:
        throw invalidField(this.#where(), "is a google.protobuf.Value without a kind; use null_value for null");
    }
  }

  #struct(fields: Readonly<Record<string, Value>>, depth: number): void {
    const writer = this.#writer;
    writer.byte(OPEN_BRACE);
    let first = true;
    for (const [name, member] of Object.entries(fields)) {
      if (!first) writer.byte(COMMA);
      first = false;
      this.text(JSON.stringify(name));
      writer.byte(COLON);
      this.#path.push(name);
      this.#value(member, depth);
      this.#path.pop();
    }
    writer.byte(CLOSE_BRACE);
  }

  #where(): string {
    return this.#path.reduce<string>(
      (path, step) => (typeof step === "number" ? `${path}[${step}]` : `${path}.${step}`),
      "instances",
    );
  }
}
