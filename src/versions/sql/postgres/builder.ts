import { Kysely, PostgresDialect, type sql } from "kysely";
import type { AnyDatabase } from "../dialect.ts";
import { unconnected } from "../statement.ts";

export const builder = new Kysely<AnyDatabase>({ dialect: new PostgresDialect({ pool: unconnected }) });

/** A statement that Kysely's builder cannot express. */
export function sqlStatement(text: ReturnType<typeof sql>) {
  return { compile: () => text.compile(builder) };
}
