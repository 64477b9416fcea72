import type { ConditionValue, FieldCondition, NamedQuery } from "../sources/source-spec.ts";

/** The conditions of a named query as a filter, joined by AND. */
export function filterOfConditions(conditions: NamedQuery["conditions"]): string {
  return Object.entries(conditions)
    .map(([field, condition]) => `${quotedName(field)} ${conditionText(condition)}`)
    .join(" AND ");
}

function conditionText({ operator, value }: FieldCondition): string {
  if (Array.isArray(value)) return `${operator} (${value.map(literal).join(", ")})`;
  return `${operator} ${literal(value as ConditionValue)}`;
}

function literal(value: ConditionValue): string {
  return typeof value === "string" ? `"${value.replace(/[\\"]/g, "\\$&")}"` : String(value);
}

const suffix = /\.(string_value|double_value|int_value|bool_value)$/;

/** A name in back-ticks, except for the suffix, which is part of the grammar. No name can contain a back-tick. */
function quotedName(field: string): string {
  const type = suffix.exec(field)?.[0] ?? "";
  return `\`${field.slice(0, field.length - type.length).replaceAll("`", "")}\`${type}`;
}
