import type { ServerOptions } from "../../database-options.ts";
import { openServer } from "../open-server.ts";
import type { OpenStore } from "../opened-store.ts";
import { mysqlDialect } from "./mysql-dialect.ts";
import { MysqlExecutor } from "./mysql-executor.ts";

/** Connects to MySQL or MariaDB, whichever it is. */
export function openMysql(options: ServerOptions): OpenStore {
  return openServer(
    () => new MysqlExecutor(options),
    async (executor) => {
      const [row] = await executor.all({ sql: "select version()", values: [], name: undefined }, undefined);
      const version = String(row![0]);
      const flavor = /mariadb/i.test(version) ? "mariadb" : "mysql";
      return { database: { kind: flavor, version }, dialect: mysqlDialect(flavor) };
    },
  );
}
