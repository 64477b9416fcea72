import { isDnsLabel } from "../../base/field-reader.ts";
import { inSlices } from "../../base/in-slices.ts";
import type { GrpcInference } from "../../registry/inference.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import { type GrpcMessage, readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";
import { elementsPerValue, type InferDeps, infer } from "../oip/infer.ts";
import type { LeanModelMethod } from "./lean-method.ts";

/** An inference request, read from the bytes of its message. */
export interface LeanInference extends ModelRef, GrpcInference {
  readonly read: GrpcMessage;
}

/** ModelInfer from bytes to bytes: tensor elements never become objects, and raw contents are not copied. */
export function createLeanInfer(deps: InferDeps): LeanModelMethod<LeanInference> {
  // Larger messages go to Connect, which refuses them with its own message.
  const maxTyped = deps.maxMessageValues * elementsPerValue;
  return {
    read(message, json, { namespace }) {
      if (json || Array.isArray(namespace)) return undefined;
      const asked = (read: GrpcMessage): LeanInference | undefined => {
        // Connect reports invalid names with another error.
        if (!isDnsLabel(read.modelName) || (namespace && !isDnsLabel(namespace))) return undefined;
        return { form: "grpc", message, read, name: read.modelName, namespace: namespace || undefined };
      };
      try {
        const reading = inSlices(readGrpcMessage({ form: "grpc", message }, "inputs", maxTyped));
        return reading instanceof Promise ? reading.then(asked).catch(missOf) : asked(reading);
      } catch (error) {
        return missOf(error);
      }
    },

    async run(model, asked, call) {
      const answer = await infer(deps, model, asked, call);
      return (answer as GrpcInference).message;
    },
  };
}

/** Connect reports what is wrong with the message. */
function missOf(error: unknown): undefined {
  if (error instanceof TensorProblem) return undefined;
  throw error;
}
