import { Link } from "@tanstack/react-router";
import { ModelState } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { useLiveModels } from "../live/live-models.ts";
import { refOf } from "../live/model-ref.ts";
import { StateLabel } from "../models/state-label.tsx";

/** What has become of an InferenceService since it was applied: from its first sight among the models until it is ready. */
export function DeployedModel({ namespace, serviceName }: { namespace: string; serviceName: string }) {
  const { models } = useLiveModels();
  const model = models.find((one) => one.namespace === namespace && one.service === serviceName);
  if (model === undefined) {
    return (
      <p className="kmr-gap-above">
        Waiting for it among the models. It comes by itself where this server discovers InferenceServices
        (KSERVE_DISCOVERY_SELECTOR) of {namespace}; else add an entry for it.
      </p>
    );
  }
  const { name, ...place } = refOf(model);
  return (
    <p className="kmr-gap-above">
      <StateLabel state={model.state} /> <span className="kmr-quiet">{model.stateReason}</span>{" "}
      <Link to="/models/$name" params={{ name }} search={place}>
        {model.state === ModelState.READY ? `Try ${name}` : `See how ${name} comes up`}
      </Link>
    </p>
  );
}
