import type { Pipeline } from "../../predict/pipeline.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { Call } from "../call.ts";
import type { HttpRequest } from "../http.ts";
import { type CommonCall, predictCallOf } from "../predict-call.ts";

/** A method that is served from bytes to bytes, without message objects for the request. */
export interface LeanMethod<Asked> {
  /**
   * Reads a request; a long one in several turns of the event loop.
   *
   * @returns undefined for everything but the plain form, valid or not
   * @throws RegistryError for what is refused before more of it is read
   */
  read(
    message: Uint8Array,
    json: boolean,
    headers: HttpRequest["headers"],
  ): Asked | undefined | Promise<Asked | undefined>;
  /** Carries out a request, and writes the bytes of the answer. @throws RegistryError */
  answer(asked: Asked, call: Call, json: boolean): Promise<Uint8Array>;
}

/** A method whose request names a model. */
export interface LeanModelMethod<Asked extends ModelRef> extends Pick<LeanMethod<Asked>, "read"> {
  /** Carries out a request with its model, and writes the bytes of the answer. @throws RegistryError */
  run(model: RegisteredModel, asked: Asked, call: CommonCall, json: boolean): Promise<Uint8Array>;
}

/** Makes a method of one that needs the model of its request, which the caller must be allowed to use. */
export function withModel<Asked extends ModelRef>(
  pipeline: Pipeline,
  { read, run }: LeanModelMethod<Asked>,
): LeanMethod<Asked> {
  return {
    read,
    answer(asked, call, json) {
      const runWith = (model: RegisteredModel): Promise<Uint8Array> => {
        call.model = model;
        return run(model, asked, predictCallOf(call), json);
      };
      const resolved = pipeline.resolve(asked, call.access);
      return resolved instanceof Promise ? resolved.then(runWith) : runWith(resolved);
    },
  };
}
