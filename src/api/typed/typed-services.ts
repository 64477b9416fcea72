import type { Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { valueUnder } from "../../base/value-under.ts";
import { type Contract, contractOf } from "../../contract/contract.ts";
import { modelOfService, predictMethod } from "../../contract/contract-names.ts";
import { descriptorOf } from "../../contract/descriptor.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { Registry } from "../../registry/registry.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { type ConnectHandler, type ConnectHandlerOptions, createConnectHandler } from "../rpc/connect-handler.ts";
import { callOf, resolveFor } from "../rpc/model-registry-service.ts";
import { createTypedMessages } from "./typed-messages.ts";
import { scopeOf, typedModel } from "./typed-model.ts";

export interface TypedServicesOptions extends Omit<ConnectHandlerOptions, "routes"> {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
}

/** The one method of a typed service. */
export interface TypedMethod {
  /** `kserve.models.disk_failure_predictor.v1.DiskFailurePredictor/Predict`; made of a registered name. */
  readonly method: string;
  readonly handle: ConnectHandler;
}

/** The typed services of the models that declare their features. */
export interface TypedServices {
  /** The method that a path names; undefined when no registered model has it. */
  find(path: string): TypedMethod | undefined;
}

/**
 * Creates the typed services, each on its first call. It is kept with the model's entry, so that a service appears,
 * changes and disappears together with the registry's snapshot.
 */
export function createTypedServices({ registry, pipeline, ...handlerOptions }: TypedServicesOptions): TypedServices {
  const made = new WeakMap<Contract, TypedMethod>();

  const create = (contract: Contract, { namespace, cluster }: RegisteredModel): TypedMethod => {
    const [service] = descriptorOf(contract).services;
    const messages = createTypedMessages(contract);
    const predict = async (request: Message, context: HandlerContext): Promise<Message> => {
      const model = await resolveFor(context, pipeline, contract.ref);
      if (model.namespace !== namespace || model.cluster !== cluster) throw nameChanged(model);
      const body = (): Uint8Array => messages.requestBody(request);
      return messages.response(await pipeline.predict(model, { ...callOf(context), body }));
    };
    return {
      method: `${contract.names.service}/${predictMethod}`,
      handle: createConnectHandler({
        ...handlerOptions,
        // The types of Connect know only services that are there when it is compiled.
        routes: (router) => router.service(service!, { predict } as never),
      }),
    };
  };

  return {
    find(path) {
      const ref = modelOfTypedPath(path);
      const model = ref === undefined ? undefined : typedModel(registry.snapshot, ref);
      const contract = model === undefined ? undefined : contractOf(model, undefined, scopeOf(ref!));
      return contract && valueUnder(made, contract, () => create(contract, model!));
    },
  };
}

/** A request written for the contract of one model must not reach another model that now has its name. */
function nameChanged({ name, namespace }: RegisteredModel): RegistryError {
  const message = `The name ${name} now refers to the model in namespace ${namespace}; call again`;
  return new RegistryError("MODEL_NOT_READY", message, { metadata: { model: name, namespace }, retryAfterMs: 100 });
}

const suffix = `/${predictMethod}`;
const typedPath = /^\/kserve\.(?:models|namespaces|clusters|cluster_namespaces)\./;

/** Whether a path is one of typed services, whatever models there are. */
export function isTypedPath(path: string): boolean {
  // Every call passes here.
  return path.startsWith("/kserve.") && typedPath.test(path);
}

/** The model whose typed service a path names, registered or not. */
export function modelOfTypedPath(path: string): ModelRef | undefined {
  if (!isTypedPath(path) || !path.endsWith(suffix)) return undefined;
  return modelOfService(path.slice(1, -suffix.length));
}
