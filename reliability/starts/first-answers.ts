import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { partsOf } from "../../test/support/error-details.ts";

/** What callers see of a service that has just begun to listen. */
export interface FirstAnswers {
  /** Calls that were asked to try again. */
  readonly early: number;
  /** Answers that take a part of the models, or none, for all of them; refusals for another reason. */
  readonly wrong: readonly string[];
}

/** How long models may take to load, on a machine that has much else to do. */
const patienceMs = 300_000;
const pauseMs = 2;

/** Asks a service in every way, from now until it answers, and looks at each answer. */
export async function firstAnswers(url: string, names: readonly string[]): Promise<FirstAnswers> {
  const sessions = new Http2SessionManager(url);
  const registry = createClient(ModelRegistry, createGrpcTransport({ baseUrl: url, sessionManager: sessions }));
  const expected = names.join();
  const wrong: string[] = [];
  let early = 0;

  /** Asks until there is an answer; undefined where it was to be tried again. */
  const untilAnswered = async (what: string, ask: () => Promise<string | undefined>): Promise<void> => {
    const over = performance.now() + patienceMs;
    for (;;) {
      const problem = await ask().catch((error: unknown) => {
        const failure = ConnectError.from(error);
        const { code, reason, retryMs } = partsOf(failure);
        if (code === "Unavailable" && reason === "MODELS_NOT_LOADED" && retryMs !== undefined) return undefined;
        return `${code}: ${failure.rawMessage}`;
      });
      if (problem === "") return;
      if (problem !== undefined) wrong.push(`${what}: ${problem}`);
      else early++;
      if (problem !== undefined || performance.now() > over) {
        if (problem === undefined) wrong.push(`${what}: no answer for ${patienceMs} ms`);
        return;
      }
      await sleep(pauseMs);
    }
  };
  const judge = (found: readonly string[]): string =>
    [...found].sort().join() === expected ? "" : `${found.length} models of ${names.length}`;

  try {
    await Promise.all([
      untilAnswered("ListModels", async () => {
        const { models } = await registry.listModels({ pageSize: names.length });
        return judge(models.map(({ name }) => name));
      }),
      untilAnswered("GetModel", async () => {
        await registry.getModel({ name: names.at(-1)! });
        return "";
      }),
      untilAnswered("WatchModels", async () => {
        const seen: string[] = [];
        for await (const { event, model } of registry.watchModels({})) {
          if (event === WatchEvent.SYNCED) return judge(seen);
          if (event === WatchEvent.ADDED) seen.push(model!.name);
        }
        return "ended";
      }),
      untilAnswered("GET /api/v1/models", async () => {
        const response = await fetch(`${url}/api/v1/models?pageSize=${names.length}`);
        const body = (await response.json()) as { models?: { name: string }[] };
        if (response.status === 503 && response.headers.get("x-error-reason") === "MODELS_NOT_LOADED") return undefined;
        return response.status === 200 ? judge(body.models!.map(({ name }) => name)) : `status ${response.status}`;
      }),
    ]);
  } finally {
    sessions.abort();
  }
  return { early, wrong };
}
