import { contractFormats } from "../../../contract/contract-text.ts";
import { modelTypes } from "../../../registry/model.ts";
import { defaultPageSize, maxPageSize } from "../../list-page.ts";
import type { Examples, Parameter } from "./document.ts";
import { flag, inHeader, inPath, inQuery, text } from "./parameter.ts";
import { dnsLabel } from "./schemas.ts";

/** The `{name}` of a path. */
export function nameParameter(examples: Examples): Parameter {
  return inPath(
    "name",
    "The name of the model, a DNS label; refers to the model that holds it. A model of a remote cluster is also found as `cluster%2Fname`.",
    dnsLabel,
    examples,
  );
}

/** The `{namespace}` of a path. */
export const namespaceParameter = inPath("namespace", "The Kubernetes namespace of the model, a DNS label.", dnsLabel, {
  demo: { summary: "The namespace of the demo", value: "self-healing-platform" },
});

/** The filters and the page of a list. An empty filter counts as left out. */
export const listParameters: readonly Parameter[] = [
  inQuery("type", "Only models of this type.", { ...text, enum: [...modelTypes, ""] }),
  inQuery("namespace", "Only models of this Kubernetes namespace."),
  inQuery("cluster", "Only models of this further cluster."),
  inQuery("trigger", "Only models with this trigger: a bare name, a rule's type or a rule's metric."),
  inQuery(
    "pageSize",
    `How many models to return at most. 0 means ${defaultPageSize}, above ${maxPageSize} means ${maxPageSize}. ` +
      "Without this and `pageToken`, all models are returned.",
    { type: "integer", minimum: 0, maximum: 999_999_999 },
  ),
  inQuery("pageToken", "The `nextPageToken` of the previous page, with the same filters. Empty: the first page.", {
    ...text,
    pattern: "^[A-Za-z0-9_-]*$",
  }),
  inQuery(
    "includeUnserved",
    "`true` adds to the first page the entries that are not served: those shadowed by another entry, if they match the " +
      "filters, and, without filters, those that were rejected. At most 1,000.",
    flag,
  ),
];

/** A list as a stream of events. */
export const watchParameters: readonly Parameter[] = [
  inQuery(
    "watch",
    "`true` returns server-sent events: the models, `synced`, and then every change, until the caller disconnects. Not " +
      "together with `pageSize`, `pageToken` or `includeUnserved`.",
    flag,
  ),
  inHeader(
    "Last-Event-ID",
    "For `watch`: the last `id` received, to get only what has changed since. EventSource sends it.",
  ),
];

/** The form of a contract. */
export const formatParameter = inQuery("format", "The format of the contract. Omitted or empty: `proto`.", {
  ...text,
  enum: [...contractFormats, ""],
});

/** Whether a prediction waits for its model. */
export const waitForReadyParameter = inQuery(
  "waitForReady",
  "`true` waits instead of failing while the model is not ready or not reachable, or its circuit breaker is open, at " +
    "most as long as a prediction may take (`KSERVE_TIMEOUT`, or the `timeout` of the entry).",
  flag,
);

/** The caller's id of a request. */
export const requestIdParameter = inHeader(
  "x-request-id",
  "The caller's ID for this request, for the logs. It is forwarded to the model and returned. Anything but 1 to 128 " +
    "printable ASCII characters without spaces is replaced.",
);

/** W3C trace context. */
export const traceparentParameter = inHeader(
  "traceparent",
  "W3C trace context, forwarded to the model like `tracestate` and `x-b3-*`. A malformed one is ignored.",
);
