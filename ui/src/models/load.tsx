import { Label } from "@patternfly/react-core";
import { BreakerState, type ModelActivity } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { breakerWords } from "../words/enum-words.ts";

const statuses: Partial<Record<BreakerState, "danger" | "warning">> = {
  [BreakerState.OPEN]: "danger",
  [BreakerState.HALF_OPEN]: "warning",
};

/** Whether calls go to a model: in words, with a sign, in a colour. */
export function BreakerLabel({ state }: { state: BreakerState }) {
  return (
    <Label isCompact variant="outline" status={statuses[state] ?? "success"}>
      {breakerWords(state)}
    </Label>
  );
}

/** What a model has to do, and whether its breaker keeps calls from it. */
export function Load({ activity }: { activity: ModelActivity | undefined }) {
  if (activity === undefined) return <span className="kmr-quiet">idle</span>;
  const { inFlight, queued, breaker } = activity;
  const state = breaker?.state ?? BreakerState.CLOSED;
  return (
    <>
      {(inFlight > 0 || state === BreakerState.CLOSED) && <div>{inFlight} in flight</div>}
      {queued > 0 && <div>{queued} queued</div>}
      {state !== BreakerState.CLOSED && (
        <>
          <span className="kmr-quiet">breaker</span> <BreakerLabel state={state} />
        </>
      )}
    </>
  );
}
