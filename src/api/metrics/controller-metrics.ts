import { labelsOf, type PlainMetric, type Sample } from "./exposition.ts";

/** The metrics of the controller. */
export interface ControllerState {
  /** Whether this process is the one that writes. */
  readonly leading: boolean;
  /** How many ModelRegistrations there are. */
  readonly registrations: number;
  /** How many of them wait for their status to be written. */
  readonly statusesWaiting: number;
  /** How many statuses were written, and how many attempts failed. */
  readonly statuses: { readonly written: number; readonly failed: number };
}

/** The metrics of the controller, besides those that every process has. */
export function controllerMetrics(state: () => ControllerState): readonly PlainMetric[] {
  const gauge = (name: string, help: string, value: () => number): PlainMetric => {
    return { name: `kserve_registry_controller_${name}`, type: "gauge", help, samples: () => [["", value()]] };
  };
  return [
    gauge("leading", "1 in the process that writes statuses, 0 in those that wait.", () => Number(state().leading)),
    gauge("registrations", "ModelRegistrations that are looked after.", () => state().registrations),
    gauge("statuses_waiting", "Statuses that are yet to be written.", () => state().statusesWaiting),
    {
      name: "kserve_registry_controller_statuses_total",
      type: "counter",
      help: "Statuses that were written, and attempts that failed and are made again.",
      samples: () => Object.entries(state().statuses).map(([outcome, count]): Sample => [labelsOf({ outcome }), count]),
    },
  ];
}

/** What has come of writing InferenceServices into the registry of versions. */
export interface LinkState {
  readonly linked: number;
  readonly waiting: number;
  readonly failing: ReadonlyMap<string, number>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly notUpdated: number;
}

/** The metrics of the controller's links. */
export function linkMetrics(state: () => LinkState): readonly PlainMetric[] {
  const name = (end: string): string => `kserve_registry_controller_links${end}`;
  return [
    {
      name: name(""),
      type: "gauge",
      help: "InferenceServices that ask to be in the registry of versions.",
      samples: () => [["", state().linked]],
    },
    {
      name: name("_waiting"),
      type: "gauge",
      help: "InferenceServices that are yet to be written into the registry of versions, or are being so.",
      samples: () => [["", state().waiting]],
    },
    {
      name: name("_failing"),
      type: "gauge",
      help: "InferenceServices whose last attempt failed, by the reason of their Event.",
      samples: () => [...state().failing].map(([reason, count]): Sample => [labelsOf({ reason }), count]),
    },
    {
      name: name("_attempts_total"),
      type: "counter",
      help: "Attempts to bring the registry of versions up to date for an InferenceService: something was written, nothing had to be, or it failed.",
      samples: () => Object.entries(state().attempts).map(([outcome, count]): Sample => [labelsOf({ outcome }), count]),
    },
    {
      name: name("_not_updated_total"),
      type: "counter",
      help: "InferenceServices that were deleted while the registry of versions could not be updated.",
      samples: () => [["", state().notUpdated]],
    },
  ];
}
