import type { MessageInitShape } from "@bufbuild/protobuf";
import { useMutation, useQuery } from "@connectrpc/connect-query";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import {
  type ModelVersion,
  type ModelVersionSchema,
  ModelVersionState,
} from "../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { featureWords } from "../model/rows-form.tsx";
import { failedQuery } from "../states/failed-query.ts";
import { NotYet } from "../states/not-yet.tsx";
import { ago } from "../words/time.ts";
import { Artifacts } from "./artifacts.tsx";
import { type DetailField, EditableDetails } from "./editable-details.tsx";
import { EditableProperties } from "./editable-properties.tsx";
import { EditableText } from "./editable-text.tsx";
import { NotOffered } from "./not-offered.tsx";
import { type Permissions, usePermissions } from "./permissions.ts";

import { RecordActions } from "./record-actions.tsx";
import { registeredTrail } from "./registered-trail.ts";
import { ServedWhere } from "./served-where.tsx";

/** One version: its files, what it was measured at, its features, and where it is served. */
export function VersionView() {
  const params = useParams({ strict: false }) as { name: string; version: string };
  const parent = useQuery(VersionRegistry.method.getRegisteredModel, { key: { case: "name", value: params.name } });
  const model = parent.data?.registeredModel;
  const found = useQuery(
    VersionRegistry.method.getModelVersion,
    { key: { case: "name", value: params.version }, registeredModelId: model?.id ?? "" },
    { enabled: model !== undefined },
  );
  const version = found.data?.modelVersion;
  const { error, refetch } = failedQuery(parent, found);
  const permissions = usePermissions(params.name);
  return (
    <>
      <ViewHead
        tab={`${params.name} ${params.version}`}
        above={<Trail steps={registeredTrail(params.name)} here={params.version} />}
        title={
          <span className="kmr-title">
            {params.version}{" "}
            {version?.state === ModelVersionState.ARCHIVED && (
              <Label isCompact color="grey">
                archived
              </Label>
            )}
          </span>
        }
        actions={
          version !== undefined && (
            <VersionActions modelName={params.name} version={version} permissions={permissions} />
          )
        }
      >
        {version !== undefined && (
          <p className="kmr-quiet">
            {[version.author, `created ${ago(version.createTime)}`, `changed ${ago(version.updateTime)}`]
              .filter(Boolean)
              .join(" · ")}
          </p>
        )}
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        {version === undefined && <NotYet what={params.version} error={error} onRetry={() => void refetch()} />}
        {version !== undefined && model !== undefined && (
          <Parts model={model} version={version} permissions={permissions} />
        )}
      </PageSection>
    </>
  );
}

const details = [{ key: "author", label: "Author", path: "author" }] as const satisfies readonly DetailField<
  keyof ModelVersion
>[];

function Parts({
  model,
  version,
  permissions,
}: {
  model: RegisteredModel;
  version: ModelVersion;
  permissions: Permissions;
}) {
  const queries = useQueryClient();
  const update = useMutation(VersionRegistry.method.updateModelVersion, {
    onSuccess: () => queries.invalidateQueries(),
  });
  const isOpen = version.state !== ModelVersionState.ARCHIVED && permissions.may("changeVersion");
  const save = (values: MessageInitShape<typeof ModelVersionSchema>, paths: string[]): Promise<unknown> =>
    update.mutateAsync({
      modelVersion: { ...values, id: version.id, etag: version.etag },
      updateMask: { paths },
    });
  return (
    <div>
      <NotOffered permissions={permissions} actions={["changeVersion", "deleteVersion"]} />
      <h2 className="kmr-subtitle">Description</h2>
      <EditableText
        label="description"
        text={version.description}
        save={isOpen ? (description) => save({ description }, ["description"]) : undefined}
      />
      <h2 className="kmr-subtitle">Artifacts</h2>
      <Artifacts versionId={version.id} />
      <h2 className="kmr-subtitle">Features</h2>
      {version.inputFeatures.length === 0 ? (
        <p className="kmr-quiet">none declared</p>
      ) : (
        <Table aria-label="Features" variant="compact">
          <ColumnHeads labels={["Feature", "Takes", "Meaning"]} />
          <Tbody>
            {version.inputFeatures.map((feature) => (
              <Tr key={feature.name}>
                <Td dataLabel="Feature">
                  <code>{feature.name}</code>
                </Td>
                <Td dataLabel="Takes">{featureWords(feature)}</Td>
                <Td dataLabel="Meaning">{feature.description}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      <h2 className="kmr-subtitle">Served</h2>
      <ServedWhere model={model} version={version} />
      <h2 className="kmr-subtitle">Details</h2>
      <EditableDetails fields={details} record={version} save={isOpen ? save : undefined} />
      <h2 className="kmr-subtitle">Properties</h2>
      <EditableProperties
        properties={version.customProperties}
        save={isOpen ? (customProperties) => save({ customProperties }, ["custom_properties"]) : undefined}
      />
    </div>
  );
}

function VersionActions({
  modelName,
  version,
  permissions,
}: {
  modelName: string;
  version: ModelVersion;
  permissions: Permissions;
}) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const update = useMutation(VersionRegistry.method.updateModelVersion, {
    onSuccess: () => queries.invalidateQueries(),
  });
  const remove = useMutation(VersionRegistry.method.deleteModelVersion, {
    onSuccess: async () => {
      await navigate({ to: "/registered/$name", params: { name: modelName } });
      await queries.invalidateQueries();
    },
  });
  const setState = (state: ModelVersionState): Promise<unknown> =>
    update.mutateAsync({
      modelVersion: { id: version.id, etag: version.etag, state },
      updateMask: { paths: ["state"] },
    });
  return (
    <RecordActions
      name={version.name}
      isLive={version.state !== ModelVersionState.ARCHIVED}
      canChange={permissions.may("changeVersion")}
      canDelete={permissions.may("deleteVersion")}
      update={update}
      remove={remove}
      onArchive={() => setState(ModelVersionState.ARCHIVED)}
      onRestore={() => void setState(ModelVersionState.LIVE).catch(() => {})}
      onDelete={() => remove.mutate({ id: version.id, etag: version.etag })}
      whatArchivingDoes="It is no longer the newest one that is found by the model's name. It can be restored."
      whatDeletingDoes="This cannot be undone. A version that something refers to is not deleted. The files it names stay where they are."
    >
      <Button
        onClick={() =>
          void navigate({
            to: "/registered/$name/versions/$version/deploy",
            params: { name: modelName, version: version.name },
          })
        }
      >
        Deploy
      </Button>
    </RecordActions>
  );
}
