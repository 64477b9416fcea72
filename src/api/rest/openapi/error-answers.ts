import { httpStatusOf } from "../../error.ts";
import { type RestReason, reasonWords } from "../../reason-words.ts";
import { jsonAnswer, sharedHeader } from "./answers.ts";
import type { Examples, Header, Ref, Response } from "./document.ts";
import { example } from "./examples.ts";

/** An answer that is an error, with its status. */
interface ErrorAnswer {
  readonly status: number;
  readonly response: Response;
}

/** What one reason means, and an error of it. */
interface Words {
  readonly means: string;
  readonly says: string;
}

/** A path is not there when its `{name}` is empty. */
const noSuchPath: Words = {
  means: "there is no such path",
  says: "there is no such path; /openapi.json lists the paths",
};

const unknownEncoding = { error: "content-encoding zstd is not known; use gzip, deflate, br or none" };

const knownEncodings: Response["headers"] = {
  "accept-encoding": {
    description: "The accepted encodings, if the `content-encoding` was rejected.",
    required: false,
    schema: { type: "string", const: "gzip, deflate, br" },
  },
};

/** Every error answer that operations share, by name. */
const errorAnswers = {
  BadQuery: forReasons("INVALID_REQUEST"),
  BadListQuery: forReasons("INVALID_REQUEST", "INVALID_PAGE_TOKEN"),
  BadBody: forReasons("INVALID_REQUEST"),
  BadName: forReasons("INVALID_REQUEST", "INTEGRATION_DISABLED"),
  BadPrediction: forReasons("INVALID_REQUEST", "INVALID_INSTANCE", "MODEL_REJECTED_INPUT", "INTEGRATION_DISABLED"),
  // A tensor request also fails where the answer contains what a tensor cannot.
  BadInference: forReasons(
    "INVALID_REQUEST",
    "INVALID_INSTANCE",
    "MODEL_REJECTED_INPUT",
    "INTEGRATION_DISABLED",
    "PREDICTIONS_NOT_A_TENSOR",
  ),
  ModelNotFound: answerTo(404, { INVALID_REQUEST: noSuchPath, ...wordsOf("MODEL_NOT_FOUND") }),
  NoContract: answerTo(404, {
    INVALID_REQUEST: noSuchPath,
    ...wordsOf("MODEL_NOT_FOUND", "FEATURES_NOT_DECLARED"),
  }),
  NotKnown: forReasons("UNAUTHENTICATED"),
  NotAllowed: forReasons("PERMISSION_DENIED"),
  NotAnsweredNow: forReasons("ACCESS_CHECK_FAILED", "MODELS_NOT_LOADED"),
  TooSlow: forReasons("REQUEST_TOO_SLOW"),
  TooLarge: forReasons("REQUEST_TOO_LARGE"),
  NotExplained: invalidRequest(
    501,
    "Not supported.",
    example("Not supported", {
      error: "Model anomaly-detector is served without explanations; call its explainer directly",
    }),
  ),
  NotJson: invalidRequest(
    415,
    "The `content-type` is not JSON, its charset is not UTF-8, or the `content-encoding` is not gzip, deflate or br.",
    {
      contentType: {
        summary: "Unsupported content type",
        value: { error: "content-type application/xml is not supported; send application/json" },
      },
      contentEncoding: { summary: "Unsupported encoding", value: unknownEncoding },
    },
    knownEncodings,
  ),
  // Where the media type is ignored, only the compression can be unknown.
  NotDecompressed: invalidRequest(
    415,
    "The `content-encoding` is not gzip, deflate or br.",
    example("zstd", unknownEncoding),
    knownEncodings,
  ),
  TooMany: forReasons("TOO_MANY_IN_FLIGHT", "MODEL_OVERLOADED"),
  InternalError: forReasons("INTERNAL"),
  ModelFault: forReasons(
    "MODEL_PATH_NOT_FOUND",
    "MODEL_REJECTED_CREDENTIALS",
    "MODEL_CREDENTIALS_UNREADABLE",
    "MODEL_FAILED",
    "MODEL_BAD_ANSWER",
  ),
  ModelUnavailable: forReasons(
    "MODEL_NOT_READY",
    "MODEL_UNREACHABLE",
    "BREAKER_OPEN",
    "SERVER_OVERLOADED",
    "SHUTTING_DOWN",
    "ACCESS_CHECK_FAILED",
    "MODELS_NOT_LOADED",
  ),
  NotTakenNow: forReasons("SERVER_OVERLOADED", "ACCESS_CHECK_FAILED", "MODELS_NOT_LOADED"),
  ModelNotReady: notReady(),
  ModelTimeout: forReasons("MODEL_TIMEOUT"),
} as const satisfies Readonly<Record<string, ErrorAnswer>>;

