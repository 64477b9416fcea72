import type { DatabaseOptions } from "../../src/versions/database-options.ts";
import { connectDatabase } from "../../src/versions/sql/connect.ts";

/** A filter by one of so many teams finds 4 % of the models. */
const teams = 25;
/** No model of `team-7` is in `stage-1`. */
const stages = 5;

/** The name of the model with an id. */
export const modelName = (id: number): string => `model-${String(id).padStart(7, "0")}`;

/** What differs between databases where tables are filled. */
const dialects = {
  sqlite: {
    rows: (count: number) =>
      `(with recursive s(n) as (select 1 union all select n + 1 from s where n < ${count}) select n from s) as numbers`,
    padded: "printf('%07d', n)",
    concat: (...parts: string[]) => parts.join(" || "),
    after: () => ["analyze"],
  },
  postgres: {
    rows: (count: number) => `generate_series(1, ${count}) as n`,
    padded: "lpad(n::text, 7, '0')",
    concat: (...parts: string[]) => parts.join(" || "),
    after: (count: number) => [
      `select setval(pg_get_serial_sequence('kmr_registered_model', 'id'), ${count})`,
      "vacuum analyze",
    ],
  },
  mysql: {
    rows: (count: number) => `(select seq as n from seq_1_to_${count}) as numbers`,
    padded: "lpad(n, 7, '0')",
    concat: (...parts: string[]) => `concat(${parts.join(", ")})`,
    after: () => ["analyze table kmr_registered_model, kmr_registered_model_property"],
  },
};

/**
 * Fills an empty, migrated database with models as the store would have written them: each with three properties, a
 * number, its team and its stage.
 *
 * @param isFiltered whether filters are to find the properties; that is three rows for each model
 */
export async function fill(options: DatabaseOptions, count: number, isFiltered: boolean): Promise<void> {
  const { rows, padded, concat, after } = dialects[options.kind];
  const team = concat("'team-'", `(n % ${teams})`);
  const stage = concat("'stage-'", `(n % ${stages})`);
  const properties = concat(
    `'{"builds":{"int_value":"'`,
    "(n % 1000)",
    `'","metadataType":"MetadataIntValue"},"stage":{"string_value":"'`,
    stage,
    `'","metadataType":"MetadataStringValue"},"team":{"string_value":"'`,
    team,
    `'","metadataType":"MetadataStringValue"}}'`,
  );
  const key = options.kind === "mysql" ? "`key`" : "key";
  const property = (name: string, type: number, text: string, number: string): string =>
    `insert into kmr_registered_model_property (entity_id, ${key}, type, string_value, number_value)
      select n, '${name}', ${type}, ${text}, ${number} from ${rows(count)}`;
  const statements = [
    `insert into kmr_registered_model (id, name, create_time, update_time, revision, properties, state)
      select n, ${concat("'model-'", padded)}, 1700000000000 + n, 1700000000000 + n, 1, ${properties}, 'LIVE' from ${rows(count)}`,
    ...(isFiltered
      ? [
          property("builds", 2, "null", "n % 1000"),
          property("stage", 1, stage, "null"),
          property("team", 1, team, "null"),
        ]
      : []),
    ...after(count),
  ];
  const unhurried = options.kind === "sqlite" ? options : { ...options, statementTimeoutMs: 1_800_000 };
  const { executor } = await connectDatabase(unhurried, { readOnly: false });
  await executor.connection(async (session) => {
    for (const sql of statements) await session.all({ sql, values: [], name: undefined });
  }, undefined);
  await executor.close();
}
