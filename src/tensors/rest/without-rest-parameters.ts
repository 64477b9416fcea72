import type { Parameters } from "../tensor.ts";

/** Of the binary tensor extension. They only say how a message over REST is put, and gRPC has no use for them. */
const restParameters: ReadonlySet<string> = new Set(["binary_data", "binary_data_output", "binary_data_size"]);

/** The parameters that mean something in another form than that of REST. */
export function withoutRestParameters(parameters: Parameters): Parameters {
  return new Map([...parameters].filter(([name]) => !restParameters.has(name)));
}
