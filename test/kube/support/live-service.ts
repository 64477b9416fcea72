import { onTestFinished } from "vitest";
import { startService } from "../../../src/compose/service.ts";
import type { Env } from "../../../src/config/config.ts";
import { type CapturedLog, captureLog } from "../../support/captured-log.ts";
import { jsonOf, type PlainResponse, send } from "../../support/http-client.ts";
import { until } from "../../support/until.ts";

/** A service in this process whose models come from Kubernetes. */
export interface LiveService {
  readonly url: string;
  readonly log: CapturedLog;
  /** The names of its models, sorted. */
  models(): Promise<string[]>;
  /** Waits until it has just these models. */
  untilModels(...names: string[]): Promise<void>;
  /** The names of the sources that are in trouble, as the log has it. */
  troubles(): string[];
  get(path: string): Promise<PlainResponse>;
  /** Sends one row to a model. */
  predict(model: string): Promise<PlainResponse>;
}

/** Starts a service on a free port of loopback, and stops it after the test. */
export async function startLiveService(env: Env): Promise<LiveService> {
  const log = captureLog();
  const service = await startService(
    { PORT: "0", HOST: "127.0.0.1", KSERVE_READINESS_INTERVAL: "0", SHUTDOWN_GRACE: "2s", ...env },
    log.log,
  );
  onTestFinished(() => service.stop());
  const { url } = service;
  const get = (path: string): Promise<PlainResponse> => send("1.1", { url, path });
  const models = async (): Promise<string[]> => {
    const answered = await get("/api/v1/models");
    // Before the first load there is nothing to be said of models.
    if (answered.status === 503) return [];
    const { models: list } = jsonOf(answered) as { models: { name: string }[] };
    return list.map(({ name }) => name).sort();
  };
  return {
    url,
    log,
    get,
    models,
    async untilModels(...names) {
      const wanted = names.sort().join();
      await until(async () => (await models()).join() === wanted, `the models are ${wanted}`, 20_000);
    },
    troubles() {
      const bySource = new Map<unknown, boolean>();
      for (const { source, problem, msg } of log.lines) {
        if (problem !== undefined) bySource.set(source, true);
        else if (msg.endsWith("is up to date again")) bySource.set(source, false);
      }
      return [...bySource].filter(([, troubled]) => troubled).map(([source]) => String(source));
    },
    predict: (model) =>
      send("1.1", {
        url,
        path: `/api/v1/models/${model}/predict`,
        headers: { "content-type": "application/json" },
        body: '{"instances":[[1,2,3]]}',
      }),
  };
}
