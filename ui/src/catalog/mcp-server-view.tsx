import { useQuery } from "@connectrpc/connect-query";
import { PageSection } from "@patternfly/react-core";
import { useParams } from "@tanstack/react-router";
import type { McpServer } from "../../../gen/kserve/catalog/v1/mcp_server_pb.ts";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { FactList } from "../frame/fact-list.tsx";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { CopyableCode } from "../states/copyable-code.tsx";
import { NotYet } from "../states/not-yet.tsx";
import { Properties } from "../versions/properties.tsx";
import { deploymentWords } from "../words/catalog-words.ts";
import { ago } from "../words/time.ts";
import { Logo } from "./logo.tsx";
import { Markdown } from "./markdown.tsx";
import { McpTools } from "./mcp-tools.tsx";
import { SecurityMarks } from "./security-marks.tsx";

/** An MCP server: where it is reached, and what its tools take and may do. */
export function McpServerView() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { data, error, refetch } = useQuery(ModelCatalog.method.getMcpServer, { id });
  const server = data?.mcpServer;
  const title = server === undefined ? "MCP server" : server.displayName || server.name;
  return (
    <>
      <ViewHead
        tab={title}
        above={<Trail steps={[{ label: "MCP servers", to: "/mcp" }]} here={title} />}
        title={
          <span className="kmr-title">
            {server !== undefined && <Logo src={server.logo} />}
            {title}
          </span>
        }
      >
        {server !== undefined && <p className="kmr-words">{server.description}</p>}
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        {server === undefined && <NotYet what="the MCP server" error={error} onRetry={() => void refetch()} />}
        {server !== undefined && <Parts server={server} />}
      </PageSection>
    </>
  );
}

function Parts({ server }: { server: McpServer }) {
  const endpoints = [server.httpEndpoint, server.sseEndpoint, ...server.artifactUris].filter(Boolean);
  return (
    <>
      <FactList
        facts={[
          ["Provider", server.provider],
          ["Version", server.version],
          ["License", [server.license, server.licenseLink].filter(Boolean).join(", ")],
          ["Runs", server.deploymentMode !== 0 && deploymentWords(server.deploymentMode)],
          ["Transports", server.transports.join(", ")],
          ["Tags", server.tags.join(", ")],
          ["Safety", server.securityIndicators && <SecurityMarks indicators={server.securityIndicators} />],
          // Addresses are shown as text: what they name may be anything.
          ["Documentation", server.documentationUrl && <code>{server.documentationUrl}</code>],
          ["Repository", server.repositoryUrl && <code>{server.repositoryUrl}</code>],
          ["Source code", server.sourceCode && <code>{server.sourceCode}</code>],
          ["Published", server.publishedTime && ago(server.publishedTime)],
          ["Changed", server.lastUpdatedTime && ago(server.lastUpdatedTime)],
        ]}
      />
      {endpoints.length > 0 && (
        <>
          <h2 className="kmr-subtitle">Where it is</h2>
          {endpoints.map((endpoint) => (
            <CopyableCode key={endpoint} text={endpoint} />
          ))}
        </>
      )}
      <h2 className="kmr-subtitle">Tools</h2>
      <McpTools serverId={server.id} />
      {server.readme !== "" && (
        <>
          <h2 className="kmr-subtitle">About it</h2>
          <Markdown text={server.readme} below={2} />
        </>
      )}
      <h2 className="kmr-subtitle">Properties</h2>
      <Properties properties={server.customProperties} />
    </>
  );
}
