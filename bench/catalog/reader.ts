/**
 * Reads the sources of a made-up catalog again and again, as the thread of the service reads them, until it is ended: the
 * control of `npm run bench:catalog`. What predictions notice of this process they would notice of any other work on the machine.
 *
 * @argument the folder of the catalog
 */
import { readdirSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readDataFile, textOf } from "../../src/catalog/sources/data-file.ts";

const folder = process.argv[2]!;
const files = readdirSync(folder).filter((name) => name.endsWith("-0"));
const task = { assetType: "models", included: [], excluded: [], maxEntries: 1_000_000 } as const;
const niceness = 10;
/** How often the service looks at its files, in milliseconds. */
const pollMs = 1000;

setPriority(getPriority() + niceness);
for (;;) {
  for (const file of files) {
    for (const item of readDataFile(textOf(readFileSync(join(folder, file))), { ...task, sourceId: file })) {
      JSON.stringify(item);
    }
  }
  await sleep(pollMs);
}
