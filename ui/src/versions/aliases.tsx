import { useMutation, useQuery } from "@connectrpc/connect-query";
import { Button, FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { FailureAlert } from "../states/failure.tsx";
import { ago } from "../words/time.ts";

/** As many versions are offered for an alias: the newest. */
const maxOffered = 100;

/** The aliases of a model's versions. A move is rejected if somebody else has moved the alias in the meantime. */
export function Aliases({ model, canChange }: { model: RegisteredModel; canChange: boolean }) {
  const queries = useQueryClient();
  const onSuccess = (): Promise<void> => queries.invalidateQueries();
  const { data, error } = useQuery(VersionRegistry.method.listAliases, { name: model.name });
  const versions = useQuery(VersionRegistry.method.listModelVersions, {
    registeredModelId: model.id,
    orderBy: "create_time desc",
    pageSize: maxOffered,
  });
  const set = useMutation(VersionRegistry.method.setAlias, { onSuccess });
  const remove = useMutation(VersionRegistry.method.deleteAlias, { onSuccess });
  const [alias, setAlias] = useState("");
  const [version, setVersion] = useState("");
  const names = versions.data?.modelVersions.map(({ name }) => name) ?? [];
  const current = data?.aliases.find((one) => one.alias === alias)?.version ?? "";
  return (
    <>
      {error !== null && <FailureAlert error={error} />}
      {data?.aliases.length === 0 && <p className="kmr-quiet">none</p>}
      <ul className="kmr-plain-list">
        {data?.aliases.map((one) => (
          <li key={one.alias} className="kmr-actions">
            <strong>{one.alias}</strong> points to {one.version}{" "}
            <span className="kmr-quiet">since {ago(one.updateTime)}</span>
            {canChange && (
              <Button
                variant="plain"
                size="sm"
                aria-label={`Delete alias ${one.alias}`}
                icon={<TimesIcon />}
                onClick={() => remove.mutate({ name: model.name, alias: one.alias })}
              />
            )}
          </li>
        ))}
      </ul>
      {canChange && (
        <form
          className="kmr-inline-form kmr-gap-above"
          onSubmit={(event) => {
            event.preventDefault();
            set.mutate({
              name: model.name,
              alias: alias.trim(),
              version: version || names[0] || "",
              expectedVersion: current,
            });
          }}
        >
          <FormGroup label="Alias" fieldId="alias">
            <TextInput
              id="alias"
              autoComplete="off"
              placeholder="champion"
              value={alias}
              onChange={(_, value) => setAlias(value)}
            />
          </FormGroup>
          <FormGroup label="Version" fieldId="alias-version">
            <FormSelect id="alias-version" value={version} onChange={(_, value) => setVersion(value)}>
              {names.map((name) => (
                <FormSelectOption key={name} value={name} label={name} />
              ))}
            </FormSelect>
          </FormGroup>
          <Button
            type="submit"
            variant="secondary"
            isDisabled={alias.trim() === "" || names.length === 0}
            isLoading={set.isPending}
          >
            {current === "" ? "Set alias" : "Move alias"}
          </Button>
        </form>
      )}
      {set.error !== null && <FailureAlert error={set.error} />}
      {remove.error !== null && <FailureAlert error={remove.error} />}
    </>
  );
}
