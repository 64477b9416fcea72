import { controllerMetrics, linkMetrics } from "../api/metrics/controller-metrics.ts";
import type { PlainMetric } from "../api/metrics/exposition.ts";
import type { Config } from "../config/config.ts";
import type { LinkController } from "../controller/links/link-controller.ts";
import type { RegistrationController } from "../controller/registration-controller.ts";
import { StatusWriter } from "../controller/status-writer.ts";
import type { KubeWriter } from "../kube/kube-writer.ts";
import { LeaseElection } from "../kube/lease-election.ts";
import { parseObjectName } from "../kube/object-name.ts";
import type { Log } from "./log.ts";

export interface LeadershipOptions {
  readonly config: Config;
  readonly client: KubeWriter;
  /** Unlike that of any other process. */
  readonly identity: string;
  readonly registrations: RegistrationController;
  /** Undefined: InferenceServices are not written into the registry of versions. */
  readonly links: LinkController | undefined;
  readonly log: Log;
}

/** Whether this process is the one that writes, and what came of it. */
export interface Leadership {
  readonly metrics: readonly PlainMetric[];
  stop(): Promise<void>;
}

/** Competes for the Lease of the controller. While this process holds it, and no longer, its parts write. */
export function startLeadership({
  config,
  client,
  identity,
  registrations,
  links,
  log,
}: LeadershipOptions): Leadership {
  let writer: StatusWriter | undefined;
  const statuses = { written: 0, failed: 0 };
  const election = new LeaseElection({
    client,
    ...parseObjectName(config.controllerLease, config.podNamespace ?? config.namespace)!,
    identity,
    onLeading(lost) {
      const also = links === undefined ? "" : ", and InferenceServices into the registry of versions";
      log.info({ identity }, `Leading: this process writes the status of every ModelRegistration${also}`);
      lost.addEventListener("abort", () => log.info({ identity }, "No longer leading"));
      writer = new StatusWriter(
        {
          client,
          identity,
          onTrouble: (problem) => log.warn({ problem }, `Cannot write ${problem}`),
          onStatus: (outcome) => statuses[outcome]++,
        },
        lost,
      );
      registrations.lead(writer, lost);
      links?.lead(lost);
    },
    onTrouble: (problem) => log.warn({ problem }, `The Lease cannot be acquired: ${problem}`),
  });
  election.start();
  return {
    metrics: [
      ...controllerMetrics(() => ({
        leading: election.leading,
        registrations: registrations.count,
        statusesWaiting: election.leading ? (writer?.waiting ?? 0) : 0,
        statuses,
      })),
      ...(links === undefined ? [] : linkMetrics(() => links.counts)),
    ],
    stop: () => election.stop(),
  };
}
