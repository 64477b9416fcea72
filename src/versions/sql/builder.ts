import { DummyDriver, Kysely, type Dialect as KyselyDialect } from "kysely";
import type { AnyDatabase } from "./dialect.ts";

type Compiler = Pick<KyselyDialect, "createAdapter" | "createIntrospector" | "createQueryCompiler">;

/** A Kysely that builds and compiles for a database and is connected to none: executors of our own run what it makes. */
export function compilingBuilder(dialect: Compiler): Kysely<AnyDatabase> {
  return new Kysely<AnyDatabase>({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
}
