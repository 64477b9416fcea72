import { type EntryProblem, problemText } from "../base/field-reader.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { Readiness } from "../registry/readiness.ts";

/** One condition of a status, as Kubernetes writes them (metav1.Condition). */
export interface Condition {
  readonly type: "Accepted" | "Resolved" | "Ready";
  readonly status: "True" | "False" | "Unknown";
  /** In CamelCase, for programs. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  /** The generation of the spec that this is about. */
  readonly observedGeneration: number;
  /** When `status` last changed, as RFC 3339 to the second. */
  readonly lastTransitionTime: string;
}

/** The `status` of a ModelRegistration. */
export interface RegistrationStatus {
  readonly observedGeneration?: number;
  /** The address that predictions go to. */
  readonly url?: string;
  readonly conditions?: readonly Condition[];
}

/** The outcome of a registration. */
export type RegistrationOutcome =
  | { readonly accepted: true; readonly model: RegisteredModel; readonly readiness: Readiness }
  | {
      readonly accepted: false;
      readonly reason: "Invalid" | "NotTrusted" | "NameTaken";
      readonly problems: readonly EntryProblem[];
    };

type Judgement = Pick<Condition, "type" | "status" | "reason" | "message">;

/** The longest message that Kubernetes takes in a condition. */
const maxMessageChars = 32_768;

/**
 * The status that a registration should have. Conditions that say the same as before keep their time.
 *
 * @param now as RFC 3339 to the second
 */
export function registrationStatus(
  outcome: RegistrationOutcome,
  generation: number,
  before: RegistrationStatus,
  now: string,
): RegistrationStatus {
  const conditions = judge(outcome).map((judgement): Condition => {
    const known = before.conditions?.find(({ type }) => type === judgement.type);
    return {
      ...judgement,
      message: judgement.message.slice(0, maxMessageChars),
      observedGeneration: generation,
      lastTransitionTime: known?.status === judgement.status ? known.lastTransitionTime : now,
    };
  });
  return {
    observedGeneration: generation,
    ...(outcome.accepted ? { url: outcome.model.address.url } : {}),
    conditions,
  };
}

/** The conditions whose status or reason differs between two statuses. */
export function changedConditions(before: RegistrationStatus, after: RegistrationStatus): readonly Condition[] {
  return (after.conditions ?? []).filter((condition) => {
    const known = before.conditions?.find(({ type }) => type === condition.type);
    return known?.status !== condition.status || known.reason !== condition.reason;
  });
}

function judge(outcome: RegistrationOutcome): readonly Judgement[] {
  if (!outcome.accepted) {
    const message = outcome.problems.map(problemText).join("; ");
    const unknown = { status: "Unknown", reason: "NotAccepted", message: "The registration was not accepted" } as const;
    return [
      { type: "Accepted", status: "False", reason: outcome.reason, message },
      { type: "Resolved", ...unknown },
      { type: "Ready", ...unknown },
    ];
  }
  const { model, readiness } = outcome;
  return [
    { type: "Accepted", status: "True", reason: "Accepted", message: acceptedWords(model) },
    { type: "Resolved", status: "True", ...resolutionOf(model) },
    { type: "Ready", ...readinessOf(readiness) },
  ];
}

/** Which model holds the name is decided among registrations only: an entry of another source may take precedence. */
function acceptedWords({ name, namespace, holdsName }: RegisteredModel): string {
  if (holdsName) return `Registered as ${name}`;
  return `Registered as ${name} in namespace ${namespace}; callers must give the namespace, because the bare name refers to another model`;
}

function resolutionOf({ address: { rule, url } }: RegisteredModel): Pick<Judgement, "reason" | "message"> {
  switch (rule) {
    case "entry-url":
      return { reason: "Url", message: `Predictions go to spec.url, ${url}` };
    case "inference-service":
      return { reason: "InferenceService", message: `Predictions go to the address of the InferenceService, ${url}` };
    case "url-format":
      return {
        reason: "ServiceName",
        message: `No InferenceService provides an address; predictions go to the default address of the Service, ${url}`,
      };
  }
}

function readinessOf({ state, reason }: Readiness): Pick<Judgement, "status" | "reason" | "message"> {
  switch (state) {
    case "ready":
      return { status: "True", reason: "Ready", message: "The model answers" };
    case "not-ready":
      return { status: "False", reason: "NotReady", message: reason };
    case "unreachable":
      return { status: "False", reason: "Unreachable", message: reason };
    case "unknown":
      return { status: "Unknown", reason: "NotChecked", message: reason };
  }
}
