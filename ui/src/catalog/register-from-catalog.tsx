import { useMutation, useQuery } from "@connectrpc/connect-query";
import { Button, FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { ArtifactSort, ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { FormDialog } from "../frame/form-dialog.tsx";
import { FailureAlert } from "../states/failure.tsx";
import { useGoToRegistered } from "../versions/go-to-registered.ts";
import { NotOffered } from "../versions/not-offered.tsx";
import { usePermissions } from "../versions/permissions.ts";
import { useVersionsOn } from "../versions/versions-on.ts";

/** Takes a model over into the registry of versions. Where that cannot be done it says why. */
export function RegisterFromCatalog({ source, name }: { source: string; name: string }) {
  const [open, setOpen] = useState(false);
  const versionsOn = useVersionsOn();
  const { data } = useQuery(ModelCatalog.method.listArtifacts, {
    sourceId: source,
    name,
    sorts: [ArtifactSort.MODEL],
    pageSize: 100,
  });
  const uris = data?.artifacts.flatMap(({ sort }) => (sort.case === "uri" ? [sort.value] : []));
  if (uris === undefined) return null;
  const hindrance = !versionsOn
    ? "This server has no registry of versions (DATABASE_URL), so nothing can be registered."
    : uris.length === 0
      ? "The catalog has no location for this model's files, so there is nothing to register."
      : undefined;
  if (hindrance !== undefined) return <span className="kmr-quiet">{hindrance}</span>;
  return (
    <>
      <Button onClick={() => setOpen(true)}>Register</Button>
      {open && <RegisterDialog source={source} name={name} uris={uris} onClose={() => setOpen(false)} />}
    </>
  );
}

function RegisterDialog({
  source,
  name,
  uris,
  onClose,
}: {
  source: string;
  name: string;
  uris: readonly string[];
  onClose: () => void;
}) {
  const [registeredName, setRegisteredName] = useState(name);
  const [version, setVersion] = useState("1");
  const [uri, setUri] = useState(uris[0]!);
  const permissions = usePermissions(registeredName.trim());
  const register = useMutation(ModelCatalog.method.registerFromCatalog, { onSuccess: useGoToRegistered() });
  return (
    <FormDialog
      id="register-from-catalog"
      title="Register from the catalog"
      label="What to register"
      verb="Register"
      isPending={register.isPending}
      isDisabled={registeredName.trim() === "" || version.trim() === "" || permissions.whyNot("register") !== undefined}
      below={
        <>
          <NotOffered permissions={permissions} actions={["register"]} />
          {register.error !== null && <FailureAlert error={register.error} />}
        </>
      }
      onSubmit={() =>
        register.mutate({
          sourceId: source,
          name,
          uri,
          registeredName: registeredName.trim(),
          version: version.trim(),
        })
      }
      onClose={onClose}
    >
      <FormGroup label="Registered model" fieldId="registered-name" isRequired>
        <TextInput
          id="registered-name"
          value={registeredName}
          isRequired
          autoComplete="off"
          onChange={(_, value) => setRegisteredName(value)}
        />
      </FormGroup>
      <FormGroup label="Version" fieldId="registered-version" isRequired>
        <TextInput
          id="registered-version"
          value={version}
          isRequired
          autoComplete="off"
          onChange={(_, value) => setVersion(value)}
        />
      </FormGroup>
      <FormGroup label="Files" fieldId="registered-uri">
        <FormSelect id="registered-uri" value={uri} onChange={(_, value) => setUri(value)}>
          {uris.map((one) => (
            <FormSelectOption key={one} value={one} label={one} />
          ))}
        </FormSelect>
      </FormGroup>
      <p className="kmr-quiet">
        Description, license, model card and properties are copied, with a note of their origin. Repeating it changes
        nothing.
      </p>
    </FormDialog>
  );
}
