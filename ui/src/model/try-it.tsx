import type { JsonValue } from "@bufbuild/protobuf";
import { Button } from "@patternfly/react-core";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { FailureAlert } from "../states/failure.tsx";
import { failureWords } from "../states/failure-words.ts";
import { type Predicted, predictRows } from "./predict-rows.ts";
import { Predictions } from "./predictions.tsx";
import { RowsInput } from "./rows-input.tsx";
import { useRows } from "./use-rows.ts";

/** Rows to fill in, and what the model makes of them. */
export function TryIt({
  model,
  example,
  onInstances,
}: {
  model: Model;
  /** Instances to begin with. */
  example: readonly JsonValue[];
  /** Called with the instances that are there now. */
  onInstances: (instances: readonly JsonValue[]) => void;
}) {
  const input = useRows(model.inputFeatures, example, onInstances);
  const abort = useRef<AbortController>(undefined);
  const predict = useMutation<Predicted, unknown, JsonValue[]>({
    mutationFn: (instances) => {
      abort.current = new AbortController();
      return predictRows(model, instances, abort.current.signal);
    },
  });
  const problems = predict.error === null ? new Map<string, string>() : failureWords(predict.error).fields;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const instances = input.instances();
        if (instances !== undefined) predict.mutate(instances);
      }}
    >
      <RowsInput input={input} problems={problems} />
      <div className="kmr-actions kmr-gap-above">
        <Button type="submit" isLoading={predict.isPending} isDisabled={predict.isPending}>
          Predict
        </Button>
        {predict.isPending && (
          <Button variant="link" onClick={() => abort.current?.abort()}>
            Cancel
          </Button>
        )}
      </div>
      <div className="kmr-gap-above">
        {predict.error !== null && <FailureAlert error={predict.error} />}
        {predict.data !== undefined && <Predictions predicted={predict.data} />}
      </div>
    </form>
  );
}
