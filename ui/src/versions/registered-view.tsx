import { useQuery } from "@connectrpc/connect-query";
import {
  Button,
  EmptyState,
  EmptyStateBody,
  PageSection,
  SearchInput,
  ToggleGroup,
  ToggleGroupItem,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import DatabaseIcon from "@patternfly/react-icons/dist/esm/icons/database-icon";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { Link, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { NotYet } from "../states/not-yet.tsx";
import { ago, exactly } from "../words/time.ts";
import { nameFilter } from "./filter-text.ts";
import { Pager } from "./pager.tsx";

const pageSize = 25;

/** The models that are registered, newest change first. */
export function RegisteredView() {
  const [text, setText] = useState("");
  const [archived, setArchived] = useState(false);
  const [tokens, setTokens] = useState<readonly string[]>([]);
  const settled = useDeferredValue(text);
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(
    VersionRegistry.method.listRegisteredModels,
    {
      pageSize,
      pageToken: tokens.at(-1) ?? "",
      filter: nameFilter(settled, archived ? "ARCHIVED" : "LIVE"),
      orderBy: "update_time desc",
      includeTotalSize: true,
    },
    { placeholderData: (before) => before },
  );
  return (
    <>
      <ViewHead
        title="Registered models"
        tab="Registered models"
        actions={<Button onClick={() => void navigate({ to: "/register" })}>Register a version</Button>}
      >
        The models that were made, whether they run or not.
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        <Filters
          text={text}
          archived={archived}
          onText={(value) => {
            setText(value);
            setTokens([]);
          }}
          onArchived={(value) => {
            setArchived(value);
            setTokens([]);
          }}
        />
        {data === undefined && <NotYet what="the registered models" error={error} onRetry={() => void refetch()} />}
        {data?.registeredModels.length === 0 && <NoModels isSearch={text !== ""} archived={archived} />}
        {data !== undefined && data.registeredModels.length > 0 && (
          <>
            <ModelsTable models={data.registeredModels} />
            <Pager tokens={tokens} nextToken={data.nextPageToken} total={data.totalSize} onTokens={setTokens} />
          </>
        )}
      </PageSection>
    </>
  );
}

function Filters({
  text,
  archived,
  onText,
  onArchived,
}: {
  text: string;
  archived: boolean;
  onText: (text: string) => void;
  onArchived: (archived: boolean) => void;
}) {
  return (
    <Toolbar aria-label="Filters">
      <ToolbarContent>
        <ToolbarItem className="kmr-search">
          <SearchInput
            aria-label="Search registered models"
            placeholder="Name"
            value={text}
            onChange={(_, value) => onText(value)}
            onClear={() => onText("")}
          />
        </ToolbarItem>
        <ToolbarItem>
          <ToggleGroup aria-label="State">
            {([false, true] as const).map((one) => (
              <ToggleGroupItem
                key={String(one)}
                text={one ? "Archived" : "Live"}
                buttonId={one ? "archived" : "live"}
                isSelected={archived === one}
                onChange={() => onArchived(one)}
              />
            ))}
          </ToggleGroup>
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}

function NoModels({ isSearch, archived }: { isSearch: boolean; archived: boolean }) {
  const none = archived ? "Nothing is archived" : "No registered models yet";
  return (
    <EmptyState titleText={isSearch ? "No registered model matches" : none} headingLevel="h2" icon={DatabaseIcon}>
      <EmptyStateBody>
        {!isSearch &&
          !archived &&
          "Register a version here, by the command line, or with the Python client of Kubeflow."}
      </EmptyStateBody>
    </EmptyState>
  );
}

function ModelsTable({ models }: { models: readonly RegisteredModel[] }) {
  return (
    <Table aria-label="Registered models" variant="compact">
      <ColumnHeads labels={["Name", "Owner", "Changed"]} />
      <Tbody>
        {models.map(({ id, name, description, owner, updateTime }) => (
          <Tr key={id}>
            <Td dataLabel="Name">
              <Link to="/registered/$name" params={{ name }}>
                {name}
              </Link>
              {description !== "" && <div className="kmr-quiet">{description}</div>}
            </Td>
            <Td dataLabel="Owner">{owner}</Td>
            <Td dataLabel="Changed">
              <span title={exactly(updateTime)}>{ago(updateTime)}</span>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
