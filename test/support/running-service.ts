import { tmpdir } from "node:os";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type Service, startService } from "../../src/compose/service.ts";
import type { Env } from "../../src/config/config.ts";
import { type CapturedLog, captureLog } from "./captured-log.ts";
import { type FakeUpstream, startFakeUpstream } from "./fake-upstream.ts";
import { expectNoSockets } from "./open-sockets.ts";

/** An entry of `KSERVE_MODEL_REGISTRY`; `url` is the fake model server where it is left out. */
export type Entry = { readonly name: string } & Readonly<Record<string, unknown>>;

/** What a service is started with. */
export interface ServiceOptions {
  /** Default: `modelNamed("anomaly-detector")`. */
  readonly models?: readonly Entry[];
  readonly env?: Env;
  /** The least important lines of the log to keep. Default: info. */
  readonly logLevel?: string;
}

/** A service in this process, over a real port, with its models on a fake model server. */
export interface RunningService {
  readonly url: string;
  readonly port: number;
  readonly upstream: FakeUpstream;
  readonly log: CapturedLog;
  stop(): Promise<void>;
}

/** The model that tests use where nothing else matters. */
export const model = "anomaly-detector";
export const namespace = "self-healing-platform";

/** The environment of a service under test: a free port of loopback, and no readiness checks of its own accord. */
export function environmentOf(models: readonly Entry[], upstreamUrl: string, env: Env = {}): Env {
  return {
    PORT: "0",
    HOST: "127.0.0.1",
    KSERVE_READINESS_INTERVAL: "0",
    KSERVE_NAMESPACE: namespace,
    SHUTDOWN_GRACE: "2s",
    // It is there only where it has been built.
    UI: "off",
    KSERVE_CREDENTIALS_DIRS: tmpdir(),
    KSERVE_MODEL_REGISTRY: JSON.stringify(models.map((entry) => ({ type: "anomaly", url: upstreamUrl, ...entry }))),
    ...env,
  };
}

/** How many services are open. */
let open = 0;

/**
 * Starts a service for one test. Afterwards everything is closed, and a connection that the service has left open, to
 * a caller or to a model server, fails the test.
 */
export async function startRegistry(options: ServiceOptions = {}): Promise<RunningService> {
  const { service, close } = await openRegistry(options);
  onTestFinished(close);
  return service;
}

/**
 * A service for all tests of a suite, which change nothing in it: it is there from the first on and closed after the
 * last, with the same care for connections as that of one test. To be called within `describe`.
 */
export function sharedRegistry(
  options: () => ServiceOptions | Promise<ServiceOptions> = () => ({}),
): () => RunningService {
  let opened: Awaited<ReturnType<typeof openRegistry>> | undefined;
  beforeAll(async () => {
    opened = await openRegistry(await options());
  });
  afterAll(() => opened?.close());
  return () => {
    if (opened === undefined) throw new Error("the service is started before the first test");
    return opened.service;
  };
}

async function openRegistry(options: ServiceOptions) {
  const upstream = await startFakeUpstream();
  const log = captureLog(options.logLevel);
  const env = environmentOf(options.models ?? [{ name: model }], upstream.url, options.env);
  let running: Service;
  try {
    running = await startService(env, log.log);
  } catch (error) {
    await upstream.close();
    throw error;
  }
  open++;
  const service: RunningService = { url: running.url, port: running.port, upstream, log, stop: () => running.stop() };
  const close = async (): Promise<void> => {
    open--;
    await running.stop();
    await upstream.close();
    if (open === 0) await expectNoSockets();
  };
  return { service, close };
}
