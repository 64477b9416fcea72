import type { Cancellation } from "../../base/cancellation.ts";
import { isRecord } from "../../base/field-reader.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelClient } from "../http/model-client.ts";
import { parseAnswer } from "../http/parse-answer.ts";

const noCriteria = Buffer.from("{}");

/** Asks which models a server has: KServe lists them, MLServer and Triton have an index. Empty where it does not say. */
export async function askModelNames(
  client: ModelClient,
  model: RegisteredModel,
  cancellation: Cancellation<Error>,
): Promise<readonly string[]> {
  const list = await client.ask(model, { path: "/v2/models", cancellation });
  if (list.status === 200) return namesIn(list.body, (answer) => (isRecord(answer) ? answer.models : undefined));
  const index = await client.ask(model, { path: "/v2/repository/index", body: noCriteria, cancellation });
  return index.status === 200 ? namesIn(index.body, (answer) => answer) : [];
}

function namesIn(body: Uint8Array, listOf: (answer: unknown) => unknown): string[] {
  try {
    const list = listOf(parseAnswer(body));
    if (!Array.isArray(list)) return [];
    return list.map((item) => (isRecord(item) ? item.name : item)).filter((name) => typeof name === "string");
  } catch {
    return [];
  }
}
