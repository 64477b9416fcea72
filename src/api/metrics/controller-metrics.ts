import type { PlainMetric, Sample } from "./exposition.ts";
import { labelsOf } from "./exposition.ts";

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
