import {
  Button,
  FormSelect,
  FormSelectOption,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import { useMemo } from "react";
import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { SearchField } from "../frame/search-field.tsx";
import { type Facet, facetValues, type ModelFilter, noFilter } from "./model-filter.ts";

const labels: Readonly<Record<Facet, string>> = {
  state: "State",
  type: "Type",
  namespace: "Namespace",
  source: "Source",
};

/** Narrows the models down. `isWhole`: whether no more of them are on their way. */
export function FilterBar({
  models,
  isWhole,
  filter,
  shown,
  onChange,
}: {
  models: readonly Model[];
  isWhole: boolean;
  filter: ModelFilter;
  shown: number;
  onChange: (filter: ModelFilter) => void;
}) {
  const isFiltered = Object.values(filter).some((value) => value !== "");
  const values = useMemo(
    () => (Object.keys(labels) as Facet[]).map((facet) => [facet, facetValues(models, facet)] as const),
    [models],
  );
  return (
    <Toolbar aria-label="Filters" className="kmr-filters">
      <ToolbarContent>
        <SearchField
          what="models"
          placeholder="Name, namespace, description, trigger"
          value={filter.q}
          onChange={(q) => onChange({ ...filter, q })}
        />
        <ToolbarGroup>
          {values.map(([facet, counts]) => (
            <ToolbarItem key={facet}>
              <FormSelect
                aria-label={labels[facet]}
                value={filter[facet]}
                onChange={(_, value) => onChange({ ...filter, [facet]: value })}
              >
                <FormSelectOption value="" label={`${labels[facet]}: all`} />
                {/* One that has gone stays, so that the choice is seen. */}
                {filter[facet] !== "" && !counts.some(([value]) => value === filter[facet]) && (
                  <FormSelectOption value={filter[facet]} label={`${filter[facet]} (0)`} />
                )}
                {counts.map(([value, count]) => (
                  <FormSelectOption key={value} value={value} label={`${value || "none"} (${count})`} />
                ))}
              </FormSelect>
            </ToolbarItem>
          ))}
        </ToolbarGroup>
        {isFiltered && (
          <ToolbarItem>
            <Button variant="link" onClick={() => onChange(noFilter)}>
              Clear filters
            </Button>
          </ToolbarItem>
        )}
        <ToolbarItem align={{ default: "alignEnd" }} alignSelf="center">
          <span role="status" aria-live="polite">
            {isFiltered && `${shown} of `}
            {`${models.length} models`}
            {!isWhole && " so far"}
          </span>
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}
