import { isDnsLabel } from "../../base/field-reader.ts";
import { inSlices } from "../../base/in-slices.ts";
import type { GrpcInference } from "../../registry/inference.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import { type GrpcMessage, readGrpcMessage } from "../../tensors/grpc/read-message.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";
import { elementsPerValue, type InferDeps, infer } from "../oip/infer.ts";
import type { LeanModelMethod } from "./lean-method.ts";

/** An inference request, read off the bytes of its message. */
export interface LeanInference extends ModelRef, GrpcInference {
  readonly read: GrpcMessage;
}

/** ModelInfer between message bytes: elements of tensors never become objects, and raw ones stay where they are. */
export function createLeanInfer(deps: InferDeps): LeanModelMethod<LeanInference> {
  // More are refused where messages become objects, in its own words.
  const maxTyped = deps.maxMessageValues * elementsPerValue;
  return {
    read(message, json, { namespace }) {
      if (json || Array.isArray(namespace)) return undefined;
      const asked = (read: GrpcMessage): LeanInference | undefined => {
        // Other names have another error here than elsewhere.
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

/** What is wrong with a message is said where messages become objects. */
function missOf(error: unknown): undefined {
  if (error instanceof TensorProblem) return undefined;
  throw error;
}
