import { useMutation, useQuery } from "@connectrpc/connect-query";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type ModelVersion, ModelVersionState } from "../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { featureWords } from "../model/rows-form.tsx";
import { FailureState } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";
import { ago } from "../words/time.ts";
import { Artifacts } from "./artifacts.tsx";
import { EditableProperties, type PropertySaver } from "./editable-properties.tsx";
import { EditableText } from "./editable-text.tsx";

import { RecordActions } from "./record-actions.tsx";
import { ServedWhere } from "./served-where.tsx";
import { registeredTrail } from "./registered-trail.ts";

/** One version: its files, what it was measured at, its features, and where it is served. */
export function VersionView() {
  const params = useParams({ strict: false }) as { name: string; version: string };
  const parent = useQuery(VersionRegistry.method.getRegisteredModel, { key: { case: "name", value: params.name } });
  const model = parent.data?.registeredModel;
  const { data, error, refetch } = useQuery(
    VersionRegistry.method.getModelVersion,
    { key: { case: "name", value: params.version }, registeredModelId: model?.id ?? "" },
    { enabled: model !== undefined },
  );
  const version = data?.modelVersion;
  const failure = parent.error ?? error;
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
        actions={version !== undefined && <VersionActions modelName={params.name} version={version} />}
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
        {version === undefined && failure !== null && <FailureState error={failure} onRetry={() => void refetch()} />}
        {version === undefined && failure === null && <Loading what={params.version} />}
        {version !== undefined && model !== undefined && <Parts model={model} version={version} />}
      </PageSection>
    </>
  );
}

function Parts({ model, version }: { model: RegisteredModel; version: ModelVersion }) {
  const queries = useQueryClient();
  const update = useMutation(VersionRegistry.method.updateModelVersion, {
    onSuccess: () => queries.invalidateQueries(),
  });
  const isLive = version.state !== ModelVersionState.ARCHIVED;
  const saveDescription = (description: string): Promise<unknown> =>
    update.mutateAsync({
      modelVersion: { id: version.id, etag: version.etag, description },
      updateMask: { paths: ["description"] },
    });
  const saveProperties: PropertySaver = (customProperties) =>
    update.mutateAsync({
      modelVersion: { id: version.id, etag: version.etag, customProperties },
      updateMask: { paths: ["custom_properties"] },
    });
  return (
    <div>
      <h2 className="kmr-subtitle">Description</h2>
      <EditableText label="description" text={version.description} save={isLive ? saveDescription : undefined} />
      <h2 className="kmr-subtitle">Artifacts</h2>
      <Artifacts versionId={version.id} />
      <h2 className="kmr-subtitle">Features</h2>
      {version.inputFeatures.length === 0 ? (
        <p className="kmr-quiet">none declared</p>
      ) : (
        <Table aria-label="Features" variant="compact">
          <Thead>
            <Tr>
              <Th>Feature</Th>
              <Th>Takes</Th>
              <Th>Meaning</Th>
            </Tr>
          </Thead>
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
      <h2 className="kmr-subtitle">Properties</h2>
      <EditableProperties properties={version.customProperties} save={isLive ? saveProperties : undefined} />
    </div>
  );
}

function VersionActions({ modelName, version }: { modelName: string; version: ModelVersion }) {
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
