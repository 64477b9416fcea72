import { join } from "node:path";
import { readPageFiles } from "../api/page/page-files.ts";
import { createPageHandler, type PageHandler, type RegistryChoice } from "../api/page/page-handler.ts";
import type { Log } from "./log.ts";

/** Where the page is: beside the chunks of the built program, and where the build puts it for one that runs from source. */
const folders = ["../ui", "../../dist/ui"];

/**
 * The page for people, where it has been built.
 *
 * @param registries among which a person can choose
 */
export function openPage(log: Log, registries: readonly RegistryChoice[] = []): PageHandler | undefined {
  for (const folder of folders) {
    const files = readPageFiles(join(import.meta.dirname, folder));
    if (files !== undefined) return createPageHandler(files, registries);
  }
  log.info("There is no page at /ui/: `npm run build` makes it, and UI=off says that none is wanted");
  return undefined;
}
