import type { RegisteredModel } from "../../registry/model.ts";
import { cutWords } from "../../registry/model-words.ts";
import type { RegistryError } from "../../registry/registry-error.ts";
import { statusMeaning, wrongPath } from "../http/status-meaning.ts";
import { errorFromMeaning } from "../http/upstream-error.ts";
import { withoutStack } from "../without-stack.ts";

/** The status of an RPC that failed, as its server gave it. */
export interface GrpcStatus {
  readonly code: number;
  /** In full, as it came. */
  readonly message: string;
}

/** The code of a server that does not have the method. */
export const unimplemented = 12;

/** The codes of gRPC by number, and the HTTP status that means the same of a model server. */
const codes: readonly (readonly [name: string, httpStatus: number])[] = [
  ["OK", 200],
  ["CANCELLED", 500],
  ["UNKNOWN", 500],
  ["INVALID_ARGUMENT", 400],
  ["DEADLINE_EXCEEDED", 504],
  ["NOT_FOUND", 404],
  ["ALREADY_EXISTS", 500],
  ["PERMISSION_DENIED", 403],
  ["RESOURCE_EXHAUSTED", 429],
  ["FAILED_PRECONDITION", 500],
  ["ABORTED", 500],
  ["OUT_OF_RANGE", 400],
  ["UNIMPLEMENTED", 404],
  ["INTERNAL", 500],
  ["UNAVAILABLE", 503],
  ["DATA_LOSS", 500],
  ["UNAUTHENTICATED", 401],
];

/**
 * What a server's message reveals that the code does not say, or says wrongly: the equivalent HTTP status, and what to
 * do.
 */
interface Known {
  readonly words: RegExp;
  readonly httpStatus?: number;
  readonly hint?: string;
}

const known: readonly Known[] = [
  // MLServer says INVALID_ARGUMENT, Triton NOT_FOUND, and KServe UNKNOWN with an error of its own.
  {
    words: /is not ready yet|has no available versions|at least one version is not available|ModelNotReady/,
    httpStatus: 503,
  },
  // Triton said UNAVAILABLE once (triton-server#3399), and MLServer says UNKNOWN where it is asked whether a model is ready.
  {
    words: /^Request for unknown model: '.*' is not found|^Model .* with version .* not found$/,
    httpStatus: 404,
  },
  { words: /Received message larger than max|message larger than max \(/i, httpStatus: 413 },
  {
    words: /Sent message larger than max/i,
    httpStatus: 500,
    hint: "The answer is too large for the model server: send fewer instances at a time.",
  },
  {
    words: /decoupled/i,
    httpStatus: 500,
    hint: "The model responds with a stream (a decoupled model), so it cannot return a single response.",
  },
  {
    words: /decoding str is not supported/,
    hint: "KServe's server cannot answer texts by the Open Inference Protocol (kserve#6204): set protocol: v1 in the entry.",
  },
  {
    words: /must be real number, not NoneType|required argument is not a float/,
    hint: "MLServer cannot answer NaN over gRPC (MLServer#1154): set protocol: v2 in the entry, with the port of REST.",
  },
];

const notServed = "Set the entry's model to the name that the model server has for it, or correct its url.";
const notInference =
  "Is the port of the entry that of the Open Inference Protocol (inference.GRPCInferenceService)? Other gRPC servers do not know it.";

function hintFor(name: string): string {
  return name === "UNIMPLEMENTED" ? notInference : notServed;
}

/** How much of a server's message is searched: some patterns take quadratic time. */
const maxMessageChars = 4096;

/** Turns the status of an RPC that failed into an error with the model's own words. */
export function errorFromGrpcStatus(
  model: RegisteredModel,
  { code, message: whole }: GrpcStatus,
  attempts: number,
): RegistryError {
  const message = whole.slice(0, maxMessageChars);
  const [name, httpStatus] = codes[code] ?? [`code ${code}`, 500];
  const special = known.find(({ words }) => words.test(message));
  const meaning = statusMeaning(special?.httpStatus ?? httpStatus, undefined)!;
  const words = cutWords(withoutStack(message));
  return errorFromMeaning(
    model,
    { ...meaning, hint: special?.hint ?? (meaning === wrongPath ? hintFor(name) : meaning.hint) },
    {
      label: `gRPC ${name}`,
      status: 200,
      words,
      excerpt: words,
      attempts,
      mayBeUnprocessed: meaning.reason === "MODEL_NOT_READY",
    },
  );
}
