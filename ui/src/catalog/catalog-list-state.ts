import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import { type CatalogSearch, readCatalogSearch } from "./catalog-search.ts";

/** What is looked for in a list of the catalog, and which of its pages is shown. */
export interface CatalogListState {
  readonly search: CatalogSearch;
  /** The same, once typing has come to rest. */
  readonly settled: CatalogSearch;
  /** The tokens of the pages before the one that is shown and of this one; empty on the first. */
  readonly tokens: readonly string[];
  /** Shows the first page of another search. */
  readonly setSearch: (search: CatalogSearch) => void;
  readonly setTokens: (tokens: readonly string[]) => void;
}

/** The state of the list at an address of the page, where the search stands, too. */
export function useCatalogListState(path: "/catalog" | "/mcp"): CatalogListState {
  const address = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const search = useMemo(() => readCatalogSearch(address), [address]);
  const navigate = useNavigate();
  const [tokens, setTokens] = useState<readonly string[]>([]);
  const setSearch = (next: CatalogSearch): void => {
    setTokens([]);
    void navigate({ to: path, search: next, replace: true });
  };
  return { search, settled: useDeferredValue(search), tokens, setSearch, setTokens };
}
