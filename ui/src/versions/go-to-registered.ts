import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ModelVersion } from "../../../gen/kserve/versions/v1/model_version_pb.ts";
import type { RegisteredModel } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";

/** What a call answers that registers a version. */
interface Registered {
  readonly registeredModel?: RegisteredModel | undefined;
  readonly modelVersion?: ModelVersion | undefined;
}

/** Shows a version that has just been registered. */
export function useGoToRegistered(): (registered: Registered) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async ({ registeredModel, modelVersion }) => {
    await queries.invalidateQueries();
    await navigate({
      to: "/registered/$name/versions/$version",
      params: { name: registeredModel!.name, version: modelVersion!.name },
    });
  };
}
