import { Code } from "@connectrpc/connect";
import { codeOf, httpStatusOf } from "../../src/api/error.ts";
import { type ErrorReason, errorReasons } from "../../src/registry/registry-error.ts";
import type { PredictionResult } from "../load/caller.ts";
import type { FaultName } from "../model-server/faults.ts";

const brokenConnection = ["MODEL_UNREACHABLE", "BREAKER_OPEN"];
const noAnswer = ["DEADLINE_EXCEEDED", "MODEL_TIMEOUT", "BREAKER_OPEN"];
const badAnswer = ["MODEL_BAD_ANSWER", "BREAKER_OPEN"];

/** The reasons that calls of a faulty model may fail with. Some calls of each succeed. */
const reasons: Readonly<Record<FaultName, readonly string[]>> = {
  refuse: brokenConnection,
  "reset-on-connect": brokenConnection,
  "reset-before-head": brokenConnection,
  "close-before-head": brokenConnection,
  "reset-within-head": brokenConnection,
  "reset-after-head": brokenConnection,
  "half-body": brokenConnection,
  hang: noAnswer,
  "hang-up": [],
  "slow-drip": noAnswer,
  "bursts-5xx": ["MODEL_FAILED", "MODEL_NOT_READY", "MODEL_TIMEOUT", "BREAKER_OPEN"],
  "length-too-long": noAnswer,
  "length-too-short": badAnswer,
  "endless-body": [...badAnswer, ...noAnswer],
  "not-http": badAnswer,
  kill: brokenConnection,
};

/** One call with what it asked for and what it got. */
export interface Judged {
  readonly fault: FaultName | undefined;
  readonly number: number;
  readonly result: PredictionResult;
  /** Whether the machine itself has used up so much of the deadline that any call may miss it. */
  readonly timeIsUp: boolean;
  /** Whether a fault is over so shortly that the breaker of its model may still be open. */
  readonly recovering: boolean;
}

/** What is wrong with how a call ended; undefined when nothing is. */
export function wrongEnd({ fault, number, result, timeIsUp, recovering }: Judged): string | undefined {
  const { code, reason, prediction } = result;
  if (code === "ok") return prediction === number ? undefined : `the prediction of another call: ${prediction}`;
  if (code === "no answer" && timeIsUp) return undefined;
  if (code === "left") return fault === "hang-up" ? undefined : "left";
  if (reason === undefined || !(errorReasons as readonly string[]).includes(reason)) return `${code}: ${reason}`;
  const known = reason as ErrorReason;
  if (code !== Code[codeOf(known)] && code !== String(httpStatusOf(known))) return `${reason} with the code ${code}`;
  if (timeIsUp && noAnswer.includes(reason)) return undefined;
  if (recovering && reason === "BREAKER_OPEN") return undefined;
  if (fault === undefined || !reasons[fault].includes(reason)) return `${reason}, which is not its fault`;
  return undefined;
}
