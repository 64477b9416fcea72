import { createClient } from "@connectrpc/connect";
import { Alert, Button, ProgressStep, ProgressStepper } from "@patternfly/react-core";
import { useEffect, useRef, useState } from "react";
import { ExaminationStep, StepOutcome } from "../../../gen/kserve/registry/v1/examination_pb.ts";
import { type ExamineModelResponse, ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { ModelRef } from "../live/model-ref.ts";
import { FailureAlert } from "../states/failure.tsx";
import { transport } from "../transport.ts";
import { durationText } from "../words/time.ts";

/** The steps, in the order in which they come, and what each looks at. */
const steps: readonly (readonly [step: ExaminationStep, title: string])[] = [
  [ExaminationStep.DNS, "The host name resolves"],
  [ExaminationStep.CONNECT, "The port accepts connections"],
  [ExaminationStep.TLS, "The certificates are accepted"],
  [ExaminationStep.READY, "The model says that it is ready"],
  [ExaminationStep.PATH, "The server knows the model by this name"],
  [ExaminationStep.PREDICT, "An example request gets a prediction"],
  [ExaminationStep.VERSION, "The linked version agrees with the entry"],
];

const variants: Partial<Record<StepOutcome, "success" | "danger">> = {
  [StepOutcome.OK]: "success",
  [StepOutcome.FAILED]: "danger",
};

/** What has come of an examination so far. */
interface Progress {
  readonly found: readonly ExamineModelResponse[];
  readonly running: boolean;
  readonly error: unknown;
}

/** Finds out why a model cannot be called: the server goes the way of a prediction, and each step is shown as it ends. */
export function Examination({ model }: { model: ModelRef }) {
  const [progress, setProgress] = useState<Progress>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const run = async (): Promise<void> => {
    const controller = new AbortController();
    stop.current = controller;
    let found: readonly ExamineModelResponse[] = [];
    setProgress({ found, running: true, error: undefined });
    let error: unknown;
    try {
      for await (const step of createClient(ModelRegistry, transport).examineModel(model, {
        signal: controller.signal,
      })) {
        found = [...found, step];
        setProgress({ found, running: true, error });
      }
    } catch (thrown) {
      error = thrown;
    }
    if (!controller.signal.aborted) setProgress({ found, running: false, error });
  };
  return (
    <>
      <p className="kmr-gap-below">
        The server goes the way of a prediction step by step, from where it is, and says what to change where a step
        fails. Its last step sends the model an example of its declared features.
      </p>
      <Button onClick={() => void run()} isLoading={progress?.running ?? false} isDisabled={progress?.running ?? false}>
        {progress === undefined ? "Examine" : "Examine again"}
      </Button>
      {progress !== undefined && <Steps progress={progress} />}
    </>
  );
}

function Steps({ progress: { found, running, error } }: { progress: Progress }) {
  const failed = found.find(({ outcome }) => outcome === StepOutcome.FAILED);
  return (
    <div className="kmr-gap-above">
      <div role="status">
        {!running && error === undefined && failed === undefined && (
          <Alert
            variant="success"
            isInline
            isPlain
            component="p"
            title="The model can be called: every step succeeded."
          />
        )}
        {failed !== undefined && (
          <Alert variant="danger" isInline component="p" title={failed.detail}>
            {failed.hint !== "" && <p className="kmr-words">{failed.hint}</p>}
          </Alert>
        )}
      </div>
      {error !== undefined && <FailureAlert error={error} />}
      <ProgressStepper isVertical aria-label="Steps of the examination" className="kmr-gap-above">
        {steps.map(([step, title], i) => {
          const done = found.find((one) => one.step === step);
          // Only a model that names a version has this step.
          if (step === ExaminationStep.VERSION && done === undefined) return null;
          const isCurrent = running && i === found.length;
          return (
            <ProgressStep
              key={step}
              id={`step-${step}`}
              titleId={`step-${step}-title`}
              variant={done === undefined ? (isCurrent ? "info" : "pending") : (variants[done.outcome] ?? "default")}
              isCurrent={isCurrent}
              description={done && <StepFound step={done} />}
              aria-label={title}
            >
              {title}
            </ProgressStep>
          );
        })}
      </ProgressStepper>
    </div>
  );
}

function StepFound({ step: { outcome, detail, duration } }: { step: ExamineModelResponse }) {
  if (outcome === StepOutcome.SKIPPED) return <span className="kmr-words">Skipped: {detail}</span>;
  return (
    <span className="kmr-words">
      {outcome === StepOutcome.FAILED ? "Failed: " : ""}
      {detail} <span className="kmr-quiet">{durationText(duration)}</span>
    </span>
  );
}
