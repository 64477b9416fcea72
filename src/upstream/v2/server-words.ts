import type { RegisteredModel } from "../../registry/model.ts";
import { notReady, type StatusMeaning, wrongPath } from "../http/status-meaning.ts";
import type { ProtocolHints } from "../http/upstream-error.ts";
import { withoutStack } from "../without-stack.ts";

/** MLServer answers 400 while a model loads, and Triton 404 or, before 24.01, 400. */
const loading = /is not ready|has no available versions/i;
const unknownModel = /unknown model|model .* (?:not found|does not exist)/i;

/** What the words of servers say where their statuses do not. */
export const serverWords: ProtocolHints = {
  meaningOf(status, words): StatusMeaning | undefined {
    if (status >= 500 || status < 400) return undefined;
    if (loading.test(words)) return notReady;
    return status === 400 && unknownModel.test(words) ? wrongPath : undefined;
  },

  shown: withoutStack,

  pathHint: (_words, { model }: RegisteredModel) =>
    `The server has no model ${model} under /v2/models. Set the entry's model to its name there (on Triton its folder in the model repository, ` +
    "on MLServer the name in model-settings.json), correct its url, or set protocol: v1 if the server speaks only KServe v1.",
};
