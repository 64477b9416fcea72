import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type RegisteredModel, RegisteredModelState } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { FailureState } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";
import { ago } from "../words/time.ts";
import { Aliases } from "./aliases.tsx";
import { EditableProperties, type PropertySaver } from "./editable-properties.tsx";
import { EditableText } from "./editable-text.tsx";

import { RecordActions } from "./record-actions.tsx";
import { VersionsTable } from "./versions-table.tsx";
import { registeredTrail } from "./registered-trail.ts";

/** A registered model with its versions and aliases. */
export function RegisteredModelView() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { data, error, refetch } = useQuery(VersionRegistry.method.getRegisteredModel, {
    key: { case: "name", value: name },
  });
  const model = data?.registeredModel;
  return (
    <>
      <ViewHead
        tab={name}
        above={<Trail steps={registeredTrail()} here={name} />}
        title={
          <span className="kmr-title">
            {name}{" "}
            {model?.state === RegisteredModelState.ARCHIVED && (
              <Label isCompact color="grey">
                archived
              </Label>
            )}
          </span>
        }
        actions={model !== undefined && <ModelActions model={model} />}
      >
        {model !== undefined && (
          <p className="kmr-quiet">
            {[model.owner, model.license, `changed ${ago(model.updateTime)}`].filter(Boolean).join(" · ")}
          </p>
        )}
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        {model === undefined && error !== null && <FailureState error={error} onRetry={() => void refetch()} />}
        {model === undefined && error === null && <Loading what={name} />}
        {model !== undefined && <Parts model={model} />}
      </PageSection>
    </>
  );
}

function Parts({ model }: { model: RegisteredModel }) {
  const queries = useQueryClient();
  const update = useMutation(VersionRegistry.method.updateRegisteredModel, {
    onSuccess: () => queries.invalidateQueries(),
  });
  const isLive = model.state !== RegisteredModelState.ARCHIVED;
  const saveDescription = (description: string): Promise<unknown> =>
    update.mutateAsync({
      registeredModel: { id: model.id, etag: model.etag, description },
      updateMask: { paths: ["description"] },
    });
  const saveProperties: PropertySaver = (customProperties) =>
    update.mutateAsync({
      registeredModel: { id: model.id, etag: model.etag, customProperties },
      updateMask: { paths: ["custom_properties"] },
    });
  return (
    <div>
      <h2 className="kmr-subtitle">Description</h2>
      <EditableText label="description" text={model.description} save={isLive ? saveDescription : undefined} />
      <h2 className="kmr-subtitle">Versions</h2>
      <VersionsTable model={model} />
      <h2 className="kmr-subtitle">Aliases</h2>
      <Aliases model={model} />
      <h2 className="kmr-subtitle">Properties</h2>
      <EditableProperties properties={model.customProperties} save={isLive ? saveProperties : undefined} />
    </div>
  );
}

function ModelActions({ model }: { model: RegisteredModel }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const update = useMutation(VersionRegistry.method.updateRegisteredModel, {
    onSuccess: () => queries.invalidateQueries(),
  });
  const remove = useMutation(VersionRegistry.method.deleteRegisteredModel, {
    onSuccess: async () => {
      await navigate({ to: "/registered" });
      queries.removeQueries({
        queryKey: createConnectQueryKey({ schema: VersionRegistry.method.getRegisteredModel, cardinality: "finite" }),
      });
      await queries.invalidateQueries();
    },
  });
  const setState = (state: RegisteredModelState): Promise<unknown> =>
    update.mutateAsync({
      registeredModel: { id: model.id, etag: model.etag, state },
      updateMask: { paths: ["state"] },
    });
  return (
    <RecordActions
      name={model.name}
      isLive={model.state !== RegisteredModelState.ARCHIVED}
      update={update}
      remove={remove}
      onArchive={() => setState(RegisteredModelState.ARCHIVED)}
      onRestore={() => void setState(RegisteredModelState.LIVE).catch(() => {})}
      onDelete={() => remove.mutate({ id: model.id, etag: model.etag })}
      whatArchivingDoes="Its versions stay and can be read. It can be restored."
      whatDeletingDoes="This cannot be undone. A model that still has versions is not deleted: delete those first."
    >
      <Button onClick={() => void navigate({ to: "/register", search: { name: model.name } })}>
        Register a version
      </Button>
    </RecordActions>
  );
}