/** The same as the document holds them. */
export const errorResponses: Readonly<Record<string, Response>> = Object.fromEntries(
  Object.entries(errorAnswers).map(([name, { response }]) => [name, response]),
);

/** Points to some of these answers, by their status. */
export function errorRefs(...names: (keyof typeof errorAnswers)[]): Record<string, Ref> {
  return Object.fromEntries(
    names.map((name) => [errorAnswers[name].status, { $ref: `#/components/responses/${name}` }]),
  );
}

/** The answer to an error of one of these reasons. The status comes from the one table of the service. */
function forReasons(...reasons: RestReason[]): ErrorAnswer {
  const [status, ...others] = new Set(reasons.map(httpStatusOf));
  if (status === undefined || others.length > 0) throw new Error(`${reasons} do not have one status`);
  return answerTo(status, wordsOf(...reasons));
}

function wordsOf(...reasons: RestReason[]): Readonly<Record<string, Words>> {
  return Object.fromEntries(reasons.map((reason) => [reason, reasonWords[reason]]));
}

function answerTo(status: number, words: Readonly<Record<string, Words>>): ErrorAnswer {
  const entries = Object.entries(words);
  const response = jsonAnswer(
    entries.map(([reason, { means }]) => `\`${reason}\`: ${means}.`).join(" "),
    "Error",
    Object.fromEntries(
      entries.map(([reason, { means, says }]) => [reason, { summary: means, value: { error: says } }]),
    ),
    {
      ...reasonHeader(entries.map(([reason]) => reason)),
      ...(status === 429 || status === 503 ? sharedHeader("retry-after") : {}),
    },
  );
  return { status, response };
}

function reasonHeader(reasons: readonly string[]): Response["headers"] {
  return {
    "x-error-reason": {
      description: "The reason: a value of `ErrorReason` in the gRPC contract.",
      required: true,
      schema: { type: "string", enum: reasons },
    },
  };
}

/** The answer to a method that a path does not have. */
export function otherMethod(allowed: readonly string[]): Response {
  return jsonAnswer(
    "The path does not support this method.",
    "Error",
    example("Unsupported method", { error: `TRACE is not allowed here; use ${allowed.join(" or ")}` }),
    {
      ...reasonHeader(["INVALID_REQUEST"]),
      allow: {
        description: "The methods that the path supports.",
        required: true,
        schema: { type: "string", const: allowed.join(", ") },
      },
    },
  );
}

/** The answer to errors of HTTP itself, which share one reason. */
function invalidRequest(status: number, description: string, examples: Examples, headers = {}): ErrorAnswer {
  return {
    status,
    response: jsonAnswer(description, "Error", examples, { ...reasonHeader(["INVALID_REQUEST"]), ...headers }),
  };
}

/** As a KServe server answers it: without a reason, unless it is one of access control. */
function notReady(): ErrorAnswer {
  return {
    status: 503,
    response: jsonAnswer(
      "The model is registered, but not ready.",
      "Error",
      example("Not ready", { error: "Model with name anomaly-detector is not ready." }),
      {
        "x-error-reason": { ...reasonHeader(["ACCESS_CHECK_FAILED"])["x-error-reason"], required: false } as Header,
        ...sharedHeader("retry-after"),
      },
    ),
  };
}
