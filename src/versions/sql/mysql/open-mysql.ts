import type { DatabaseServer } from "../open-server.ts";
import { plain } from "../statement.ts";
import { mysqlDialect } from "./mysql-dialect.ts";
import { mysqlExecutor } from "./mysql-executor.ts";

/** MySQL or MariaDB, whichever it turns out to be. */
export const mysqlServer: DatabaseServer = {
  connect: mysqlExecutor,
  ask: async (executor) => {
    const [row] = await executor.all(plain("select version()"), undefined);
    const version = String(row![0]);
    const flavor = /mariadb/i.test(version) ? "mariadb" : "mysql";
    return { database: { kind: flavor, version }, dialect: mysqlDialect(flavor) };
  },
};
