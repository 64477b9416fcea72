import type { NonFiniteForm } from "../../tensors/elements/copy-element.ts";
import { parseAnswer } from "../http/parse-answer.ts";

/** What differs from server to server of the Open Inference Protocol. */
export interface Dialect {
  readonly server: "kserve" | "mlserver" | "triton" | "openvino" | "torchserve" | "unknown";
  /** How a missing number is written in JSON. */
  readonly nonFinite: NonFiniteForm;
  /** Whether it takes the binary tensor extension, without which there is no FP16 but in MLServer's JSON. */
  readonly binary: boolean;
  /** Whether it says how a model is configured, and refuses more rows at a time than that says. */
  readonly configures?: true;
}

const kserve: Dialect = { server: "kserve", nonFinite: "null", binary: true };
/** A server that nobody knows gets what all take: finite numbers as they are, a missing one as null. */
const unknown: Dialect = { server: "unknown", nonFinite: "null", binary: false };

/** KServe has taken blocks since 0.14. */
const olderThanBinary = /^0\.(\d|1[0-3])\./;

/** By the `name` of `GET /v2`, in lower case. */
const dialects: ReadonlyMap<string, Dialect> = new Map([
  ["kserve", kserve],
  ["mlserver", { server: "mlserver", nonFinite: "null", binary: false }],
  ["triton", { server: "triton", nonFinite: "words", binary: true, configures: true }],
  ["openvino model server", { server: "openvino", nonFinite: "words", binary: true }],
  // KServe's server stands in front of it.
  ["torchserve", { ...kserve, server: "torchserve" }],
]);

/** Reads the answer to `GET /v2`: `{"name", "version", "extensions": [...]}`. */
export function dialectFrom(status: number, body: Uint8Array): Dialect {
  if (status !== 200) return unknown;
  try {
    const { name, version, extensions } = (parseAnswer(body) ?? {}) as Record<string, unknown>;
    const known = typeof name === "string" ? dialects.get(name.toLowerCase()) : undefined;
    const binary = Array.isArray(extensions) && extensions.includes("binary_tensor_data");
    if (known === kserve && olderThanBinary.test(String(version))) return { ...kserve, binary: false };
    return known ?? (binary ? { ...unknown, binary } : unknown);
  } catch {
    return unknown;
  }
}
