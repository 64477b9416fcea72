import { useQuery } from "@connectrpc/connect-query";
import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  FormSelect,
  FormSelectOption,
  PageSection,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import type { ReactNode } from "react";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { AssetType, FilterOptions } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { SearchField } from "../frame/search-field.tsx";
import { NotYet } from "../states/not-yet.tsx";
import { Pager } from "../versions/pager.tsx";
import type { CatalogListState } from "./catalog-list-state.ts";
import type { CatalogSearch } from "./catalog-search.ts";
import { CatalogSources } from "./catalog-sources.tsx";
import { Facets } from "./facets.tsx";

const orders: readonly (readonly [order: string, label: string])[] = [
  ["", "By name"],
  ["update_time desc", "Newest change first"],
];

/** What a list of the catalog has come to so far. */
interface Listed {
  readonly cards: readonly ReactNode[] | undefined;
  readonly nextPageToken: string;
  readonly error: Error | null;
  readonly refetch: () => void;
}

/** Entries of the catalog as cards, with filters. */
export function CatalogList({
  what,
  asset,
  options,
  furtherOrders = [],
  state: { search, tokens, setSearch, setTokens },
  listed: { cards, nextPageToken, error, refetch },
}: {
  /** What the entries are: `models`. */
  what: string;
  asset: AssetType;
  options: FilterOptions | undefined;
  furtherOrders?: readonly (readonly [order: string, label: string])[];
  state: CatalogListState;
  listed: Listed;
}) {
  const { data: groups } = useQuery(ModelCatalog.method.listLabels, { assetType: asset, pageSize: 1000 });
  const set = (key: "q" | "label" | "order" | "prepared", value: string): void => {
    const { [key]: _, ...rest } = search;
    setSearch(value === "" ? rest : { ...rest, [key]: value });
  };
  const prepared = Object.keys(options?.namedQueries ?? {});
  return (
    <PageSection isFilled hasBodyWrapper={false}>
      <Toolbar aria-label="Filters" className="kmr-filters">
        <ToolbarContent>
          <SearchField
            what={what}
            placeholder="Name, description, provider"
            value={search.q ?? ""}
            onChange={(q) => set("q", q)}
          />
          <ToolbarItem>
            <FormSelect aria-label="Group" value={search.label ?? ""} onChange={(_, label) => set("label", label)}>
              <FormSelectOption value="" label="All groups" />
              {groups?.labels.map(({ name, displayName }) => (
                <FormSelectOption
                  key={name ?? "null"}
                  value={name ?? "null"}
                  label={displayName || (name ?? "others")}
                />
              ))}
            </FormSelect>
          </ToolbarItem>
          {prepared.length > 0 && (
            <ToolbarItem>
              <FormSelect
                aria-label="Named query"
                value={search.prepared ?? ""}
                onChange={(_, name) => set("prepared", name)}
              >
                <FormSelectOption value="" label="No named query" />
                {prepared.map((name) => (
                  <FormSelectOption key={name} value={name} label={name.replaceAll(/[-_]/g, " ")} />
                ))}
              </FormSelect>
            </ToolbarItem>
          )}
          <ToolbarItem>
            <FormSelect aria-label="Order" value={search.order ?? ""} onChange={(_, order) => set("order", order)}>
              {[...orders, ...furtherOrders].map(([order, label]) => (
                <FormSelectOption key={order} value={order} label={label} />
              ))}
            </FormSelect>
          </ToolbarItem>
          {Object.keys(search).length > 0 && (
            <ToolbarItem>
              <Button variant="link" onClick={() => setSearch({})}>
                Clear filters
              </Button>
            </ToolbarItem>
          )}
        </ToolbarContent>
      </Toolbar>
      <div className="kmr-catalog">
        <aside aria-label={`Filters for ${what}`}>
          <Facets filters={options?.filters ?? {}} search={search} onChange={setSearch} />
        </aside>
        <div>
          {cards === undefined && <NotYet what={`the ${what}`} error={error} onRetry={refetch} />}
          {cards?.length === 0 && <Nothing what={what} search={search} onClear={() => setSearch({})} />}
          {cards !== undefined && cards.length > 0 && (
            <>
              <ul className="kmr-cards" aria-label={`The ${what}`}>
                {cards}
              </ul>
              <Pager tokens={tokens} nextToken={nextPageToken} total={undefined} onTokens={setTokens} />
            </>
          )}
          <CatalogSources asset={asset} />
        </div>
      </div>
    </PageSection>
  );
}

function Nothing({ what, search, onClear }: { what: string; search: CatalogSearch; onClear: () => void }) {
  const isNarrowed = Object.keys(search).some((key) => key !== "order");
  if (!isNarrowed) {
    return (
      <EmptyState titleText={`The catalog has no ${what}`} headingLevel="h2">
        <EmptyStateBody>They come from the sources in CATALOG_SOURCES, whose status is shown below.</EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <EmptyState titleText="Nothing matches" headingLevel="h2" icon={SearchIcon}>
      <EmptyStateBody>No {what} match all filters.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onClear}>
            Clear all filters
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
