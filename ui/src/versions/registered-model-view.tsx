import type { MessageInitShape } from "@bufbuild/protobuf";
import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { Button, Label, PageSection } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import {
  type RegisteredModel,
  type RegisteredModelSchema,
  RegisteredModelState,
} from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { NotYet } from "../states/not-yet.tsx";
import { ago } from "../words/time.ts";
import { Aliases } from "./aliases.tsx";
import { type DetailField, EditableDetails } from "./editable-details.tsx";
import { EditableProperties } from "./editable-properties.tsx";
import { EditableText } from "./editable-text.tsx";
import { NotOffered } from "./not-offered.tsx";
import { type Permissions, usePermissions } from "./permissions.ts";

import { RecordActions } from "./record-actions.tsx";
import { registeredTrail } from "./registered-trail.ts";
import { VersionsTable } from "./versions-table.tsx";

/** A registered model with its versions and aliases. */
export function RegisteredModelView() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { data, error, refetch } = useQuery(VersionRegistry.method.getRegisteredModel, {
    key: { case: "name", value: name },
  });
  const model = data?.registeredModel;
  const permissions = usePermissions(name);
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
        actions={model !== undefined && <ModelActions model={model} permissions={permissions} />}
      >
        {model !== undefined && (
          <p className="kmr-quiet">
            {[model.owner, model.license, `changed ${ago(model.updateTime)}`].filter(Boolean).join(" · ")}
          </p>
        )}
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        {model === undefined && <NotYet what={name} error={error} onRetry={() => void refetch()} />}
        {model !== undefined && <Parts model={model} permissions={permissions} />}
      </PageSection>
    </>
  );
}

const Markdown = lazy(async () => ({ default: (await import("../catalog/markdown.tsx")).Markdown }));

const details = [
  { key: "owner", label: "Owner", path: "owner" },
  { key: "provider", label: "Provider", path: "provider" },
  { key: "maturity", label: "Maturity", path: "maturity" },
  { key: "tasks", label: "Tasks", path: "tasks", isList: true },
  { key: "language", label: "Languages", path: "language", isList: true },
  { key: "libraryName", label: "Library", path: "library_name" },
  { key: "license", label: "License", path: "license" },
  { key: "licenseLink", label: "License link", path: "license_link" },
] as const satisfies readonly DetailField<keyof RegisteredModel>[];

function Parts({ model, permissions }: { model: RegisteredModel; permissions: Permissions }) {
  const queries = useQueryClient();
  const update = useMutation(VersionRegistry.method.updateRegisteredModel, {
    onSuccess: () => queries.invalidateQueries(),
  });
  const isOpen = model.state !== RegisteredModelState.ARCHIVED && permissions.may("changeModel");
  const save = (values: MessageInitShape<typeof RegisteredModelSchema>, paths: string[]): Promise<unknown> =>
    update.mutateAsync({
      registeredModel: { ...values, id: model.id, etag: model.etag },
      updateMask: { paths },
    });
  return (
    <div>
      <NotOffered permissions={permissions} actions={["register", "changeModel", "deleteModel"]} />
      <h2 className="kmr-subtitle">Description</h2>
      <EditableText
        label="description"
        text={model.description}
        save={isOpen ? (description) => save({ description }, ["description"]) : undefined}
      />
      <h2 className="kmr-subtitle">Versions</h2>
      <VersionsTable model={model} />
      <h2 className="kmr-subtitle">Aliases</h2>
      <Aliases model={model} canChange={permissions.may("changeModel")} />
      <h2 className="kmr-subtitle">Details</h2>
      <EditableDetails fields={details} record={model} save={isOpen ? save : undefined} />
      <h2 className="kmr-subtitle">Properties</h2>
      <EditableProperties
        properties={model.customProperties}
        save={isOpen ? (customProperties) => save({ customProperties }, ["custom_properties"]) : undefined}
      />
      <h2 className="kmr-subtitle">Documentation</h2>
      <Suspense>
        <EditableText
          label="documentation"
          text={model.readme}
          show={(text) => <Markdown text={text} below={2} />}
          save={isOpen ? (readme) => save({ readme }, ["readme"]) : undefined}
        />
      </Suspense>
    </div>
  );
}

function ModelActions({ model, permissions }: { model: RegisteredModel; permissions: Permissions }) {
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
      canChange={permissions.may("changeModel")}
      canDelete={permissions.may("deleteModel")}
      update={update}
      remove={remove}
      onArchive={() => setState(RegisteredModelState.ARCHIVED)}
      onRestore={() => void setState(RegisteredModelState.LIVE).catch(() => {})}
      onDelete={() => remove.mutate({ id: model.id, etag: model.etag })}
      whatArchivingDoes="Its versions are kept and can be read. It can be restored."
      whatDeletingDoes="This cannot be undone. A model that still has versions cannot be deleted: delete them first."
    >
      {permissions.may("register") && (
        <Button onClick={() => void navigate({ to: "/register", search: { name: model.name } })}>
          Register a version
        </Button>
      )}
    </RecordActions>
  );
}
