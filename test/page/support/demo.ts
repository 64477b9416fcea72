import { afterAll, beforeAll, onTestFinished } from "vitest";
import { startModelServer } from "../../../demo/model-server.ts";
import { trainModels } from "../../../demo/models.ts";
import { registerVersions } from "../../../demo/versions.ts";
import { type Service, startService } from "../../../src/compose/service.ts";
import type { Env } from "../../../src/config/config.ts";
import { demoEnvironment } from "./demo-environment.ts";

/** The least that a server is started with; the port is free unless one is given. */
const quiet: Env = { PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "silent", SHUTDOWN_GRACE: "1s" };

/** Starts a server for one test. It is stopped afterwards, unless the test has done so. */
export async function startServer(env: Env): Promise<Service> {
  const service = await startService({ ...quiet, ...env });
  onTestFinished(() => service.stop());
  return service;
}

/** The models and the versions of `npm run demo`, for the tests of a file. */
export function useDemo(): { readonly url: string } {
  let stop = async (): Promise<void> => {};
  let url = "";
  beforeAll(async () => {
    const trained = trainModels();
    const models = Object.fromEntries(trained.map(({ entry, model }) => [entry.name, model]));
    const modelServer = await startModelServer({ models });
    const service = await startService({ ...quiet, ...demoEnvironment(trained, modelServer.url) });
    await registerVersions(service.url, trained);
    url = service.url;
    stop = async () => {
      await service.stop();
      await modelServer.stop();
    };
  });
  afterAll(() => stop());
  return {
    get url() {
      return url;
    },
  };
}
