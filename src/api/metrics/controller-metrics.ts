import { counter, gauge, type PlainMetric, samplesBy } from "./exposition.ts";

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
  return [
    gauge("kserve_registry_controller_leading", "1 in the process that writes statuses, 0 in those that wait.", () =>
      Number(state().leading),
    ),
    gauge(
      "kserve_registry_controller_registrations",
      "ModelRegistrations that the controller manages.",
      () => state().registrations,
    ),
    gauge(
      "kserve_registry_controller_statuses_waiting",
      "Statuses waiting to be written.",
      () => state().statusesWaiting,
    ),
    counter(
      "kserve_registry_controller_statuses_total",
      "Statuses written, and attempts that failed and are retried.",
      () => samplesBy("outcome", Object.entries(state().statuses)),
    ),
  ];
}

/** The results of writing InferenceServices into the registry of versions. */
export interface LinkState {
  readonly linked: number;
  readonly waiting: number;
  readonly failing: ReadonlyMap<string, number>;
  readonly attempts: Readonly<Record<string, number>>;
  readonly notUpdated: number;
}

/** The metrics of the controller's links. */
export function linkMetrics(state: () => LinkState): readonly PlainMetric[] {
  return [
    gauge(
      "kserve_registry_controller_links",
      "InferenceServices that request to be recorded in the registry of versions.",
      () => state().linked,
    ),
    gauge(
      "kserve_registry_controller_links_waiting",
      "InferenceServices waiting to be recorded in the registry of versions, or being recorded.",
      () => state().waiting,
    ),
    gauge(
      "kserve_registry_controller_links_failing",
      "InferenceServices whose last attempt failed, by the reason of their Event.",
      () => samplesBy("reason", state().failing),
    ),
    counter(
      "kserve_registry_controller_links_attempts_total",
      "Attempts to bring the registry of versions up to date for an InferenceService: something was written, nothing had to be, or it failed.",
      () => samplesBy("outcome", Object.entries(state().attempts)),
    ),
    counter(
      "kserve_registry_controller_links_not_updated_total",
      "InferenceServices that were deleted while the registry of versions could not be updated.",
      () => state().notUpdated,
    ),
  ];
}
