import { Button, Checkbox } from "@patternfly/react-core";
import { useState } from "react";
import type { FilterOption } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { type CatalogSearch, toggled } from "./catalog-search.ts";

/** Properties by which people look for models and servers, in this order. */
const known: Readonly<Record<string, string>> = {
  tasks: "Task",
  provider: "Provider",
  license: "License",
  language: "Language",
  "tensor_type.string_value": "Tensor type",
  "size.string_value": "Size",
  libraryName: "Library",
  maturity: "Maturity",
  "artifacts.hardware_type.string_value": "Hardware",
  "artifacts.use_case.string_value": "Workload",
  deploymentMode: "Runs",
  transports: "Transport",
  tags: "Tag",
  verifiedSource: "Verified source",
  secureEndpoint: "Secure endpoint",
  sast: "Code analyzed",
  readOnlyTools: "Tools only read",
};
/** What is different for each entry is nothing to choose by. */
const own = new Set([
  "name",
  "description",
  "readme",
  "licenseLink",
  "logo",
  "artifacts.uri",
  "externalId",
  "sourceId",
]);
/** How many values of a property are shown until more are asked for. */
const fewValues = 5;

/** Filters for the entries: checkboxes for the values that they have. */
export function Facets({
  filters,
  search,
  onChange,
}: {
  filters: Readonly<Record<string, FilterOption>>;
  search: CatalogSearch;
  onChange: (search: CatalogSearch) => void;
}) {
  const order = Object.keys(known);
  const rank = (property: string): number => (order.indexOf(property) + order.length + 1) % (order.length + 1);
  const facets = Object.entries(filters)
    .flatMap(([property, { option }]) => (option.case === "values" ? [{ property, values: option.value.values }] : []))
    .filter(({ property }) => !own.has(property) && /^[\w.]+$/.test(property))
    .sort((a, b) => rank(a.property) - rank(b.property));
  return (
    <div className="kmr-facets">
      {facets.map(({ property, values }) => (
        <Facet
          key={property}
          property={property}
          values={values}
          chosen={search.where?.[property] ?? []}
          onToggle={(value) => onChange(toggled(search, property, value))}
        />
      ))}
    </div>
  );
}

function Facet({
  property,
  values,
  chosen,
  onToggle,
}: {
  property: string;
  values: readonly string[];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}) {
  const [all, setAll] = useState(false);
  // One that no entry has any more stays, so that the choice is seen and can be undone.
  const offered = [...new Set([...chosen, ...values])];
  const shown = all ? offered : offered.slice(0, Math.max(fewValues, chosen.length));
  return (
    <fieldset>
      <legend>{known[property] ?? property.replace(/^artifacts\./, "").replace(/\.string_value$/, "")}</legend>
      {shown.map((value) => (
        <Checkbox
          key={value}
          id={`facet ${property} ${value}`}
          label={value === "true" ? "yes" : value === "false" ? "no" : value}
          isChecked={chosen.includes(value)}
          onChange={() => onToggle(value)}
        />
      ))}
      {(all || shown.length < offered.length) && offered.length > fewValues && (
        <Button variant="link" isInline size="sm" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${offered.length - shown.length} more`}
        </Button>
      )}
    </fieldset>
  );
}
