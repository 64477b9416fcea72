import { valueUnder } from "../../base/value-under.ts";
import type { CatalogModel, McpServer } from "../entries/entry.ts";
import type { Predicate } from "./leaf-predicate.ts";

type Searched = CatalogModel | McpServer;

const texts = new WeakMap<Searched, string>();

/** Whether the descriptive texts of an entry contain a text, in any case. A blank text always matches. */
export function freeText(query: string): Predicate<Searched> {
  const wanted = query.trim().toLowerCase();
  return wanted === "" ? () => true : (entry) => textOf(entry).includes(wanted);
}

/** The searched text in lower case, created for each entry on its first search. */
function textOf(entry: Searched): string {
  return valueUnder(texts, entry, () => {
    const { name, description, provider } = entry;
    const own =
      "artifacts" in entry && !("tools" in entry)
        ? [...((entry as CatalogModel).tasks ?? []), (entry as CatalogModel).libraryName]
        : [...((entry as McpServer).tags ?? []), (entry as McpServer).displayName];
    // Parts are separated, so that no match spans two of them.
    return [name, description, provider, ...own]
      .filter((part) => part !== undefined)
      .join("\n")
      .toLowerCase();
  });
}
