import { type Properties, type PropertyValue, propertyKeys, propertyLimits } from "./property-value.ts";
import { characters, textProblem, wrongTexts } from "./text-problem.ts";
import type { Violation } from "./versions-error.ts";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const int32 = /^-?\d{1,10}$/;

/** Problems of custom properties; empty when there are none. */
export function propertyViolations(properties: Properties): Violation[] {
  const keys = Object.keys(properties);
  if (keys.length > propertyLimits.count) {
    const description = `at most ${propertyLimits.count} properties; found ${keys.length}`;
    return [{ field: "customProperties", problem: "too_many", description }];
  }
  return keys.flatMap((key) => keyViolation(key) ?? valueViolation(key, properties[key]!) ?? []);
}

function keyViolation(key: string): Violation | undefined {
  const field = `customProperties.${key.slice(0, 40)}`;
  if (key === "") return { field, problem: "value", description: "the key is empty" };
  const problem = textProblem(key);
  if (problem !== undefined) return { field: "customProperties", problem: "text", description: `a key ${problem}` };
  const length = characters(key);
  if (length <= propertyLimits.key) return undefined;
  const description = `the key has ${length} characters; at most ${propertyLimits.key}`;
  return { field, problem: "too_long", description };
}

function valueViolation(key: string, value: PropertyValue): Violation | undefined {
  const field = `customProperties.${key}`;
  const keys = propertyKeys[value?.metadataType];
  if (keys === undefined) return { field, problem: "type", description: `metadataType not found for ${key}` };
  const parts = value as unknown as Readonly<Record<string, unknown>>;
  for (const part of keys) {
    const wrong = partViolation(part, parts[part]);
    if (wrong !== undefined) return { field: `${field}.${part}`, ...wrong };
  }
  return undefined;
}

type Wrong = Omit<Violation, "field">;

function partViolation(part: string, value: unknown): Wrong | undefined {
  switch (part) {
    case "bool_value":
      return typeof value === "boolean" ? undefined : { problem: "type", description: "expected true or false" };
    case "double_value":
      if (typeof value !== "number") return { problem: "type", description: "expected a number" };
      return Number.isFinite(value) ? undefined : { problem: "value", description: "expected a finite number" };
    case "int_value":
      if (typeof value !== "string" || !int32.test(value)) {
        return { problem: "type", description: "expected a whole number, as a string" };
      }
      return Number(value) === (Number(value) | 0)
        ? undefined
        : { problem: "value", description: "expected a whole number from -2147483648 to 2147483647" };
    default:
      return textViolation(part, value);
  }
}

function textViolation(part: string, value: unknown): Wrong | undefined {
  if (typeof value !== "string") return { problem: "type", description: "expected a string" };
  const wrong = wrongTexts([value], propertyLimits.string);
  if (wrong !== undefined) return wrong;
  if (part === "proto_value" || part === "struct_value") {
    if (!base64.test(value)) return { problem: "value", description: "expected base64" };
    if (part === "struct_value" && !isJsonObject(value)) {
      return { problem: "value", description: "expected the base64 of a JSON object" };
    }
  }
  return undefined;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
