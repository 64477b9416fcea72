import { useMutation } from "@connectrpc/connect-query";
import {
  ActionGroup,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  PageSection,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { FailureAlert } from "../states/failure.tsx";
import { failureWords } from "../states/failure-words.ts";
import { useGoToRegistered } from "./go-to-registered.ts";
import { NotOffered } from "./not-offered.tsx";
import { usePermissions } from "./permissions.ts";
import { registeredTrail } from "./registered-trail.ts";
import { metricProblem, registrationOf, type TypedVersion } from "./registration.ts";

interface Field {
  readonly id: keyof TypedVersion;
  readonly label: string;
  readonly help: string;
  readonly required?: boolean;
  readonly long?: boolean;
}

const fields: readonly Field[] = [
  { id: "name", label: "Model", help: "A new name creates a new registered model.", required: true },
  { id: "version", label: "Version", help: "Unique within the model, such as 2.1.0.", required: true },
  {
    id: "uri",
    label: "Where its files are",
    help: "s3://models/disk-failure/2.1.0, oci://…, hf://…, pvc://…",
    required: true,
  },
  { id: "format", label: "Format", help: "sklearn, onnx, pytorch…" },
  { id: "formatVersion", label: "Version of the format", help: "Such as 1.5." },
  { id: "description", label: "What is new", help: "In your own words.", long: true },
  { id: "metrics", label: "Metrics", help: "One per line: accuracy = 0.97", long: true },
  { id: "properties", label: "Properties", help: "One per line: team = storage", long: true },
];

const empty = Object.fromEntries(fields.map(({ id }) => [id, ""])) as Record<Field["id"], string>;

/** Registers a version with its files and metrics in one call: all of it or nothing. */
export function RegisterView() {
  const search = useSearch({ strict: false }) as { name?: unknown };
  const [typed, setTyped] = useState<TypedVersion>({
    ...empty,
    name: typeof search.name === "string" ? search.name : "",
  });
  const navigate = useNavigate();
  const register = useMutation(VersionRegistry.method.registerVersion, { onSuccess: useGoToRegistered() });
  const permissions = usePermissions(typed.name.trim());
  const problems: Partial<TypedVersion> = { metrics: metricProblem(typed.metrics) };
  const isComplete = fields.every(({ id, required }) => !required || typed[id].trim() !== "");
  const canSend =
    isComplete && problems.metrics === undefined && !register.isPending && permissions.whyNot("register") === undefined;
  return (
    <>
      <ViewHead
        title="Register a version"
        tab="Register a version"
        above={<Trail steps={registeredTrail()} here="Register a version" />}
      >
        Registers the model, the version and the location of its files in one step. Repeating it changes nothing.
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        <Form
          className="kmr-form"
          onSubmit={(event) => {
            event.preventDefault();
            register.mutate(registrationOf(typed));
          }}
        >
          {fields.map((field) => (
            <TypedField
              key={field.id}
              field={field}
              value={typed[field.id]}
              problem={problems[field.id]}
              onChange={(value) => setTyped({ ...typed, [field.id]: value })}
            />
          ))}
          {register.error !== null && <Refusal error={register.error} />}
          <NotOffered permissions={permissions} actions={["register"]} />
          <ActionGroup>
            <Button type="submit" isDisabled={!canSend} isLoading={register.isPending}>
              Register
            </Button>
            <Button variant="link" onClick={() => void navigate({ to: "/registered" })}>
              Cancel
            </Button>
          </ActionGroup>
        </Form>
      </PageSection>
    </>
  );
}

function TypedField({
  field: { id, label, help, required = false, long = false },
  value,
  problem,
  onChange,
}: {
  field: Field;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}) {
  const input = {
    id: `register-${id}`,
    value,
    "aria-describedby": `help-${id}`,
    onChange: (_: unknown, next: string) => onChange(next),
  };
  return (
    <FormGroup label={label} fieldId={input.id} isRequired={required}>
      {long ? (
        <TextArea {...input} rows={3} resizeOrientation="vertical" />
      ) : (
        <TextInput {...input} isRequired={required} autoComplete="off" />
      )}
      <FormHelperText>
        <HelperText id={`help-${id}`}>
          <HelperTextItem variant={problem === undefined ? "default" : "error"}>{problem ?? help}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

/** Why a version was not registered, and what is wrong with each field. */
function Refusal({ error }: { error: unknown }) {
  const { fields: wrong } = failureWords(error);
  return (
    <>
      <FailureAlert error={error} />
      {wrong.size > 0 && (
        <ul>
          {[...wrong].map(([field, words]) => (
            <li key={field}>
              <code>{field}</code> {words}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
