import { useQuery } from "@connectrpc/connect-query";
import { Card, CardBody, CardFooter, CardHeader, CardTitle, Label } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import type { McpServer } from "../../../gen/kserve/catalog/v1/mcp_server_pb.ts";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { AssetType } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { ViewHead } from "../frame/view-head.tsx";
import { deploymentWords } from "../words/catalog-words.ts";
import { CatalogList } from "./catalog-list.tsx";
import { useCatalogListState } from "./catalog-list-state.ts";
import { filterText } from "./catalog-search.ts";
import { Logo } from "./logo.tsx";
import { SecurityMarks } from "./security-marks.tsx";

const pageSize = 24;

/** The MCP servers that the catalog offers. */
export function McpServersView() {
  const state = useCatalogListState("/mcp");
  const { settled, tokens } = state;
  const { data: asked } = useQuery(ModelCatalog.method.getFilterOptions, { assetType: AssetType.MCP_SERVERS });
  const { data, error, refetch } = useQuery(
    ModelCatalog.method.listMcpServers,
    {
      pageSize,
      pageToken: tokens.at(-1) ?? "",
      query: settled.q ?? "",
      filter: filterText(settled, undefined),
      namedQuery: settled.prepared ?? "",
      orderBy: settled.order ?? "",
      sourceLabels: settled.label === undefined ? [] : [settled.label],
    },
    { placeholderData: (before) => before },
  );
  return (
    <>
      <ViewHead title="MCP servers" tab="MCP servers">
        Model Context Protocol servers and the tools that they offer to models.
      </ViewHead>
      <CatalogList
        what="MCP servers"
        asset={AssetType.MCP_SERVERS}
        options={asked?.options}
        state={state}
        listed={{
          cards: data?.mcpServers.map((server) => <ServerTile key={server.id} server={server} />),
          nextPageToken: data?.nextPageToken ?? "",
          error,
          refetch: () => void refetch(),
        }}
      />
    </>
  );
}

function ServerTile({ server }: { server: McpServer }) {
  const { id, name, displayName, version, description, provider, license, logo, deploymentMode, toolCount } = server;
  return (
    <Card component="li" isCompact>
      <CardHeader>
        <CardTitle component="h2">
          <Logo src={logo} />
          <Link to="/mcp/$id" params={{ id }}>
            {displayName || name}
          </Link>{" "}
          {deploymentMode !== 0 && (
            <Label isCompact variant="outline">
              {deploymentWords(deploymentMode)}
            </Label>
          )}
        </CardTitle>
      </CardHeader>
      <CardBody className="kmr-card-text">{description}</CardBody>
      <CardFooter>
        <p className="kmr-quiet">
          {[provider, version, license, `${toolCount} ${toolCount === 1 ? "tool" : "tools"}`]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <SecurityMarks indicators={server.securityIndicators} />
      </CardFooter>
    </Card>
  );
}
