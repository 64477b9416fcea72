import { Label } from "@patternfly/react-core";
import { type Model, ModelState } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { stateWords } from "../words/enum-words.ts";

const statuses: Partial<Record<ModelState, "success" | "warning" | "danger">> = {
  [ModelState.READY]: "success",
  [ModelState.NOT_READY]: "warning",
  [ModelState.UNREACHABLE]: "danger",
};

/** Whether a model answers: in words, with a sign, in a colour. */
export function StateLabel({ state }: { state: Model["state"] }) {
  return (
    <Label status={statuses[state]} variant="outline" isCompact>
      {stateWords(state)}
    </Label>
  );
}
