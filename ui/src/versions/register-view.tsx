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
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { FailureAlert } from "../states/failure.tsx";
import { failureWords } from "../states/failure-words.ts";
import { NotOffered } from "./not-offered.tsx";
import { usePermissions } from "./permissions.ts";
import { readLines } from "./read-lines.ts";
import { registeredTrail } from "./registered-trail.ts";

interface Field {
  readonly id: "name" | "version" | "uri" | "format" | "formatVersion" | "description" | "metrics" | "properties";
  readonly label: string;
  readonly help: string;
  readonly required?: boolean;
  readonly long?: boolean;
}

const fields: readonly Field[] = [
  { id: "name", label: "Model", help: "A new name makes a new registered model.", required: true },
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
  { id: "metrics", label: "Metrics", help: "One a line: accuracy = 0.97", long: true },
  { id: "properties", label: "Properties", help: "One a line: team = storage", long: true },
];

type Values = Readonly<Record<Field["id"], string>>;
const empty = Object.fromEntries(fields.map(({ id }) => [id, ""])) as Values;

/** Registers a version with its files and metrics in one call: all of it or nothing. */
export function RegisterView() {
  const search = useSearch({ strict: false }) as { name?: unknown };
  const [values, setValues] = useState<Values>({ ...empty, name: typeof search.name === "string" ? search.name : "" });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const register = useMutation(VersionRegistry.method.registerVersion, {
    onSuccess: async ({ registeredModel, modelVersion }) => {
      await queries.invalidateQueries();
      await navigate({
        to: "/registered/$name/versions/$version",
        params: { name: registeredModel!.name, version: modelVersion!.name },
      });
    },
  });
  const metrics = readLines(values.metrics);
  const properties = readLines(values.properties);
  const badMetric = metrics.find(([, value]) => value === "" || !Number.isFinite(Number(value)));
  const permissions = usePermissions(values.name.trim());
  const complete = fields.every(({ id, required }) => !required || values[id].trim() !== "");
  const submit = (): void =>
    register.mutate({
      registeredModel: { name: values.name.trim() },
      modelVersion: {
        name: values.version.trim(),
        description: values.description,
        customProperties: Object.fromEntries(
          properties.map(([key, value]) => [key, { value: { case: "stringValue" as const, value } }]),
        ),
      },
      artifacts: [
        {
          sort: {
            case: "modelArtifact",
            value: {
              uri: values.uri.trim(),
              modelFormatName: values.format.trim(),
              modelFormatVersion: values.formatVersion.trim(),
            },
          },
        },
        ...metrics.map(([name, value]) => ({
          name,
          sort: { case: "metric" as const, value: { value: Number(value) } },
        })),
      ],
    });
  const failed = register.error === null ? undefined : failureWords(register.error);
  return (
    <>
      <ViewHead
        title="Register a version"
        tab="Register a version"
        above={<Trail steps={registeredTrail()} here="Register a version" />}
      >
        The model, the version and where its files are, in one step. Sent again it answers the same.
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        <Form
          className="kmr-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          {fields.map(({ id, label, help, required, long }) => (
            <FormGroup key={id} label={label} fieldId={`register-${id}`} isRequired={required ?? false}>
              {long ? (
                <TextArea
                  id={`register-${id}`}
                  value={values[id]}
                  rows={3}
                  resizeOrientation="vertical"
                  aria-describedby={`help-${id}`}
                  onChange={(_, value) => setValues({ ...values, [id]: value })}
                />
              ) : (
                <TextInput
                  id={`register-${id}`}
                  value={values[id]}
                  isRequired={required ?? false}
                  autoComplete="off"
                  aria-describedby={`help-${id}`}
                  onChange={(_, value) => setValues({ ...values, [id]: value })}
                />
              )}
              <FormHelperText>
                <HelperText id={`help-${id}`}>
                  <HelperTextItem variant={id === "metrics" && badMetric ? "error" : "default"}>
                    {id === "metrics" && badMetric ? `${badMetric[0]}: expected a number` : help}
                  </HelperTextItem>
                </HelperText>
              </FormHelperText>
            </FormGroup>
          ))}
          {register.error !== null && <FailureAlert error={register.error} />}
          {failed !== undefined && failed.fields.size > 0 && (
            <ul>
              {[...failed.fields].map(([field, words]) => (
                <li key={field}>
                  <code>{field}</code> {words}
                </li>
              ))}
            </ul>
          )}
          <NotOffered permissions={permissions} actions={["register"]} />
          <ActionGroup>
            <Button
              type="submit"
              isDisabled={
                !complete ||
                badMetric !== undefined ||
                register.isPending ||
                permissions.whyNot("register") !== undefined
              }
              isLoading={register.isPending}
            >
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
