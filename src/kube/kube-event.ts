import { resourcePath } from "./kube-object.ts";
import type { KubeWriter } from "./kube-writer.ts";

/** What an Event says of an object. */
export interface EventContent {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
  };
  /** What was done, in CamelCase. */
  readonly action: string;
  /** Why, in CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly isWarning: boolean;
  /** The process that reports it. */
  readonly identity: string;
}

const events = { group: "events.k8s.io", version: "v1", plural: "events" };

/** Writes an Event (events.k8s.io/v1) about an object. @throws KubeError */
export async function writeEvent(client: KubeWriter, content: EventContent, signal: AbortSignal): Promise<void> {
  const { regarding, action, reason, message, isWarning, identity } = content;
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { generateName: `${regarding.name}-`, namespace: regarding.namespace },
    eventTime: new Date().toISOString().replace("Z", "000Z"),
    reportingController: "kserve-model-registry.io/controller",
    reportingInstance: identity.slice(0, 128),
    action,
    reason,
    regarding,
    note: message.slice(0, 1024),
    type: isWarning ? "Warning" : "Normal",
  };
  await client.write("POST", resourcePath(events, regarding.namespace), event, signal);
}
