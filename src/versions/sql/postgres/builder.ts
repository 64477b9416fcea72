import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type sql } from "kysely";
import { compilingBuilder } from "../builder.ts";

export const builder = compilingBuilder({
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
});

/** A statement that Kysely's builder has no words for. */
export function sqlStatement(text: ReturnType<typeof sql>) {
  return { compile: () => text.compile(builder) };
}
