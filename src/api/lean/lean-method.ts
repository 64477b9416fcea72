import type { Pipeline } from "../../predict/pipeline.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { Call } from "../call.ts";
import type { HttpRequest } from "../http.ts";
import { type CommonCall, predictCallOf } from "../predict-call.ts";

/** A method that is served between bytes, without message objects of what is asked. */
export interface LeanMethod<Asked> {
  /**
   * Reads a request, a long one in several turns of the event loop.
   *
   * @returns undefined for anything but the plain form, good or bad
   * @throws RegistryError for what is refused before more of it is read
   */
  read(
    message: Uint8Array,
    json: boolean,
    headers: HttpRequest["headers"],
  ): Asked | undefined | Promise<Asked | undefined>;
  /** Does what a request asks for, and writes the bytes of the answer. @throws RegistryError */
  answer(asked: Asked, call: Call, json: boolean): Promise<Uint8Array>;
}

/** A method whose request names a model. */
export interface LeanModelMethod<Asked extends ModelRef> extends Pick<LeanMethod<Asked>, "read"> {
  /** Does with the model what a request asks for, and writes the bytes of the answer. @throws RegistryError */
  run(model: RegisteredModel, asked: Asked, call: CommonCall, json: boolean): Promise<Uint8Array>;
}

/** A method that is run with the model that its request names, where the caller may use it. */
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
