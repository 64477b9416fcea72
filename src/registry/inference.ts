/** One input or output of a model, as its server describes it. */
export interface TensorMetadata {
  readonly name: string;
  /** As the server spells it: `FP32`, `BYTES`. Servers may have types that this service does not know. */
  readonly datatype: string;
  /** The size of each dimension; -1 for any size, usually that of the first one. */
  readonly shape: readonly number[];
}

/** A model server's description of a model's inputs and outputs (Open Inference Protocol). */
export interface ModelMetadata {
  /** `sklearn`, `python`; empty where the server does not say. */
  readonly platform: string;
  /** Empty where the server does not say. */
  readonly versions: readonly string[];
  /** Empty where the server does not say, as with most models of KServe and MLServer. */
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** Of a model that its server does not describe. */
export const noMetadata: ModelMetadata = { platform: "", versions: [], inputs: [], outputs: [] };

/** An inference request or answer of the Open Inference Protocol over REST, as it stands in a body. */
export interface RestInference {
  readonly form: "rest";
  /** JSON, and behind it the blocks of the binary tensor extension where there are any. */
  readonly body: Uint8Array;
  /** How many bytes of `body` are JSON (`inference-header-content-length`). Undefined: all, there are no blocks. */
  readonly jsonBytes: number | undefined;
  /** The version in the path of a request. Empty or undefined: the one that the server chooses. */
  readonly version?: string | undefined;
}

/** A `ModelInferRequest` or `ModelInferResponse` as it stands in a gRPC message, without the frame around it. */
export interface GrpcInference {
  readonly form: "grpc";
  readonly message: Uint8Array;
}

/** An inference request or answer as bytes, in one of the two forms of the protocol. */
export type InferenceBytes = RestInference | GrpcInference;
