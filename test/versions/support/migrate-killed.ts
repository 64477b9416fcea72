/**
 * Migrates a database and ends as by a power cut at the given statement: `migrate-killed.ts OPTIONS N`, with
 * the options as JSON. Half of the numbers end before a statement is run, half after it.
 */
import type { DatabaseOptions } from "../../../src/versions/database-options.ts";
import { connectDatabase } from "../../../src/versions/sql/connect.ts";
import type { Executor, Session } from "../../../src/versions/sql/executor.ts";
import { migrate } from "../../../src/versions/sql/migrations/migrate.ts";

const [options, at] = [JSON.parse(process.argv[2]!) as DatabaseOptions, Number(process.argv[3])];
const { executor, dialect } = await connectDatabase(options, { readOnly: false });
let statements = 0;

async function counted<T>(run: () => Promise<T>): Promise<T> {
  statements++;
  if (statements * 2 === at) process.kill(process.pid, "SIGKILL");
  const result = await run();
  if (statements * 2 + 1 === at) process.kill(process.pid, "SIGKILL");
  return result;
}

function counting(session: Session): Session {
  return { all: (query) => counted(() => session.all(query)), run: (query) => counted(() => session.run(query)) };
}

const killed: Executor = {
  all: executor.all.bind(executor),
  transaction: (work, signal) => executor.transaction((session) => work(counting(session)), signal),
  connection: (work, signal) => executor.connection((session) => work(counting(session)), signal),
  close: () => executor.close(),
};
await migrate(killed, dialect);
await executor.close();
console.log(statements * 2 + 1);
