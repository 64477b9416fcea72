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
  /** Writes the counts that have not been written yet. */
  close(): void;
}

/** How many failures of one kind are logged one by one within a second; further ones are only counted. */
const linesPerKind = 20;
const windowMs = 1000;
/** Beyond this many kinds within a second the rest count as one: the map must not grow with the callers. */
const maxKinds = 500;

/** Errors whose messages may quote values of rows, or a model server that quotes them. */
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

/** One kind of failure within the current second. */
interface Kind {
  readonly level: "info" | "warn";
  readonly fields: object;
  written: number;
  repeated: number;
}

/**
 * Creates the log of calls. Failures come in floods: of one kind, that is of one method, model and reason, the first
 * {@link linesPerKind} within a second are written, and a line at its end says how many more there were, so that
 * nothing is lost from the count.
 *
 * @param values whether a line may contain values of rows and messages of model servers
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

  /** Whether a failure gets its own line. */
  const hasLine = (level: "info" | "warn", fields: object): boolean => {
    const name = kinds.size < maxKinds ? JSON.stringify(fields) : "";
    // The second begins with its first failure, so failures hours apart are never counted together.
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
      // A failed probe is worth a line, but no warning: while the server drains, probes must fail.
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

/** The paths of wrong fields (`instances[3].iops`), without their values. */
function placesOf(error: Call["error"]): readonly string[] | undefined {
  const places = error?.violations?.map(({ field }) => field);
  return places === undefined || places.length === 0 ? undefined : places;
}

/** To a microsecond. */
function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}

/** The message of the innermost cause; of an internal error the stack. */
function causeOf(error: Call["error"]): string | undefined {
  let cause = error?.cause;
  if (error?.reason === "INTERNAL") return cause instanceof Error ? cause.stack : String(cause);
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? cause.message : undefined;
}
