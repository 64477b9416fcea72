import pkg from "../../../package.json" with { type: "json" };

/** What this server is to a client of the Open Inference Protocol. */
export const serverMetadata: {
  readonly name: string;
  readonly version: string;
  /** What it can do beyond the protocol. */
  readonly extensions: readonly string[];
} = { name: pkg.name, version: pkg.version, extensions: ["binary_tensor_data", "model_repository"] };
