import { useQuery } from "@connectrpc/connect-query";
import { Card, CardBody, CardFooter, CardHeader, CardTitle, Label, LabelGroup } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CatalogModel } from "../../../gen/kserve/catalog/v1/model_pb.ts";
import { AssetType } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { ViewHead } from "../frame/view-head.tsx";
import { failedQuery } from "../states/failed-query.ts";
import { CatalogList } from "./catalog-list.tsx";
import { useCatalogListState } from "./catalog-list-state.ts";
import { filterText } from "./catalog-search.ts";
import { Logo } from "./logo.tsx";

const pageSize = 24;
/** An order by a latency, of those that the figures have. */
const latencyOf = /^artifacts\.((?:ttft|e2e|itl)_\w+)\.double_value$/;

/** The models that there are to start from. */
export function CatalogView() {
  const state = useCatalogListState("/catalog");
  const { settled, tokens } = state;
  const filters = useQuery(ModelCatalog.method.getFilterOptions, { assetType: AssetType.MODELS });
  const options = filters.data?.options;
  const prepared = settled.prepared === undefined ? undefined : options?.namedQueries[settled.prepared];
  const isFilterKnown = settled.prepared === undefined || options !== undefined;
  const models = useQuery(
    ModelCatalog.method.listModels,
    {
      pageSize,
      pageToken: tokens.at(-1) ?? "",
      query: settled.q ?? "",
      filter: filterText(settled, prepared),
      orderBy: settled.order ?? "",
      sourceLabels: settled.label === undefined ? [] : [settled.label],
    },
    // Only the name of a named query is known until the options are there.
    { placeholderData: (before) => before, enabled: isFilterKnown },
  );
  const { data } = models;
  const { error, refetch } = isFilterKnown ? models : failedQuery(filters, models);
  const latencies = Object.keys(options?.filters ?? {}).flatMap((property) => latencyOf.exec(property)?.[1] ?? []);
  return (
    <>
      <ViewHead title="Catalog" tab="Catalog">
        Models to start from, provided by the platform. Each can be registered here.
      </ViewHead>
      <CatalogList
        what="models"
        asset={AssetType.MODELS}
        options={options}
        furtherOrders={[
          ["accuracy desc", "Most accurate first"],
          ...latencies.map((name) => [`artifacts.${name}.double_value`, `Fastest first, by ${name}`] as const),
        ]}
        state={state}
        listed={{
          cards: data?.models.map((model) => <ModelTile key={model.id} model={model} />),
          nextPageToken: data?.nextPageToken ?? "",
          error,
          refetch: () => void refetch(),
        }}
      />
    </>
  );
}

function ModelTile({ model }: { model: CatalogModel }) {
  const { name, sourceId, description, provider, tasks, license, logo } = model;
  return (
    <Card component="li" isCompact>
      <CardHeader>
        <CardTitle component="h2">
          <Logo src={logo} />
          <Link to="/catalog/model" search={{ source: sourceId, name }}>
            {name}
          </Link>
        </CardTitle>
      </CardHeader>
      <CardBody className="kmr-card-text">{description}</CardBody>
      <CardFooter>
        <p className="kmr-quiet">{[provider, license, sourceId].filter(Boolean).join(" · ")}</p>
        {tasks.length > 0 && (
          <LabelGroup aria-label="Tasks" numLabels={2}>
            {tasks.map((task) => (
              <Label key={task} isCompact variant="outline">
                {task}
              </Label>
            ))}
          </LabelGroup>
        )}
      </CardFooter>
    </Card>
  );
}
