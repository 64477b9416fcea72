import { useMutation } from "@connectrpc/connect-query";
import { Button, EmptyState, EmptyStateBody, PageSection, TextInput } from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useState } from "react";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ViewHead } from "../frame/view-head.tsx";
import { useLiveModels } from "../live/live-models.ts";
import { FailureAlert } from "../states/failure.tsx";
import { type Sample, samplesOf, suggestedSamples } from "./samples.ts";
import { TriggeredModelCard } from "./triggered-model-card.tsx";

/** Metric samples in; which models fire, and what they make of them. */
export function TriggersView() {
  const { models } = useLiveModels();
  const [typed, setTyped] = useState<readonly Sample[]>();
  const samples = typed ?? suggestedSamples(models);
  const evaluate = useMutation(ModelRegistry.method.evaluateTriggers);
  const change = (at: number, part: Partial<Sample>): void =>
    setTyped(samples.map((sample, i) => (i === at ? { ...sample, ...part } : sample)));
  const given = samplesOf(samples);
  return (
    <>
      <ViewHead title="Triggers" tab="Triggers">
        Enter metric samples to see which models they trigger and what these predict. Nothing is executed.
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        <form
          className="kmr-samples"
          onSubmit={(event) => {
            event.preventDefault();
            evaluate.mutate({ samples: given });
          }}
        >
          {samples.map(({ name, text }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a sample is known by its place while its name is typed
            <div key={i} className="kmr-sample">
              <TextInput
                aria-label={`Metric ${i + 1}`}
                placeholder="Metric"
                value={name}
                onChange={(_, value) => change(i, { name: value })}
              />
              <TextInput
                aria-label={`Value of ${name || `metric ${i + 1}`}`}
                placeholder="Value"
                value={text}
                onChange={(_, value) => change(i, { text: value })}
              />
              <Button
                variant="plain"
                aria-label={`Remove ${name || `metric ${i + 1}`}`}
                icon={<TimesIcon />}
                onClick={() => setTyped(samples.filter((_, at) => at !== i))}
              />
            </div>
          ))}
          <div className="kmr-actions">
            <Button
              variant="link"
              icon={<PlusCircleIcon />}
              onClick={() => setTyped([...samples, { name: "", text: "" }])}
            >
              Add metric
            </Button>
          </div>
          <div className="kmr-actions kmr-gap-above">
            <Button
              type="submit"
              isLoading={evaluate.isPending}
              isDisabled={evaluate.isPending || Object.keys(given).length === 0}
            >
              Evaluate
            </Button>
          </div>
        </form>
        <div className="kmr-gap-above" aria-live="polite">
          {evaluate.error !== null && <FailureAlert error={evaluate.error} />}
          {evaluate.data?.models.length === 0 && (
            <EmptyState titleText="No triggers fired" headingLevel="h2">
              <EmptyStateBody>No model has a trigger on these metrics, or no threshold is reached.</EmptyStateBody>
            </EmptyState>
          )}
          {evaluate.data?.models.map((model) => (
            <TriggeredModelCard key={`${model.modelName} ${model.namespace}`} model={model} />
          ))}
        </div>
      </PageSection>
    </>
  );
}
