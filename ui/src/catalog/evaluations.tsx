import { useQuery } from "@connectrpc/connect-query";
import { EmptyState, EmptyStateBody } from "@patternfly/react-core";
import { ArtifactSort, ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { MetricsType } from "../../../gen/kserve/catalog/v1/model_pb.ts";
import { NotYet } from "../states/not-yet.tsx";
import { Properties } from "../versions/properties.tsx";
import { metricsWords } from "../words/catalog-words.ts";

/** As many are shown as one page of the service has. */
const maxShown = 1000;

/** How well and how safely a model does, by its benchmarks. How fast it is stands elsewhere. */
export function Evaluations({ source, name }: { source: string; name: string }) {
  const { data, error, refetch } = useQuery(ModelCatalog.method.listArtifacts, {
    sourceId: source,
    name,
    sorts: [ArtifactSort.METRICS],
    pageSize: maxShown,
  });
  if (data === undefined) return <NotYet what="the figures" error={error} onRetry={() => void refetch()} />;
  const shown = data.artifacts.flatMap((artifact) =>
    artifact.sort.case === "metricsType" && artifact.sort.value !== MetricsType.PERFORMANCE
      ? [{ ...artifact, kind: artifact.sort.value }]
      : [],
  );
  if (shown.length === 0) {
    return (
      <EmptyState titleText="No evaluations" headingLevel="h3">
        <EmptyStateBody>The catalog has no evaluation results for this model.</EmptyStateBody>
      </EmptyState>
    );
  }
  return shown.map(({ id, kind, name: title, description, customProperties }) => (
    <section key={id}>
      <h2 className="kmr-subtitle">{[capital(metricsWords(kind)), title].filter(Boolean).join(": ")}</h2>
      {description !== "" && <p className="kmr-words">{description}</p>}
      <Properties properties={customProperties} />
    </section>
  ));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
