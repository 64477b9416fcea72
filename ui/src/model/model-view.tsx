import type { JsonValue } from "@bufbuild/protobuf";
import { useQuery } from "@connectrpc/connect-query";
import { PageSection } from "@patternfly/react-core";
import { useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type GetModelResponse, ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { Trail } from "../frame/trail.tsx";
import { ViewHead } from "../frame/view-head.tsx";
import { ViewTabs } from "../frame/view-tabs.tsx";
import { useLiveModels } from "../live/live-models.ts";
import { findModel, refOf } from "../live/model-ref.ts";
import { StateLabel } from "../models/state-label.tsx";
import { NotYet } from "../states/not-yet.tsx";
import { typeWords } from "../words/enum-words.ts";
import { CallIt } from "./call-it.tsx";
import { Contract } from "./contract.tsx";
import { Examination } from "./examination.tsx";
import { Facts } from "./facts.tsx";
import { TryIt } from "./try-it.tsx";

/** How often load, breaker and readiness are asked for, in milliseconds. */
const refetchMs = 5000;

/** One model: what it is, how it is, and what it answers. */
export function ModelView() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { namespace } = useSearch({ strict: false }) as { namespace?: string };
  const ref = namespace === undefined ? { name } : { name, namespace };
  const { data, error, refetch } = useQuery(ModelRegistry.method.getModel, ref, {
    refetchInterval: refetchMs,
    placeholderData: undefined,
  });
  // What the stream says is newer than what was asked for last.
  const live = findModel(useLiveModels().models, ref);
  const model = live ?? data?.model;
  return (
    <>
      <ViewHead
        tab={name}
        above={<Trail steps={[{ label: "Models", to: "/models" }]} here={name} />}
        title={
          <span className="kmr-title">
            {name} {model !== undefined && <StateLabel state={model.state} />}
          </span>
        }
      >
        {model !== undefined && (
          <>
            {model.description !== "" && <p className="kmr-words">{model.description}</p>}
            <p className="kmr-quiet">
              {[typeWords(model.type), model.namespace, model.cluster, model.stateReason].filter(Boolean).join(" · ")}
            </p>
          </>
        )}
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false}>
        {data === undefined && <NotYet what={name} error={error} onRetry={() => void refetch()} />}
        {data?.model !== undefined && <ModelTabs key={`${name} ${namespace}`} response={data} />}
      </PageSection>
    </>
  );
}

function ModelTabs({ response }: { response: GetModelResponse }) {
  const model = response.model!;
  const example = useMemo(() => exampleOf(response.exampleRequest), [response.exampleRequest]);
  const [instances, setInstances] = useState<readonly JsonValue[]>(example);
  return (
    <ViewTabs
      label="About the model"
      tabs={[
        {
          key: "try",
          label: "Try it",
          content: <TryIt model={model} example={example} onInstances={setInstances} />,
          stays: true,
        },
        { key: "call", label: "Call it", content: <CallIt model={refOf(model)} instances={instances} /> },
        { key: "details", label: "Details", content: <Facts response={response} /> },
        { key: "examine", label: "Examine", content: <Examination model={refOf(model)} />, stays: true },
        {
          key: "contract",
          label: "Contract",
          content: <Contract model={refOf(model)} typedService={response.typedService} />,
        },
      ]}
    />
  );
}

/** The rows of an example request; one to begin with where there is none. */
function exampleOf(request: string): readonly JsonValue[] {
  if (request === "") return [[1, 2, 3]];
  return (JSON.parse(request) as { instances: JsonValue[] }).instances;
}
