import type { RegisteredModel } from "../../registry/model.ts";

/** The path of a model below the base address; what is asked of it comes behind. */
export function modelPath({ model }: RegisteredModel): string {
  return `/v2/models/${encodeURIComponent(model)}`;
}
