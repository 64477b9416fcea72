import { valueUnder } from "../../base/value-under.ts";
import { answerBytesOf, type Call, requestBytesOf } from "../call.ts";
import type { HttpResponse } from "../http.ts";
import type { Outcome } from "../outcome.ts";
import { type Exposition, labelsOf, type MetricHead, type Sample } from "./exposition.ts";
import { bytesBounds, Histogram, secondsBounds } from "./histogram.ts";

/** The outcome of a call, for metrics. */
export interface EndedCall {
  /** A gRPC code in lower case, or an HTTP status. */
  readonly outcome: string;
  /** Why it failed, where a reason is known. */
  readonly reason: string | undefined;
  readonly seconds: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Of its trace, where that is recorded. */
  readonly traceId: string | undefined;
}

/** The figures of a call that has just ended. */
export function endedCallOf(call: Call, response: HttpResponse, { outcome }: Outcome): EndedCall {
  return {
    outcome,
    reason: call.reason,
    seconds: (performance.now() - call.startedMs) / 1000,
    requestBytes: requestBytesOf(call),
    answerBytes: answerBytesOf(call, response),
    traceId: call.prediction.traceId,
  };
}

/** The figures of one method over one protocol. */
interface Series {
  readonly method: string;
  readonly protocol: string;
  /** By outcome, and by reason within it; "" without a reason. */
  readonly counts: Map<string, Map<string, number>>;
  readonly seconds: Histogram;
  readonly requestBytes: Histogram;
  readonly answerBytes: Histogram;
}

const ended = {
  name: "kserve_registry_calls_total",
  type: "counter" as const,
  help: "Completed calls by method, protocol, outcome (a gRPC code or an HTTP status) and, if failed, reason.",
};
const inFlight = {
  name: "kserve_registry_calls_in_flight",
  type: "gauge" as const,
  help: "Calls in flight, including open watches such as WatchModels.",
};
const duration: MetricHead = {
  name: "kserve_registry_call_duration_seconds",
  type: "histogram",
  help: "Seconds from a call's request headers to the last byte of its response. For a watch: how long it was open.",
};
const requestSize: MetricHead = {
  name: "kserve_registry_call_request_bytes",
  type: "histogram",
  help: "Bytes of request bodies, as received.",
};
const answerSize: MetricHead = {
  name: "kserve_registry_call_answer_bytes",
  type: "histogram",
  help: "Bytes of response bodies, as sent.",
};

/**
 * Counts calls by method and protocol, and measures their duration and size. Method and protocol come from fixed lists,
 * so no request can create new series.
 */
export class CallSeries {
  readonly #open = new Set<Call>();
  readonly #byMethod = new Map<string, Map<string, Series>>();

  begin(call: Call): void {
    this.#open.add(call);
  }

  end(call: Call, { outcome, reason = "", seconds, requestBytes, answerBytes, traceId }: EndedCall): void {
    this.#open.delete(call);
    const series = this.#of(call);
    const byReason = valueUnder(series.counts, outcome, () => new Map<string, number>());
    byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    series.seconds.add(seconds, traceId);
    series.requestBytes.add(requestBytes);
    series.answerBytes.add(answerBytes);
  }

  async expose(to: Exposition): Promise<void> {
    // By the current method of each call, which may only be known some time after it began.
    const open = new Map<Series, number>();
    for (const call of this.#open) {
      const series = this.#of(call);
      open.set(series, (open.get(series) ?? 0) + 1);
    }
    const all = [...this.#byMethod.values()].flatMap((byProtocol) => [...byProtocol.values()]);
    to.addPlain({ ...ended, samples: () => all.flatMap(countsOf) });
    to.addPlain({
      ...inFlight,
      samples: () => all.map((series): Sample => [callLabels(series), open.get(series) ?? 0]),
    });
    const histogram = (head: MetricHead, pick: (series: Series) => Histogram): Promise<void> =>
      to.add(head, all, (series) => pick(series).lines(head.name, callLabels(series), to.format));
    await histogram(duration, ({ seconds }) => seconds);
    await histogram(requestSize, ({ requestBytes }) => requestBytes);
    await histogram(answerSize, ({ answerBytes }) => answerBytes);
  }

  #of(call: Call): Series {
    const known = this.#byMethod.get(call.method)?.get(call.protocol);
    if (known !== undefined) return known;
    const method = methodLabel(call.method);
    const byProtocol = valueUnder(this.#byMethod, method, () => new Map<string, Series>());
    return valueUnder(byProtocol, call.protocol, () => ({
      method,
      protocol: call.protocol,
      counts: new Map(),
      seconds: new Histogram(secondsBounds),
      requestBytes: new Histogram(bytesBounds),
      answerBytes: new Histogram(bytesBounds),
    }));
  }
}

function callLabels({ method, protocol }: Series): string {
  return labelsOf({ method, protocol });
}

function countsOf(series: Series): Sample[] {
  const { method, protocol } = series;
  return [...series.counts].flatMap(([outcome, byReason]) =>
    [...byReason].map(([reason, count]): Sample => {
      return [labelsOf({ method, protocol, outcome, reason: reason === "" ? undefined : reason }), count];
    }),
  );
}

const typedService = /^kserve\.(?:models|namespaces|clusters|cluster_namespaces)\./;

/** The method of a call as a label. All typed services share one: each is named after a model. */
function methodLabel(method: string): string {
  return typedService.test(method) ? "kserve.models.*/Predict" : method;
}
