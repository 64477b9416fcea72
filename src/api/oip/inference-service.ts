import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type GRPCInferenceService,
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  ModelMetadataResponseSchema,
  RepositoryIndexResponseSchema,
} from "../../../gen/inference/grpc_service_pb.ts";
import { maxAnswerValues, ofFiveTimes } from "../../predict/limits/value-limits.ts";
import { badAnswer } from "../../registry/bad-answer.ts";
import type { GrpcInference } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import { accessOf } from "../call.ts";
import { assertCouldBe } from "../rest/kserve-model.ts";
import { countValues } from "../rpc/count-values.ts";
import { callOf, resolveFor, type ServiceDeps } from "../rpc/model-registry-service.ts";
import { type InferDeps, infer } from "./infer.ts";
import { modelMetadata, repositoryIndex, serverMetadata } from "./metadata.ts";
import { assertVersion } from "./model-version.ts";

/** What the service needs of the rest. */
export interface InferenceDeps extends ServiceDeps, InferDeps {
  /** Why the server is not ready; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
}

/** A model's answer is good for this long, in milliseconds. */
const maxAgeMs = 1000;

/** The Open Inference Protocol over gRPC, gRPC-Web and Connect. */
export function createInferenceService(deps: InferenceDeps): ServiceImpl<typeof GRPCInferenceService> {
  const { registry, pipeline, notReadyReason, maxMessageValues } = deps;

  const modelOf = (name: string, context: HandlerContext): Promise<RegisteredModel> => {
    const ref = refOf(name, context);
    assertCouldBe(registry, ref);
    return resolveFor(context, pipeline, ref);
  };

  return {
    serverLive: () => ({ live: true }),
    serverReady: () => ({ ready: notReadyReason() === undefined }),
    serverMetadata: () => ({ ...serverMetadata, extensions: [...serverMetadata.extensions] }),

    async modelReady({ name, version }, context) {
      const model = await modelOf(name, context);
      await assertVersion(pipeline, model, version, callOf(context));
      await deps.check(model.key, maxAgeMs);
      return { ready: registry.readiness(model.key).state === "ready" };
    },

    async modelMetadata({ name, version }, context) {
      const model = await modelOf(name, context);
      const call = callOf(context);
      await assertVersion(pipeline, model, version, call);
      const { platform, versions, inputs, outputs } = await modelMetadata(pipeline, model, call);
      return create(ModelMetadataResponseSchema, {
        name: model.name,
        platform,
        versions: [...versions],
        inputs: inputs.map(tensorMetadata),
        outputs: outputs.map(tensorMetadata),
      });
    },

    async modelInfer(request, context) {
      const model = await modelOf(request.modelName, context);
      const asked: GrpcInference = { form: "grpc", message: toBinary(ModelInferRequestSchema, request) };
      const answer = await infer(deps, model, asked, callOf(context));
      const { message } = answer as GrpcInference;
      const maxValues = maxAnswerValues(maxMessageValues);
      if (countValues(message, ModelInferResponseSchema, false, maxValues) > maxValues) {
        throw badAnswer(model, `it has more than ${maxValues} values (${ofFiveTimes})`, {
          attempts: 1,
          hint: "Send raw contents: the answer then comes raw, too. Or send fewer rows at a time.",
        });
      }
      return fromBinary(ModelInferResponseSchema, message);
    },

    async repositoryIndex({ ready }, context) {
      const { namespace } = refOf("", context);
      const models = await repositoryIndex(registry, accessOf(context), { namespace, ready });
      return create(RepositoryIndexResponseSchema, { models: models.map((model) => ({ ...model })) });
    },
  };
}

/** The protocol has no field for a namespace: it comes as metadata. */
function refOf(name: string, { requestHeader }: HandlerContext): ModelRef {
  return { name, namespace: requestHeader.get("namespace") || undefined };
}

function tensorMetadata({
  name,
  datatype,
  shape,
}: {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}) {
  return { name, datatype, shape: shape.map(BigInt) };
}
