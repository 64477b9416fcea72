/**
 * Opens the store of a database as a start does, tries to create a model, and prints how it went, as JSON:
 * `open-database.ts OPTIONS NAME`. Waits for the end of its input between the two, so that many can do so at once.
 */
import { once } from "node:events";
import type { DatabaseOptions } from "../../../src/versions/database-options.ts";
import { openVersionStore } from "../../../src/versions/open-store.ts";

const [options, name] = [JSON.parse(process.argv[2]!) as DatabaseOptions, process.argv[3]!];
process.stdout.write("\n");
process.stdin.resume();
await once(process.stdin, "end");
let migrations = 0;
const store = await openVersionStore(options, {
  log: (line) => {
    if (line.startsWith("applying migration 1 ")) migrations++;
  },
});
while (store.status().state !== "ready") await new Promise((resolve) => setTimeout(resolve, 20));
const created = await store.create("registeredModel", { fields: { name } }).then(
  () => true,
  () => false,
);
await store.close();
console.log(JSON.stringify({ migrations, created }));
