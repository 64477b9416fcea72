import { collectDefaultMetrics, Gauge, Registry as MetricsRegistry } from "prom-client";
import type { Metrics } from "./metrics.ts";

/** The metrics of the controller. */
export interface ControllerState {
  /** Whether this process is the one that writes. */
  readonly leading: boolean;
  /** How many ModelRegistrations there are. */
  readonly registrations: number;
  /** How many of them wait for their status to be written. */
  readonly statusesWaiting: number;
}

/** Creates the metrics of the controller. */
export function createControllerMetrics(state: () => ControllerState): Pick<Metrics, "expose"> {
  const registers = new MetricsRegistry();
  collectDefaultMetrics({ register: registers });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      registers: [registers],
      name: `kserve_registry_controller_${name}`,
      help,
      collect() {
        this.set(value());
      },
    });
  };
  gauge("leading", "1 in the process that writes statuses, 0 in those that wait.", () => Number(state().leading));
  gauge("registrations", "ModelRegistrations that are looked after.", () => state().registrations);
  gauge("statuses_waiting", "Statuses that are yet to be written.", () => state().statusesWaiting);
  return {
    expose: async () => ({ contentType: registers.contentType, body: Buffer.from(await registers.metrics()) }),
  };
}
