import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { HttpRequest } from "../http.ts";
import type { CommonCall } from "../predict-call.ts";

/** A method that is served between bytes, without message objects of what is asked. */
export interface LeanMethod<Asked extends ModelRef> {
  /**
   * Reads a request, with the model that it names.
   *
   * @returns undefined for anything but the plain form, good or bad
   */
  read(message: Uint8Array, json: boolean, headers: HttpRequest["headers"]): Asked | undefined;
  /** Does what a request asks for, and writes the bytes of the answer. @throws RegistryError */
  run(model: RegisteredModel, asked: Asked, call: CommonCall, json: boolean): Promise<Uint8Array>;
}
