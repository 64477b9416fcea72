import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { PredictFailureSchema, PredictStageSchema } from "../../gen/kserve/registry/v1/error_reason_pb.ts";

/** What an error says, in a form to compare. What it does not carry is left out. */
export interface ErrorParts {
  readonly code: string;
  readonly reason?: string;
  readonly domain?: string;
  readonly metadata?: Record<string, string>;
  /** The fields of BadRequest. */
  readonly fields?: string[];
  readonly retryMs?: number;
  readonly failure?: { stage: string; upstreamStatus: number; upstreamBody: string; attempts: number };
}

/** The error of a call that must fail. */
export async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("the call succeeded, though it should fail");
}

/** Takes an error apart. */
export function partsOf(error: ConnectError): ErrorParts {
  const [info] = error.findDetails(ErrorInfoSchema);
  const [badRequest] = error.findDetails(BadRequestSchema);
  const [retry] = error.findDetails(RetryInfoSchema);
  const [failure] = error.findDetails(PredictFailureSchema);
  return {
    code: Code[error.code],
    ...(info && { reason: info.reason, domain: info.domain, metadata: info.metadata }),
    ...(badRequest && { fields: badRequest.fieldViolations.map(({ field }) => field) }),
    ...(retry?.retryDelay && {
      retryMs: Number(retry.retryDelay.seconds) * 1000 + retry.retryDelay.nanos / 1_000_000,
    }),
    ...(failure && {
      failure: {
        stage: PredictStageSchema.value[failure.stage]?.localName ?? "",
        upstreamStatus: failure.upstreamStatus,
        upstreamBody: failure.upstreamBody,
        attempts: failure.attempts,
      },
    }),
  };
}
