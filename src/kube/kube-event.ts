import { type KubeResource, resourcePath } from "./kube-object.ts";
import type { KubeWriter } from "./kube-writer.ts";

/** Who reports. */
interface Reporter {
  readonly writer: KubeWriter;
  /** The process that reports it. */
  readonly identity: string;
  /** Why an Event could not be written, in words. */
  readonly onTrouble: (problem: string) => void;
}

/** The object that an Event is about. */
interface Regarding {
  readonly resource: Pick<KubeResource, "group" | "version">;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What an Event says of an object. */
interface EventContent {
  /** What was done, in CamelCase. */
  readonly action: string;
  /** Why, in CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly isWarning: boolean;
}

const events = { group: "events.k8s.io", version: "v1", plural: "events" };

/** Writes an Event (events.k8s.io/v1) about an object. Events are best effort: a failed one is not retried. */
export async function reportEvent(
  { writer, identity, onTrouble }: Reporter,
  { resource, kind, namespace, name, uid }: Regarding,
  { action, reason, message, isWarning }: EventContent,
  signal: AbortSignal,
): Promise<void> {
  const event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { generateName: `${name}-`, namespace },
    eventTime: new Date().toISOString().replace("Z", "000Z"),
    reportingController: "kserve-model-registry.io/controller",
    reportingInstance: identity.slice(0, 128),
    action,
    reason,
    regarding: { apiVersion: `${resource.group}/${resource.version}`, kind, name, namespace, uid },
    note: message.slice(0, 1024),
    type: isWarning ? "Warning" : "Normal",
  };
  try {
    await writer.write("POST", resourcePath(events, namespace), event, signal);
  } catch (error) {
    if (!signal.aborted) onTrouble(`an event for ${namespace}/${name}: ${(error as Error).message}`);
  }
}
