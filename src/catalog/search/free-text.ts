import { valueUnder } from "../../base/value-under.ts";
import type { CatalogModel, McpServer } from "../entries/entry.ts";
import type { Predicate } from "./leaf-predicate.ts";

type Searched = CatalogModel | McpServer;

const texts = new WeakMap<Searched, string>();

/** Whether a text stands in what says what an entry is, in any case. A blank one stands everywhere. */
export function freeText(query: string): Predicate<Searched> {
  const wanted = query.trim().toLowerCase();
  return wanted === "" ? () => true : (entry) => textOf(entry).includes(wanted);
}

/** What is searched, in lower case; made once for each entry, when it is searched for the first time. */
function textOf(entry: Searched): string {
  return valueUnder(texts, entry, () => {
    const { name, description, provider } = entry;
    const own =
      "artifacts" in entry && !("tools" in entry)
        ? [...((entry as CatalogModel).tasks ?? []), (entry as CatalogModel).libraryName]
        : [...((entry as McpServer).tags ?? []), (entry as McpServer).displayName];
    // Parts are kept apart, so that nothing is found across them.
    return [name, description, provider, ...own]
      .filter((part) => part !== undefined)
      .join("\n")
      .toLowerCase();
  });
}
