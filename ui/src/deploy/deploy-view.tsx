import { useQuery } from "@connectrpc/connect-query";
import {
  Alert,
  Form,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  PageSection,
  TextInput,
} from "@patternfly/react-core";
import { useParams } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { dashboardNamespace } from "../session/dashboard.ts";
import { CopyableCode } from "../states/copyable-code.tsx";
import { FailureAlert } from "../states/failure.tsx";
import { failureWords } from "../states/failure-words.ts";
import { Loading } from "../states/loading.tsx";
import { usePermissions } from "../versions/permissions.ts";
import { registeredTrail } from "../versions/registered-trail.ts";
import { ApplyDeployment } from "./apply-deployment.tsx";
import {
  type DeploymentField,
  deploymentFields,
  deploymentOf,
  fieldOfPath,
  noValues,
  numberProblems,
} from "./deployment-fields.ts";

/** Deploys a version: what KServe would get, to copy or to apply. Which version stands in the address bar. */
export function DeployView() {
  const { name, version } = useParams({ strict: false }) as { name: string; version: string };
  const [values, setValues] = useState(() => ({ ...noValues, namespace: dashboardNamespace() }));
  const settled = useDeferredValue(values);
  const deployment = deploymentOf(name, version, settled);
  const { data, error } = useQuery(
    VersionRegistry.method.planDeployment,
    { deployment },
    { placeholderData: (before) => before, retry: false },
  );
  const permissions = usePermissions(name);
  const refused = error === null ? [] : [...failureWords(error).fields];
  const wrong = new Map([
    ...refused.map(([path, words]) => [fieldOfPath(path), words] as const),
    ...numberProblems(values),
  ]);
  const isAtField = deploymentFields.some(({ id }) => wrong.has(id));
  const plan = error === null && !isAtField ? data?.plan : undefined;
  return (
    <>
      <ViewHead
        title={`Deploy ${name} ${version}`}
        tab="Deploy"
        above={<Trail steps={registeredTrail(name, version)} here="Deploy" />}
      >
        What KServe gets. Nothing is changed until it is applied.
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        <div className="kmr-halves">
          <Form className="kmr-form" onSubmit={(event) => event.preventDefault()}>
            {deploymentFields.map((field) => (
              <Field
                key={field.id}
                field={field}
                value={values[field.id]}
                wrong={wrong.get(field.id)}
                onChange={(value) => setValues({ ...values, [field.id]: value })}
              />
            ))}
          </Form>
          <div>
            <h2 className="kmr-subtitle">Manifest</h2>
            {isAtField && (
              <Alert
                variant="warning"
                isInline
                component="p"
                title="The manifest is there once the marked fields are right."
              />
            )}
            {error !== null && !isAtField && <FailureAlert error={error} />}
            {plan === undefined && error === null && !isAtField && <Loading what="the manifest" />}
            {plan !== undefined && (
              <>
                {plan.warnings.map((warning) => (
                  <Alert
                    key={warning}
                    variant="warning"
                    isInline
                    component="p"
                    title={warning}
                    className="kmr-gap-below"
                  />
                ))}
                <CopyableCode text={plan.manifest} />
                <ApplyDeployment
                  deployment={deployment}
                  namespace={plan.namespace}
                  serviceName={plan.serviceName}
                  whyNot={permissions.whyNot("apply")}
                />
              </>
            )}
          </div>
        </div>
      </PageSection>
    </>
  );
}

function Field({
  field: { id, label, help, options, isNumber },
  value,
  wrong,
  onChange,
}: {
  field: DeploymentField;
  value: string;
  wrong: string | undefined;
  onChange: (value: string) => void;
}) {
  const shared = {
    id: `deploy-${id}`,
    value,
    validated: wrong === undefined ? ("default" as const) : ("error" as const),
    "aria-describedby": `deploy-help-${id}`,
    onChange: (_: unknown, next: string) => onChange(next),
  };
  return (
    <FormGroup label={label} fieldId={`deploy-${id}`}>
      {options === undefined ? (
        <TextInput {...shared} type={isNumber ? "number" : "text"} autoComplete="off" />
      ) : (
        <FormSelect {...shared}>
          {options.map(([option, words]) => (
            <FormSelectOption key={option} value={option} label={words} />
          ))}
        </FormSelect>
      )}
      <FormHelperText>
        <HelperText id={`deploy-help-${id}`}>
          <HelperTextItem variant={wrong === undefined ? "default" : "error"}>{wrong ?? help}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
