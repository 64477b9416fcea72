import { useMutation, useQuery } from "@connectrpc/connect-query";
import {
  Button,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ArtifactSort, ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { FailureAlert } from "../states/failure.tsx";
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
    ? "This server keeps no versions (DATABASE_URL), so nothing can be registered."
    : uris.length === 0
      ? "The catalog does not say where the files of this model are, so there is nothing to register."
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
  const queries = useQueryClient();
  const navigate = useNavigate();
  const permissions = usePermissions(registeredName.trim());
  const register = useMutation(ModelCatalog.method.registerFromCatalog, {
    onSuccess: async ({ registeredModel, modelVersion }) => {
      await queries.invalidateQueries();
      await navigate({
        to: "/registered/$name/versions/$version",
        params: { name: registeredModel!.name, version: modelVersion!.name },
      });
    },
  });
  return (
    <Modal isOpen onClose={onClose} variant="small" aria-labelledby="register-title">
      <ModalHeader title="Register from the catalog" labelId="register-title" />
      <ModalBody tabIndex={0} aria-label="What to register">
        <Form
          id="register-from-catalog"
          onSubmit={(event) => {
            event.preventDefault();
            register.mutate({
              sourceId: source,
              name,
              uri,
              registeredName: registeredName.trim(),
              version: version.trim(),
            });
          }}
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
            Description, license, model card and properties are taken over, with where they came from. Sent again it
            answers the same.
          </p>
        </Form>
        <NotOffered permissions={permissions} actions={["register"]} />
        {register.error !== null && <FailureAlert error={register.error} />}
      </ModalBody>
      <ModalFooter>
        <Button
          type="submit"
          form="register-from-catalog"
          isLoading={register.isPending}
          isDisabled={
            register.isPending ||
            registeredName.trim() === "" ||
            version.trim() === "" ||
            permissions.whyNot("register") !== undefined
          }
        >
          Register
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
