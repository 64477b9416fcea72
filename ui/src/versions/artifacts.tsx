import { useQuery } from "@connectrpc/connect-query";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";
import type { Artifact } from "../../../gen/kserve/versions/v1/artifact_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { FailureAlert } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";

/** As many are shown: more of them are read by the command line. */
const maxShown = 200;

const sorts: Readonly<Record<string, string>> = {
  modelArtifact: "files of the model",
  docArtifact: "document",
  dataSet: "data set",
  metric: "metric",
  parameter: "parameter",
};

/** What belongs to a version. */
export function Artifacts({ versionId }: { versionId: string }) {
  const { data, error } = useQuery(VersionRegistry.method.listArtifacts, {
    modelVersionId: versionId,
    pageSize: maxShown,
  });
  if (data === undefined) return error === null ? <Loading what="the artifacts" /> : <FailureAlert error={error} />;
  if (data.artifacts.length === 0) return <p className="kmr-quiet">none</p>;
  return (
    <>
      <Table aria-label="Artifacts" variant="compact">
        <ColumnHeads labels={["Name", "Sort", "What it holds"]} />
        <Tbody>
          {data.artifacts.map((artifact) => (
            <Tr key={artifact.id}>
              <Td dataLabel="Name">{artifact.name}</Td>
              <Td dataLabel="Sort">{sorts[artifact.sort.case ?? ""] ?? artifact.sort.case}</Td>
              <Td dataLabel="What it holds" className="kmr-words">
                <Held sort={artifact.sort} />
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {data.nextPageToken !== "" && <p className="kmr-quiet">The first {maxShown}.</p>}
    </>
  );
}

/** Addresses are shown as text: what they name may be anything, and no link should lead there unseen. */
function Held({ sort }: { sort: Artifact["sort"] }): ReactNode {
  switch (sort.case) {
    case "modelArtifact": {
      const { uri, modelFormatName, modelFormatVersion } = sort.value;
      return (
        <>
          <code>{uri || "no address"}</code>
          {modelFormatName !== "" && <div className="kmr-quiet">{`${modelFormatName} ${modelFormatVersion}`}</div>}
        </>
      );
    }
    case "docArtifact":
      return <code>{sort.value.uri}</code>;
    case "dataSet":
      return <code>{sort.value.uri || sort.value.source}</code>;
    case "metric":
      return `${sort.value.value ?? ""}${sort.value.step === undefined ? "" : ` at step ${sort.value.step}`}`;
    case "parameter":
      return sort.value.value;
    default:
      return null;
  }
}
