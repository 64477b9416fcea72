/** A JSON schema, as far as the descriptions of other servers use it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export type Schemas = Readonly<Record<string, Schema>>;

/** What is wrong with a value, by its path. */
export function schemaProblems(schemas: Schemas, schema: Schema, value: unknown, path = "$"): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1)!;
    const target = schemas[name];
    return target === undefined ? [`${path}: no schema ${name}`] : schemaProblems(schemas, target, value, path);
  }
  if (value === null && schema.nullable === true) return [];
  const inner = (part: Schema, of: unknown, at: string): string[] => schemaProblems(schemas, part, of, at);
  const problems = (schema.allOf ?? []).flatMap((part) => inner(part, value, path));
  if (schema.oneOf !== undefined) {
    const tried = schema.oneOf.map((part) => inner(part, value, path));
    const fitting = tried.filter((found) => found.length === 0).length;
    if (fitting !== 1) problems.push(`${path}: fits ${fitting} of ${tried.length}: ${tried.flat().join("; ")}`);
  }
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    return [...problems, `${path}: expected ${schema.type}, found ${JSON.stringify(value)}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) problems.push(`${path}: not in the enum: ${value}`);
  if (typeof value === "string") {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) problems.push(`${path}: pattern`);
    if (value.length < (schema.minLength ?? 0)) problems.push(`${path}: too short`);
    if (value.length > (schema.maxLength ?? Number.POSITIVE_INFINITY)) problems.push(`${path}: too long`);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    problems.push(...value.flatMap((item, i) => inner(schema.items!, item, `${path}[${i}]`)));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) problems.push(`${path}.${key}: missing`);
    for (const [key, part] of Object.entries(value)) {
      const known = schema.properties?.[key];
      if (known !== undefined) problems.push(...inner(known, part, `${path}.${key}`));
      else if (schema.additionalProperties === false) problems.push(`${path}.${key}: not allowed`);
      else if (typeof schema.additionalProperties === "object") {
        problems.push(...inner(schema.additionalProperties, part, `${path}.${key}`));
      }
    }
  }
  return problems;
}

function isOfType(type: string, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}
