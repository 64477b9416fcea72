import { sql } from "kysely";
import type { Dialect, Reference } from "./dialect.ts";
import { likePattern } from "./like.ts";

/** What the dialects of database servers have in common. `lower` is a text in lower case. */
export function serverDialect(
  lower: (text: Reference) => Reference,
): Pick<Dialect, "read" | "exists" | "like" | "ilike" | "forUpdate"> {
  return {
    read: (column) => sql`${sql.ref(column)}`,
    exists: (condition) => condition,
    like: (text, pattern) => sql`${text} like ${likePattern(pattern)} escape '!'`,
    ilike: (text, pattern) => sql`${lower(text)} like ${likePattern(pattern.toLowerCase())} escape '!'`,
    forUpdate: sql`for update`,
  };
}
