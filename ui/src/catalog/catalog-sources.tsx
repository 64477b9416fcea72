import { useQuery } from "@connectrpc/connect-query";
import { ExpandableSection, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { type AssetType, SourceStatus } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { sourceStatusWords } from "../words/catalog-words.ts";

/** How often it is looked how the sources are, in milliseconds. */
const refetchMs = 10_000;

const statuses: Partial<Record<SourceStatus, "success" | "warning" | "danger">> = {
  [SourceStatus.AVAILABLE]: "success",
  [SourceStatus.PARTIALLY_AVAILABLE]: "warning",
  [SourceStatus.ERROR]: "danger",
};

/** The sources of the catalog and how each is. Where one has a fault, that is seen without opening anything. */
export function CatalogSources({ asset }: { asset: AssetType }) {
  const { data } = useQuery(
    ModelCatalog.method.listSources,
    { assetType: asset, pageSize: 1000 },
    { refetchInterval: refetchMs },
  );
  const sources = data?.sources ?? [];
  if (sources.length === 0) return null;
  const faulty = sources.filter(({ error }) => error !== "").length;
  const title = `${sources.length} ${sources.length === 1 ? "source" : "sources"}${faulty > 0 ? `, ${faulty} with a fault` : ""}`;
  return (
    <ExpandableSection toggleText={title} isIndented className="kmr-unserved">
      <Table aria-label="Sources of the catalog" variant="compact">
        <ColumnHeads labels={["Source", "How it is", "Entries"]} />
        <Tbody>
          {sources.map(({ id, name, type, labels, status, error, size }) => (
            <Tr key={id}>
              <Td dataLabel="Source">
                {name || id} <span className="kmr-quiet">{[type, ...labels].filter(Boolean).join(" · ")}</span>
              </Td>
              <Td dataLabel="How it is" className="kmr-words">
                <Label status={statuses[status]} variant="outline" isCompact>
                  {sourceStatusWords(status)}
                </Label>
                {error !== "" && <div>{error}</div>}
              </Td>
              <Td dataLabel="Entries">{size}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ExpandableSection>
  );
}
