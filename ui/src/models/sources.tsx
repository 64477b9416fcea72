import { useQuery } from "@connectrpc/connect-query";
import { ExpandableSection, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { ModelRegistry, type SourceSummary } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { sourceWords } from "../words/enum-words.ts";
import { ago, exactly } from "../words/time.ts";

/** How often it is looked how the sources are, in milliseconds. */
const refetchMs = 10_000;

/** The sources of models, and how up to date each is. Where one is not, that is seen without opening anything. */
export function Sources() {
  const { data } = useQuery(ModelRegistry.method.listSources, {}, { refetchInterval: refetchMs });
  const sources = data?.sources ?? [];
  if (sources.length === 0) return null;
  const stale = sources.filter((source) => !isUpToDate(source)).length;
  const title = `${sources.length} ${sources.length === 1 ? "source" : "sources"}, ${stale > 0 ? `${stale} not` : "all"} up to date`;
  return (
    <ExpandableSection toggleText={title} isIndented className="kmr-unserved">
      <Table aria-label="Sources of models" variant="compact">
        <ColumnHeads labels={["Source", "How it is", "Entries", "Changed"]} />
        <Tbody>
          {sources.map((source) => (
            <Tr key={source.name}>
              <Td dataLabel="Source">
                {sourceWords(source.kind)} <span className="kmr-quiet">{source.cluster}</span>
              </Td>
              <Td dataLabel="How it is" className="kmr-words">
                <Label variant="outline" isCompact status={isUpToDate(source) ? "success" : "warning"}>
                  {!source.loaded ? "not loaded yet" : isUpToDate(source) ? "up to date" : "may be out of date"}
                </Label>
                {source.staleSince !== undefined && (
                  <div>
                    {source.problem} <span className="kmr-quiet">since {exactly(source.staleSince)}</span>
                  </div>
                )}
              </Td>
              <Td dataLabel="Entries">
                {source.entryCount}
                {source.refusedCount > 0 && `, and ${source.refusedCount} refused`}
              </Td>
              <Td dataLabel="Changed">{source.changeTime === undefined ? "" : ago(source.changeTime)}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ExpandableSection>
  );
}

function isUpToDate({ loaded, staleSince }: SourceSummary): boolean {
  return loaded && staleSince === undefined;
}
