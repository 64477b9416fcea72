import { answerBytesOf, type Call, isProbe, requestBytesOf, traceIdOf } from "../api/call.ts";
import type { CallReason } from "../api/error.ts";
import type { HttpRequest, HttpResponse } from "../api/http.ts";
import type { Outcome } from "../api/outcome.ts";
import { valueUnder } from "../base/value-under.ts";
import { RegistryError } from "../registry/registry-error.ts";
import type { Log } from "./log.ts";

/** Writes a line for each call that has ended. */
export interface CallLog {
  write(call: Call, request: HttpRequest, response: HttpResponse, outcome: Outcome): void;
  /** Writes what has been counted and not written yet. */
  close(): void;
}

/** So many failures of one kind are lines of their own in a second; further ones are counted. */
const linesPerKind = 20;
const windowMs = 1000;
/** More kinds than this within a second are one kind together: the map of them must not grow with the callers. */
const maxKinds = 500;

/** Errors whose words may repeat values of rows, or what a model server says of them. */
const quotesValues: ReadonlySet<CallReason> = new Set<CallReason>([
  "INVALID_REQUEST",
  "INVALID_INSTANCE",
  "MODEL_REJECTED_INPUT",
  "MODEL_FAILED",
  "MODEL_BAD_ANSWER",
  "MODEL_OVERLOADED",
  "MODEL_NOT_READY",
  "MODEL_PATH_NOT_FOUND",
  "PREDICTIONS_NOT_A_TENSOR",
]);

/** What there is of one kind of failure in the running second. */
interface Kind {
  readonly level: "info" | "warn";
  readonly fields: object;
  written: number;
  repeated: number;
}

/**
 * Creates the log of calls. Failures come in floods: of one kind, that is of one method, model and reason, the first
 * {@link linesPerKind} of each second are written, and a line at its end says how many more there were, so that lines and
 * what they count add up to the calls.
 *
 * @param values whether a line may have values of rows and words of model servers
 */
export function createCallLog(log: Log, values: boolean): CallLog {
  const kinds = new Map<string, Kind>();
  let timer: NodeJS.Timeout | undefined;

  const close = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const { level, fields, repeated } of kinds.values()) {
      if (repeated > 0) log[level]({ ...fields, repeated }, `call, and ${repeated} more like it within a second`);
    }
    kinds.clear();
  };

  /** Whether a failure has a line of its own. */
  const hasLine = (level: "info" | "warn", fields: object): boolean => {
    const name = kinds.size < maxKinds ? JSON.stringify(fields) : "";
    // A second begins with its first failure: one now and then is never counted together with those of hours before.
    timer ??= setTimeout(close, windowMs).unref();
    const kind = valueUnder(kinds, name, (): Kind => {
      return { level, fields: name === "" ? {} : fields, written: 0, repeated: 0 };
    });
    if (kind.written < linesPerKind) {
      kind.written++;
      return true;
    }
    kind.repeated++;
    return false;
  };

  return {
    close,
    write(call, request, response, { outcome, failed, serverFault }) {
      if (!log.isLevelEnabled(serverFault ? "warn" : "info")) return;
      // A probe that fails says something, and nothing that would be a fault: of a server that drains, it must fail.
      const probe = isProbe(call, request);
      const level = probe && !failed ? "debug" : serverFault && !probe ? "warn" : "info";
      if (!log.isLevelEnabled(level)) return;
      const { method, reason } = call;
      const { name: model, namespace } = call.model ?? {};
      if (failed && level !== "debug") {
        const kind = { method, ...(model === undefined ? {} : { model, namespace }), outcome, reason };
        if (!hasLine(level, kind)) return;
      }
      const failure = call.error instanceof RegistryError ? call.error.failure : undefined;
      const quoting = !values && reason !== undefined && quotesValues.has(reason);
      log[level](
        {
          requestId: call.requestId,
          traceId: traceIdOf(call),
          peer: request.socket.remoteAddress,
          protocol: call.protocol,
          http: request.httpVersion,
          method,
          model,
          namespace,
          caller: call.access.caller,
          outcome,
          reason,
          error: quoting ? undefined : call.error?.message,
          fields: quoting ? placesOf(call.error) : undefined,
          cause: quoting ? undefined : causeOf(call.error),
          upstreamStatus: failure?.upstreamStatus,
          attempts: call.prediction.attempts ?? failure?.attempts,
          queuedMs: rounded(call.prediction.queuedMs),
          upstreamMs: rounded(call.prediction.upstreamMs),
          requestBytes: requestBytesOf(call),
          answerBytes: answerBytesOf(call, response),
          ms: rounded(performance.now() - call.startedMs),
        },
        "call",
      );
    },
  };
}

/** The places of what is wrong (`instances[3].iops`), without what stands there. */
function placesOf(error: Call["error"]): readonly string[] | undefined {
  const places = error?.violations?.map(({ field }) => field);
  return places === undefined || places.length === 0 ? undefined : places;
}

/** To a microsecond. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}

/** What happened underneath: the message of the innermost cause, and the stack of a fault of ours. */
function causeOf(error: Call["error"]): string | undefined {
  let cause = error?.cause;
  if (error?.reason === "INTERNAL") return cause instanceof Error ? cause.stack : String(cause);
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? cause.message : undefined;
}
