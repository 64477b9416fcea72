/**
 * Migrates a database and ends as by a power cut at the change that it is told: `migrate-killed.ts OPTIONS N`, with the
 * options as JSON. By even numbers it ends while the statement of change N / 2 is on its way, by odd ones when it has been
 * answered. What ends by itself prints the largest number that would have ended it.
 */
import { setTimeout } from "node:timers/promises";
import type { DatabaseOptions } from "../../../src/versions/database-options.ts";
import { connectDatabase } from "../../../src/versions/sql/connect.ts";
import type { Executor, Session } from "../../../src/versions/sql/executor.ts";
import { migrate } from "../../../src/versions/sql/migrations/migrate.ts";

const [options, at] = [JSON.parse(process.argv[2]!) as DatabaseOptions, Number(process.argv[3])];
const { executor, dialect } = await connectDatabase(options, { readOnly: false });
let changes = 0;

function counting(session: Session): Session {
  return {
    all: (query) => session.all(query),
    run: async (query) => {
      changes++;
      const answer = session.run(query);
      if (changes * 2 === at) {
        // Some drivers send it in two parts.
        await Promise.race([answer, setTimeout(10 * Math.random())]);
        process.kill(process.pid, "SIGKILL");
      }
      const result = await answer;
      if (changes * 2 + 1 === at) process.kill(process.pid, "SIGKILL");
      return result;
    },
  };
}

const killed: Executor = {
  all: executor.all.bind(executor),
  page: executor.page.bind(executor),
  transaction: (work, signal) => executor.transaction((session) => work(counting(session)), signal),
  connection: (work, signal) => executor.connection((session) => work(counting(session)), signal),
  close: () => executor.close(),
};
await migrate(killed, dialect);
await executor.close();
console.log(changes * 2 + 1);
