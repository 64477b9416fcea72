import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { Alert, Button, FormGroup, Switch, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import type { DeploymentSchema } from "../../../gen/kserve/versions/v1/deployment_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { useToken } from "../session/token.ts";
import { FailureAlert } from "../states/failure.tsx";
import { transport } from "../transport.ts";
import { DeployedModel } from "./deployed-model.tsx";

/** The result of the last call. */
interface Outcome {
  /** The InferenceService that it was for: `growth/churn`. */
  readonly what: string;
  readonly dryRun: boolean;
  readonly created: boolean;
  readonly error: unknown;
}

/** Has the server hand a manifest to the cluster, with the Kubernetes token of the person and no rights of its own. */
export function ApplyDeployment({
  deployment,
  namespace,
  serviceName,
  whyNot,
}: {
  deployment: MessageInitShape<typeof DeploymentSchema>;
  namespace: string;
  serviceName: string;
  /** Why nothing can be applied from here, where that is so. */
  whyNot: string | undefined;
}) {
  const signedIn = useToken() !== "";
  const [token, setToken] = useState("");
  const [force, setForce] = useState(false);
  const [running, setRunning] = useState(false);
  const [last, setOutcome] = useState<Outcome>();
  const what = `${namespace}/${serviceName}`;
  // It says nothing about another name.
  const outcome = last?.what === what ? last : undefined;
  if (whyNot !== undefined)
    return <p className="kmr-quiet kmr-gap-above">Copy the manifest. It is not applied from here: {whyNot}.</p>;
  if (namespace === "") {
    return <p className="kmr-quiet kmr-gap-above">Name a namespace to apply it from here, or copy the manifest.</p>;
  }
  const apply = async (dryRun: boolean): Promise<void> => {
    setRunning(true);
    setOutcome(undefined);
    const own = token.trim().replace(/^bearer\s+/i, "");
    const headers: Record<string, string> = own === "" ? {} : { authorization: `Bearer ${own}` };
    try {
      const client = createClient(VersionRegistry, transport);
      const { created } = await client.applyDeployment({ deployment, force, dryRun }, { headers });
      setOutcome({ what, dryRun, created, error: undefined });
    } catch (error) {
      setOutcome({ what, dryRun, created: false, error });
    }
    setRunning(false);
  };
  return (
    <section aria-label="Apply">
      <h2 className="kmr-subtitle">Apply it</h2>
      <div className="kmr-inline-form">
        <FormGroup label="Your Kubernetes token" fieldId="deploy-token">
          <TextInput
            id="deploy-token"
            type="password"
            autoComplete="off"
            placeholder={signedIn ? "the one that you have signed in with" : "kubectl create token NAME"}
            value={token}
            onChange={(_, value) => setToken(value)}
          />
        </FormGroup>
        <Switch
          id="deploy-force"
          label="Take over what others have set"
          isChecked={force}
          onChange={(_, checked) => setForce(checked)}
        />
        <Button variant="secondary" isDisabled={running} onClick={() => void apply(true)}>
          Check only
        </Button>
        <Button isDisabled={running} isLoading={running} onClick={() => void apply(false)}>
          Apply
        </Button>
      </div>
      <p className="kmr-quiet">
        The cluster decides by this token alone what you may do. It is kept in memory, and gone with this view.
      </p>
      <div role="status" className="kmr-gap-above">
        {outcome !== undefined && outcome.error === undefined && (
          <Alert
            variant="success"
            isInline
            component="p"
            title={
              outcome.dryRun
                ? `The cluster accepts it: ${what} would be ${outcome.created ? "created" : "changed"}.`
                : `${what} has been ${outcome.created ? "created" : "changed"}.`
            }
          />
        )}
      </div>
      {outcome?.error !== undefined && <FailureAlert error={outcome.error} />}
      {outcome !== undefined && outcome.error === undefined && !outcome.dryRun && (
        <DeployedModel namespace={namespace} serviceName={serviceName} />
      )}
    </section>
  );
}
