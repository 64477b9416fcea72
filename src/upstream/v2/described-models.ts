import { UnreadableFile } from "../../base/cached-file.ts";
import { Cancellation } from "../../base/cancellation.ts";
import { badAnswer } from "../../registry/bad-answer.ts";
import type { ModelMetadata } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { ExchangeFailure } from "../http/exchange.ts";
import type { ModelClient } from "../http/model-client.ts";
import { errorFromFailure, unreadableCredentials } from "../http/upstream-error.ts";
import { type Dialect, dialectFrom } from "./dialect.ts";
import { metadataFrom, noMetadata } from "./metadata-answer.ts";
import { modelPath } from "./model-path.ts";

/** What is known of a model and of its server. */
export interface DescribedModel {
  readonly dialect: Dialect;
  readonly metadata: ModelMetadata;
}

/** Who asks: its wait ends with its call, and where the model wants it, it is asked in its name. */
export interface Asker {
  readonly cancellation: Cancellation<Error>;
  readonly authorization?: string | undefined;
}

/** Descriptions of models, each asked for once. */
export interface DescribedModels {
  /** @throws RegistryError, or the reason of the cancellation */
  describe(model: RegisteredModel, asker: Asker): Promise<DescribedModel>;
  /** Asks again at the next call, where what is known is not just as young: the model may be another one by now. */
  forget(model: RegisteredModel): void;
}

/** How long the two questions may take, whoever waits. */
const askLimitMs = 10_000;
/** What is younger is not asked for again, whatever callers do to make calls fail. */
const minAgeMs = 10_000;

const formHint =
  'A model is described as {"inputs": [{"name", "datatype", "shape"}], "outputs": [...]}; look at what the server answers there.';

export function createDescribedModels(client: ModelClient, now: () => number = Date.now): DescribedModels {
  // Registered models never change: one whose entry or address changes is another object.
  const known = new WeakMap<
    RegisteredModel,
    { readonly description: Promise<DescribedModel>; readonly askedMs: number }
  >();

  const ask = async (model: RegisteredModel, authorization: string | undefined): Promise<DescribedModel> => {
    const cancellation = new Cancellation<Error>();
    const late = Object.assign(new Error("the description did not come in time"), { code: "ETIMEDOUT" });
    const timer = setTimeout(() => cancellation.cancel(new ExchangeFailure(late, true)), askLimitMs);
    try {
      const question = { authorization, cancellation };
      const server = await client.ask(model, { path: "/v2", ...question });
      const described = await client.ask(model, { path: modelPath(model), ...question });
      const dialect = dialectFrom(server.status, server.body);
      // Whatever else it answers: the call that follows shows what is wrong.
      if (described.status !== 200) return { dialect, metadata: noMetadata };
      const metadata = metadataFrom(described.body);
      if (metadata !== undefined) return { dialect, metadata };
      throw badAnswer(model, "it describes its inputs or outputs in another form", {
        body: described.body,
        attempts: 1,
        hint: formHint,
      });
    } catch (error) {
      if (error instanceof ExchangeFailure) throw errorFromFailure(model, error, 1);
      if (error instanceof UnreadableFile) throw unreadableCredentials(model, error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async describe(model, { cancellation, authorization }) {
      let entry = known.get(model);
      if (entry === undefined) {
        entry = { description: ask(model, authorization), askedMs: now() };
        known.set(model, entry);
        entry.description.catch(() => known.delete(model));
      }
      return within(cancellation, entry.description);
    },
    forget(model) {
      const entry = known.get(model);
      if (entry !== undefined && now() - entry.askedMs >= minAgeMs) known.delete(model);
    },
  };
}

/** Waits for what others may wait for, too, until the own call is over. */
function within<T>(cancellation: Cancellation<Error>, result: Promise<T>): Promise<T> {
  if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
  return new Promise((resolve, reject) => {
    const stopWaiting = cancellation.onCancel(reject);
    result.then(resolve, reject).finally(stopWaiting);
  });
}
