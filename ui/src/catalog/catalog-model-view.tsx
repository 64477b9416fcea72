import { useQuery } from "@connectrpc/connect-query";
import { Label, PageSection } from "@patternfly/react-core";
import { useSearch } from "@tanstack/react-router";
import { ArtifactSort, ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CatalogModel } from "../../../gen/kserve/catalog/v1/model_pb.ts";
import { FactList } from "../frame/fact-list.tsx";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { ViewTabs } from "../frame/view-tabs.tsx";
import { NotYet } from "../states/not-yet.tsx";
import { Properties } from "../versions/properties.tsx";
import { ago } from "../words/time.ts";
import { Benchmarks } from "./benchmarks.tsx";
import { Evaluations } from "./evaluations.tsx";
import { Logo } from "./logo.tsx";
import { Markdown } from "./markdown.tsx";
import { RegisterFromCatalog } from "./register-from-catalog.tsx";

/** A model of the catalog: its card, what was measured, and where its files are. Which one stands in the address bar. */
export function CatalogModelView() {
  const search = useSearch({ strict: false }) as { source?: unknown; name?: unknown };
  const [source, name] = [String(search.source ?? ""), String(search.name ?? "")];
  const { data, error, refetch } = useQuery(ModelCatalog.method.getModel, { sourceId: source, name });
  const model = data?.model;
  return (
    <>
      <ViewHead
        tab={name}
        above={<Trail steps={[{ label: "Catalog", to: "/catalog" }]} here={name} />}
        title={
          <span className="kmr-title">
            {model !== undefined && <Logo src={model.logo} />}
            {name}
          </span>
        }
        actions={model !== undefined && <RegisterFromCatalog source={source} name={name} />}
      >
        {model !== undefined && (
          <>
            {model.description !== "" && <p className="kmr-words">{model.description}</p>}
            <p className="kmr-quiet">
              {[model.provider, model.license, source, model.updateTime && `changed ${ago(model.updateTime)}`]
                .filter(Boolean)
                .join(" · ")}
            </p>
          </>
        )}
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        {model === undefined && <NotYet what={name} error={error} onRetry={() => void refetch()} />}
        {model !== undefined && <ModelTabs key={model.id} model={model} />}
      </PageSection>
    </>
  );
}

function ModelTabs({ model }: { model: CatalogModel }) {
  const { sourceId: source, name } = model;
  return (
    <ViewTabs
      label="About the model"
      tabs={[
        { key: "overview", label: "Overview", content: <Overview model={model} /> },
        { key: "performance", label: "Performance", content: <Benchmarks source={source} name={name} /> },
        { key: "evaluations", label: "Evaluations", content: <Evaluations source={source} name={name} /> },
      ]}
    />
  );
}

function Overview({ model }: { model: CatalogModel }) {
  const { data } = useQuery(ModelCatalog.method.listArtifacts, {
    sourceId: model.sourceId,
    name: model.name,
    sorts: [ArtifactSort.MODEL],
    pageSize: 100,
  });
  const addresses = data?.artifacts.flatMap(({ sort }) => (sort.case === "uri" ? [sort.value] : [])) ?? [];
  return (
    <>
      <FactList
        facts={[
          ["Tasks", words(model.tasks)],
          ["Validated for", words(model.validatedTasks)],
          ["Languages", words(model.languages)],
          ["Library", model.libraryName],
          ["Maturity", model.maturity],
          ["License", [model.license, model.licenseLink].filter(Boolean).join(", ")],
          ["Calls tools by", model.servingConfig?.toolCalling?.toolCallParser],
          [
            "Files",
            addresses.length > 0 && (
              <ul className="kmr-plain-list">
                {addresses.map((address) => (
                  <li key={address}>
                    <code>{address}</code>
                  </li>
                ))}
              </ul>
            ),
          ],
        ]}
      />
      {model.readme !== "" && (
        <>
          <h2 className="kmr-subtitle">Model card</h2>
          <Markdown text={model.readme} below={2} />
        </>
      )}
      <h2 className="kmr-subtitle">Properties</h2>
      <Properties properties={model.customProperties} />
    </>
  );
}

function words(list: readonly string[]) {
  if (list.length === 0) return undefined;
  return (
    <span className="kmr-actions">
      {list.map((one) => (
        <Label key={one} isCompact variant="outline">
          {one}
        </Label>
      ))}
    </span>
  );
}
