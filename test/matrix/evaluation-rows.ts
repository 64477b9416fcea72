import { type RegistryClient, rows } from "../support/clients.ts";
import type { ErrorParts } from "../support/error-details.ts";
import { model, namespace, type ServiceOptions } from "../support/running-service.ts";
import type { errorRows } from "./error-rows.ts";

const domain = "kserve-model-registry";

/** An error of an evaluation that is none of its prediction. */
export interface EvaluationErrorRow {
  readonly title: string;
  readonly service?: ServiceOptions;
  readonly call: (client: RegistryClient) => Promise<unknown>;
  readonly parts: ErrorParts;
}

const integrationOff: ServiceOptions = { env: { ENABLE_KSERVE_INTEGRATION: "false" } };

export const evaluationErrorRows: readonly EvaluationErrorRow[] = [
  {
    title: "evaluateModel(no input)/INVALID_REQUEST",
    call: (client) => client.evaluateModel({ name: model }),
    parts: {
      code: "InvalidArgument",
      reason: "INVALID_REQUEST",
      domain,
      metadata: { model, namespace },
      fields: ["input"],
      failure: { stage: "CHECK", upstreamStatus: 0, upstreamBody: "", attempts: 0 },
    },
  },
  {
    title: "evaluateModel/MODEL_NOT_FOUND",
    call: (client) => client.evaluateModel(rows("no-such-model", [1])),
    parts: { code: "NotFound", reason: "MODEL_NOT_FOUND", domain, metadata: { model: "no-such-model" } },
  },
  {
    title: "evaluateModel/INTEGRATION_DISABLED",
    service: integrationOff,
    call: (client) => client.evaluateModel(rows(model, [1])),
    parts: { code: "FailedPrecondition", reason: "INTEGRATION_DISABLED", domain, metadata: {} },
  },
  {
    title: "evaluateTriggers(no samples)/INVALID_REQUEST",
    call: (client) => client.evaluateTriggers({}),
    parts: { code: "InvalidArgument", reason: "INVALID_REQUEST", domain, metadata: {}, fields: ["samples"] },
  },
  {
    title: "evaluateTriggers(a list for a sample)/INVALID_REQUEST",
    call: (client) => client.evaluateTriggers({ samples: { cpu: [1] } }),
    parts: { code: "InvalidArgument", reason: "INVALID_REQUEST", domain, metadata: {}, fields: ["samples.cpu"] },
  },
];

/** The reasons that a prediction fails for, which are those of the evaluation that asks for it. */
export const predictionReasons = [
  "INVALID_INSTANCE",
  "MODEL_NOT_READY",
  "MODEL_UNREACHABLE",
  "REQUEST_TOO_LARGE",
  "TOO_MANY_IN_FLIGHT",
  "BREAKER_OPEN",
  "SERVER_OVERLOADED",
  "MODEL_OVERLOADED",
  "DEADLINE_EXCEEDED",
  "MODEL_TIMEOUT",
  "MODEL_PATH_NOT_FOUND",
  "MODEL_REJECTED_INPUT",
  "MODEL_REJECTED_CREDENTIALS",
  "MODEL_CREDENTIALS_UNREADABLE",
  "MODEL_FAILED",
  "MODEL_BAD_ANSWER",
] as const satisfies (keyof typeof errorRows)[];

/** A client whose predictions are evaluations, for rows that were written for the former. */
export function evaluating(client: RegistryClient): RegistryClient {
  return { ...client, predict: client.evaluateModel as never };
}

/** The reasons that one model fails for while its triggers are evaluated: an outcome of that model, and no error. */
export const modelReasons = predictionReasons.filter((reason) => reason.startsWith("MODEL_"));

/** A service whose one model fires its trigger when `cpu` is above 80. */
export function firingService(service?: ServiceOptions): ServiceOptions {
  const declared = {
    inputFeatures: ["cpu"],
    triggers: [{ type: "metric-threshold", metric: "cpu", threshold: 80 }],
  };
  return { ...service, models: (service?.models ?? [{ name: model }]).map((entry) => ({ ...entry, ...declared })) };
}
