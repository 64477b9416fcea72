import { badAnswer } from "../../registry/bad-answer.ts";
import { type ModelMetadata, noMetadata } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { Asker } from "../description-cache.ts";
import type { ModelClient } from "../http/model-client.ts";
import { parseAnswer } from "../http/parse-answer.ts";
import { type Dialect, dialectFrom } from "./dialect.ts";
import { metadataFrom } from "./metadata-answer.ts";
import { modelPath } from "./model-path.ts";

/** What is known of a model and of its server. */
export interface DescribedModel {
  readonly dialect: Dialect;
  readonly metadata: ModelMetadata;
  /** How many rows it takes at a time; infinite where it does not say. */
  readonly maxRows: number;
}

const formHint =
  'A model is described as {"inputs": [{"name", "datatype", "shape"}], "outputs": [...]}; look at what the server answers there.';

/** Reads the answer to `GET /v2/models/{model}/config` of Triton: 0 stands for a model that knows no batches. */
function maxRowsFrom(body: Uint8Array): number {
  try {
    const { max_batch_size: size } = (parseAnswer(body) ?? {}) as Record<string, unknown>;
    return Number.isSafeInteger(size) && (size as number) > 0 ? (size as number) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Asks a server what it is, and what it says of a model. @throws ExchangeFailure, UnreadableFile, RegistryError */
export async function describeModel(
  client: ModelClient,
  model: RegisteredModel,
  asker: Asker,
): Promise<DescribedModel> {
  const server = await client.ask(model, { path: "/v2", ...asker });
  const described = await client.ask(model, { path: modelPath(model), ...asker });
  const dialect = dialectFrom(server.status, server.body);
  // Whatever else it answers: the call that follows shows what is wrong.
  if (described.status !== 200) return { dialect, metadata: noMetadata, maxRows: Number.POSITIVE_INFINITY };
  const metadata = metadataFrom(described.body);
  if (metadata !== undefined) {
    const config = dialect.configures
      ? await client.ask(model, { path: `${modelPath(model)}/config`, ...asker })
      : undefined;
    return { dialect, metadata, maxRows: config?.status === 200 ? maxRowsFrom(config.body) : Number.POSITIVE_INFINITY };
  }
  throw badAnswer(model, "it describes its inputs or outputs in another form", {
    body: described.body,
    attempts: 1,
    hint: formHint,
  });
}
