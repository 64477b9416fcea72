import { useQuery } from "@connectrpc/connect-query";
import { EmptyState, EmptyStateBody, Label, PageSection, Switch } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useSearch } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import {
  ComparisonGroup,
  type ComparisonRow,
  VersionRegistry,
} from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { FailureState } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";
import { MetricBars } from "./metric-bars.tsx";
import { registeredTrail } from "./registered-trail.ts";
import { valuesOf, valueText } from "./row-values.ts";

const groups: readonly (readonly [ComparisonGroup, string])[] = [
  [ComparisonGroup.METRIC, "Metrics"],
  [ComparisonGroup.PARAMETER, "Parameters"],
  [ComparisonGroup.FEATURE, "Features"],
  [ComparisonGroup.PROPERTY, "Properties"],
  [ComparisonGroup.FIELD, "Fields"],
];

/** Versions side by side, with what differs marked. Which ones stands in the address bar. */
export function CompareView() {
  const search = useSearch({ strict: false }) as { name?: unknown; versions?: unknown };
  const name = String(search.name ?? "");
  const chosen = Array.isArray(search.versions) ? search.versions.map(String) : [];
  const [differing, setDiffering] = useState(false);
  const { data, error, refetch } = useQuery(
    VersionRegistry.method.compareVersions,
    { versions: chosen.map((version) => ({ name, selector: { case: "version" as const, value: version } })) },
    { enabled: chosen.length > 1 },
  );
  const versions = data?.versions.map(({ modelVersion }) => modelVersion?.name ?? "") ?? [];
  const rowsOf = (group: ComparisonGroup): readonly ComparisonRow[] =>
    data?.rows.filter((row) => row.group === group && (!differing || row.differs)) ?? [];
  return (
    <>
      <ViewHead
        title="Compare versions"
        tab="Compare versions"
        above={<Trail steps={registeredTrail(name)} here="Compare" />}
      />
      <PageSection isFilled hasBodyWrapper={false}>
        {chosen.length < 2 && (
          <EmptyState titleText="Choose two versions" headingLevel="h2">
            <EmptyStateBody>Mark them in the list of versions of a model.</EmptyStateBody>
          </EmptyState>
        )}
        {data === undefined && error !== null && <FailureState error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && chosen.length > 1 && <Loading what="the comparison" />}
        {data !== undefined && (
          <>
            <Switch
              id="differing"
              label="Only what differs"
              isChecked={differing}
              onChange={(_, checked) => setDiffering(checked)}
            />
            <div className="kmr-rows-frame kmr-gap-above">
              <Table aria-label="Comparison" variant="compact" gridBreakPoint="">
                <Thead>
                  <Tr>
                    <Th screenReaderText="What" />
                    {versions.map((version) => (
                      <Th key={version}>{version}</Th>
                    ))}
                  </Tr>
                </Thead>
                <Tbody>
                  {groups.map(([group, title]) => {
                    const rows = rowsOf(group);
                    if (rows.length === 0) return null;
                    return (
                      <Fragment key={group}>
                        <Tr>
                          <Th colSpan={versions.length + 1} scope="colgroup">
                            {title}
                          </Th>
                        </Tr>
                        {rows.map((row) => (
                          <CompareRow key={row.name} row={row} />
                        ))}
                      </Fragment>
                    );
                  })}
                </Tbody>
              </Table>
            </div>
            <MetricBars versions={versions} rows={rowsOf(ComparisonGroup.METRIC)} />
          </>
        )}
      </PageSection>
    </>
  );
}

function CompareRow({ row }: { row: ComparisonRow }) {
  const values = valuesOf(row);
  return (
    <Tr className={row.differs ? "kmr-differs" : ""}>
      <Td dataLabel="What">
        {row.name}{" "}
        {row.differs && (
          <Label isCompact variant="outline" color="orange">
            differs
          </Label>
        )}
      </Td>
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a value is known by its version's place
        <Td key={i} className="kmr-words">
          {value === null ? <span className="kmr-quiet">none</span> : valueText(value)}
        </Td>
      ))}
    </Tr>
  );
}
