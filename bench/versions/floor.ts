/**
 * The least that an answer of the registry of versions can cost: a bare `node:http` handler that runs a prepared
 * statement and sends the same bytes, with no checks, limits, metrics, access control or log. `floor.ts OPTIONS`, the
 * options of the database as JSON.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DatabaseOptions } from "../../src/versions/database-options.ts";
import { reads, type Select } from "./floor-reads.ts";

const options = JSON.parse(process.argv[2]!) as DatabaseOptions;

async function connect(): Promise<Select> {
  if (options.kind === "sqlite") {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(options.path, { readOnly: true });
    const statements = new Map(
      Object.values(reads).map(({ sql }) => {
        const statement = database.prepare(sql);
        statement.setReturnArrays(true);
        return [sql, statement] as const;
      }),
    );
    return async (sql, values) => statements.get(sql)!.all(...values) as unknown as unknown[][];
  }
  const { host, port, user, database, poolSize } = options;
  if (options.kind === "postgres") {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ host, port, user, database, max: poolSize });
    const texts = new Map(
      Object.values(reads).map(({ sql }, i) => {
        let parameter = 0;
        return [sql, { name: `floor_${i}`, text: sql.replaceAll("?", () => `$${++parameter}`) }] as const;
      }),
    );
    return async (sql, values) =>
      (await pool.query({ ...texts.get(sql)!, values: [...values], rowMode: "array" })).rows;
  }
  const { default: mysql } = await import("mysql2");
  const pool = mysql.createPool({ host, port, user, database, connectionLimit: poolSize, supportBigNumbers: true });
  return (sql, values) =>
    new Promise((resolve, reject) => {
      pool.execute({ sql, values: [...values], rowsAsArray: true }, (error, rows) =>
        error === null ? resolve(rows as unknown[][]) : reject(error),
      );
    });
}

const select = await connect();
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url!, "http://floor");
  const read = reads[pathname.slice(1)]!;
  select(read.sql, read.values(searchParams)).then(
    (rows) => {
      const body = Buffer.from(read.body(rows));
      response.writeHead(200, { "content-type": "application/json; charset=UTF-8", "content-length": body.length });
      response.end(body);
    },
    (error: Error) => response.writeHead(500).end(error.message),
  );
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
process.once("SIGTERM", () => process.exit());
