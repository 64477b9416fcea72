import { useQuery } from "@connectrpc/connect-query";
import {
  EmptyState,
  EmptyStateBody,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Switch,
  TextInput,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { CatalogArtifact } from "../../../gen/kserve/catalog/v1/model_pb.ts";
import { LatencyChart } from "../charts/latency-chart.tsx";
import { failedQuery } from "../states/failed-query.ts";
import { NotYet } from "../states/not-yet.tsx";
import { propertyText } from "../versions/properties.tsx";

/** The largest page of the service: no more figures are shown. */
const maxShown = 1000;
/** The highest load that can be planned for, in requests per second. */
const maxRps = 1_000_000;

const latencyName = /^(?:ttft|e2e|itl|latency)\w*_(?:mean|p\d+)$/;
const columns: readonly (readonly [property: string, label: string])[] = [
  ["hardware_type", "Hardware"],
  ["hardware_count", "Pieces"],
  ["use_case", "Workload"],
  ["replicas", "Replicas"],
  ["requests_per_second", "Requests/s per replica"],
  ["total_requests_per_second", "Requests/s in total"],
];

/** How fast a model is on which hardware: a chart of latency over throughput, and all figures. */
export function Benchmarks({ source, name }: { source: string; name: string }) {
  const [rps, setRps] = useState("1");
  const [worthOnly, setWorthOnly] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const targetRps = Math.min(maxRps, Math.max(1, Math.floor(Number(rps)) || 1));
  const asked = { sourceId: source, name, pageSize: maxShown };
  const all = useQuery(ModelCatalog.method.listPerformanceArtifacts, asked);
  const latencies = [...new Set((all.data?.artifacts ?? []).flatMap(latenciesOf))].sort();
  const latency = chosen ?? (latencies.includes("ttft_p90") ? "ttft_p90" : latencies[0]);
  const recommended = useQuery(
    ModelCatalog.method.listPerformanceArtifacts,
    { ...asked, recommendedOnly: worthOnly, recommendation: { targetRps, latencyProperty: latency ?? "" } },
    { placeholderData: (before) => before, enabled: all.data !== undefined },
  );
  const { data } = recommended;
  if (data === undefined) {
    const { error, refetch } = failedQuery(all, recommended);
    return <NotYet what="the figures" error={error} onRetry={() => void refetch()} />;
  }
  if (all.data?.artifacts.length === 0) {
    return (
      <EmptyState titleText="No benchmarks" headingLevel="h3">
        <EmptyStateBody>The catalog has no performance measurements for this model.</EmptyStateBody>
      </EmptyState>
    );
  }
  const further = latencies.filter((one) => one !== latency);
  const shownColumns = [
    ...columns,
    ...(latency === undefined ? [] : [[latency, `${latency} (ms)`] as const]),
    ...further.map((one) => [one, `${one} (ms)`] as const),
  ].filter(([property]) => data.artifacts.some(({ customProperties }) => property in customProperties));
  const rows = data.artifacts.toSorted(
    (a, b) => (numberOf(a, latency) ?? Infinity) - (numberOf(b, latency) ?? Infinity),
  );
  return (
    <>
      <div className="kmr-inline-form kmr-gap-below">
        <FormGroup label="Requests per second to serve" fieldId="target-rps">
          <TextInput
            id="target-rps"
            type="number"
            min={1}
            max={maxRps}
            value={rps}
            onChange={(_, value) => setRps(value)}
          />
        </FormGroup>
        {latencies.length > 1 && (
          <FormGroup label="Latency" fieldId="latency">
            <FormSelect id="latency" value={latency} onChange={(_, value) => setChosen(value)}>
              {latencies.map((one) => (
                <FormSelectOption key={one} value={one} label={one} />
              ))}
            </FormSelect>
          </FormGroup>
        )}
        <Switch
          id="worth-only"
          label="Only recommended configurations"
          isChecked={worthOnly}
          onChange={(_, checked) => setWorthOnly(checked)}
        />
      </div>
      {latency !== undefined && (
        <LatencyChart
          series={seriesOf(data.artifacts, latency)}
          xLabel="requests per second per replica"
          yLabel={`${latency} in ms`}
          caption={`${latency} over throughput, by hardware`}
        />
      )}
      <div className="kmr-rows-frame">
        <Table aria-label="Figures" variant="compact" gridBreakPoint="">
          <Thead>
            <Tr>
              {shownColumns.map(([property, label]) => (
                <Th key={property}>{label}</Th>
              ))}
            </Tr>
          </Thead>
          <Tbody>
            {rows.map(({ id, customProperties }) => (
              <Tr key={id}>
                {shownColumns.map(([property, label]) => (
                  <Td key={property} dataLabel={label}>
                    {property in customProperties ? propertyText(customProperties[property]!) : ""}
                  </Td>
                ))}
              </Tr>
            ))}
          </Tbody>
        </Table>
      </div>
      {data.nextPageToken !== "" && <p className="kmr-quiet">The first {data.artifacts.length}.</p>}
    </>
  );
}

function latenciesOf({ customProperties }: CatalogArtifact): readonly string[] {
  return Object.keys(customProperties).filter((name) => latencyName.test(name));
}

function numberOf({ customProperties }: CatalogArtifact, property: string | undefined): number | undefined {
  const value = property === undefined ? undefined : customProperties[property]?.value;
  if (value?.case !== "doubleValue" && value?.case !== "intValue") return undefined;
  const number = Number(value.value);
  return Number.isFinite(number) ? number : undefined;
}

function seriesOf(artifacts: readonly CatalogArtifact[], latency: string) {
  const byHardware = new Map<string, { x: number; y: number }[]>();
  for (const artifact of artifacts) {
    const x = numberOf(artifact, "requests_per_second");
    const y = numberOf(artifact, latency);
    const hardware = artifact.customProperties.hardware_type;
    if (x === undefined || y === undefined) continue;
    const name = hardware === undefined ? "unnamed hardware" : propertyText(hardware);
    byHardware.set(name, [...(byHardware.get(name) ?? []), { x, y }]);
  }
  return [...byHardware].map(([name, points]) => ({ name, points })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
