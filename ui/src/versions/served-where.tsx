import { useQuery } from "@connectrpc/connect-query";
import { Link } from "@tanstack/react-router";
import type { ModelVersion } from "../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { useLiveModels } from "../live/live-models.ts";
import { StateLabel } from "../models/state-label.tsx";

/** Where a version is served: the inference services that name it, and the model of the same name that runs. */
export function ServedWhere({ model, version }: { model: RegisteredModel; version: ModelVersion }) {
  const { data } = useQuery(VersionRegistry.method.listInferenceServices, { pageSize: 1000, filter: "" });
  const services = data?.inferenceServices.filter(
    ({ registeredModelId, modelVersionId }) => registeredModelId === model.id && modelVersionId === version.id,
  );
  const { models } = useLiveModels();
  const names = new Set([model.name, ...(services ?? []).map(({ name }) => name)]);
  const running = models.filter(({ name }) => names.has(name));
  return (
    <>
      {services?.length === 0 && <p className="kmr-quiet">No inference service is recorded for this version.</p>}
      <ul className="kmr-plain-list">
        {services?.map(({ id, name, runtime }) => (
          <li key={id}>
            {name} <span className="kmr-quiet">{runtime}</span>
          </li>
        ))}
        {running.map(({ name, state }) => (
          <li key={name}>
            A model of the name{" "}
            <Link to="/models/$name" params={{ name }}>
              {name}
            </Link>{" "}
            runs: <StateLabel state={state} />
          </li>
        ))}
      </ul>
    </>
  );
}
