import { useQuery } from "@connectrpc/connect-query";
import { Label, SearchInput } from "@patternfly/react-core";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { AccessType, type McpTool } from "../../../gen/kserve/catalog/v1/mcp_server_pb.ts";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { FailureAlert } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";
import { accessWords } from "../words/catalog-words.ts";

/** As many are shown as one page of the service has. */
const maxShown = 1000;
/** Fewer are seen at a glance. */
const searchFrom = 6;

/** The tools of an MCP server: what each does, may do and takes. */
export function McpTools({ serverId }: { serverId: string }) {
  const [text, setText] = useState("");
  const { data, error } = useQuery(ModelCatalog.method.listMcpTools, { serverId, pageSize: maxShown });
  if (data === undefined) return error === null ? <Loading what="the tools" /> : <FailureAlert error={error} />;
  if (data.tools.length === 0) return <p className="kmr-quiet">none</p>;
  const wanted = text.trim().toLowerCase();
  const shown = data.tools.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(wanted));
  return (
    <>
      {data.tools.length >= searchFrom && (
        <SearchInput
          aria-label="Search tools"
          placeholder="Name, description"
          value={text}
          onChange={(_, value) => setText(value)}
          onClear={() => setText("")}
          className="kmr-search kmr-gap-below"
        />
      )}
      {shown.length === 0 && <p className="kmr-quiet">No tool matches.</p>}
      {shown.length > 0 && (
        <Table aria-label="Tools" variant="compact">
          <ColumnHeads labels={["Tool", "May", "Takes"]} />
          <Tbody>
            {shown.map((tool) => (
              <ToolRow key={tool.id} tool={tool} />
            ))}
          </Tbody>
        </Table>
      )}
      {data.nextPageToken !== "" && <p className="kmr-quiet">The first {maxShown}.</p>}
    </>
  );
}

function ToolRow({ tool: { name, description, accessType, parameters } }: { tool: McpTool }) {
  return (
    <Tr>
      <Td dataLabel="Tool">
        <code>{name}</code>
        <div className="kmr-words">{description}</div>
      </Td>
      <Td dataLabel="May">
        {accessType !== AccessType.UNSPECIFIED && (
          <Label isCompact variant="outline" color={accessType === AccessType.READ_ONLY ? "green" : "orange"}>
            {accessWords(accessType)}
          </Label>
        )}
      </Td>
      <Td dataLabel="Takes">
        {parameters.length === 0 ? (
          <span className="kmr-quiet">nothing</span>
        ) : (
          <ul className="kmr-plain-list">
            {parameters.map((parameter) => (
              <li key={parameter.name}>
                <code>{parameter.name}</code> {parameter.type}
                {parameter.required ? ", required" : ""} <span className="kmr-quiet">{parameter.description}</span>
              </li>
            ))}
          </ul>
        )}
      </Td>
    </Tr>
  );
}
