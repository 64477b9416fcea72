import { useQuery } from "@connectrpc/connect-query";
import { Button, Checkbox, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ModelVersionState } from "../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { FailureAlert } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";
import { ago, exactly } from "../words/time.ts";
import { Pager } from "./pager.tsx";

const pageSize = 25;
/** As many as can be compared. */
const maxCompared = 20;

/** The versions of a model, newest first. Those that are marked can be compared. */
export function VersionsTable({ model }: { model: RegisteredModel }) {
  const [tokens, setTokens] = useState<readonly string[]>([]);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const navigate = useNavigate();
  const aliases = useQuery(VersionRegistry.method.listAliases, { name: model.name }).data?.aliases ?? [];
  const { data, error } = useQuery(
    VersionRegistry.method.listModelVersions,
    {
      pageSize,
      pageToken: tokens.at(-1) ?? "",
      registeredModelId: model.id,
      orderBy: "create_time desc",
      includeTotalSize: true,
    },
    { placeholderData: (before) => before },
  );
  if (data === undefined) return error === null ? <Loading what="the versions" /> : <FailureAlert error={error} />;
  if (data.modelVersions.length === 0) return <p className="kmr-quiet">No version has been registered.</p>;
  const mark = (version: string, checked: boolean): void => {
    const next = new Set(marked);
    if (checked) next.add(version);
    else next.delete(version);
    setMarked(next);
  };
  return (
    <>
      <Table aria-label="Versions" variant="compact">
        <Thead>
          <Tr>
            <Th screenReaderText="Compare" />
            <Th>Version</Th>
            <Th>Aliases</Th>
            <Th>Author</Th>
            <Th>Created</Th>
          </Tr>
        </Thead>
        <Tbody>
          {data.modelVersions.map(({ id, name, description, author, createTime, state }) => (
            <Tr key={id}>
              <Td>
                <Checkbox
                  id={`compare-${id}`}
                  aria-label={`Compare ${name}`}
                  isChecked={marked.has(name)}
                  isDisabled={!marked.has(name) && marked.size >= maxCompared}
                  onChange={(_, checked) => mark(name, checked)}
                />
              </Td>
              <Td dataLabel="Version">
                <Link to="/registered/$name/versions/$version" params={{ name: model.name, version: name }}>
                  {name}
                </Link>{" "}
                {state === ModelVersionState.ARCHIVED && (
                  <Label isCompact color="grey">
                    archived
                  </Label>
                )}
                {description !== "" && <div className="kmr-quiet">{description}</div>}
              </Td>
              <Td dataLabel="Aliases">
                {aliases
                  .filter((alias) => alias.modelVersionId === id)
                  .map(({ alias }) => (
                    <Label key={alias} isCompact color="blue">
                      {alias}
                    </Label>
                  ))}
              </Td>
              <Td dataLabel="Author">{author}</Td>
              <Td dataLabel="Created">
                <span title={exactly(createTime)}>{ago(createTime)}</span>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      <div className="kmr-actions kmr-gap-above">
        <Button
          variant="secondary"
          isDisabled={marked.size < 2}
          onClick={() => void navigate({ to: "/compare", search: { name: model.name, versions: [...marked] } })}
        >
          {marked.size < 2 ? "Mark two versions to compare" : `Compare ${marked.size} versions`}
        </Button>
      </div>
      <Pager tokens={tokens} nextToken={data.nextPageToken} total={data.totalSize} onTokens={setTokens} />
    </>
  );
}
