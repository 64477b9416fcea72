import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../measure/paths.ts";
import { type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";
import { audience, type Issuer, startIssuer } from "../../test/access/support/issuer.ts";
import { send } from "../../test/support/http-client.ts";
import { environmentOf } from "../../test/support/running-service.ts";
import { until } from "../../test/support/until.ts";
import { type ModelServer, startModelServer } from "../model-server/model-server.ts";
import type { Profile } from "./attack.ts";
import { inTime } from "./in-time.ts";

/** The service that is attacked: the built program, with the memory that a small deployment gives it. */
export interface Victim {
  readonly profile: Profile;
  readonly service: ServiceProcess;
  readonly port: number;
  readonly url: string;
  /** The processes that a call of others goes through. */
  readonly callPids: readonly number[];
  /** The `authorization` of a caller that may use everything. */
  authorization(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

/** A model as KServe serves it, and one whose features are declared, so that it has a typed contract and triggers. */
export const plainModel = "healthy";
/** The model of those who do not attack, on a model server of its own. */
export const otherModel = "of-others";
export const typedModel = "typed";
export const typedService = "/kserve.models.typed.v1.Typed/Predict";

const warmUpCalls = 30;
const heapFlag = "--max-old-space-size=256";
/** With so many models what is done for each of them shows. */
const modelCount = 1000;

/** Limits are shorter than by default, so that what they end is seen to end. */
const limits = {
  MAX_BYTES_IN_MEMORY: "128MiB",
  MAX_CALLS: "2000",
  BODY_TIMEOUT: "2s",
  ANSWER_TIMEOUT: "2s",
  HEADERS_TIMEOUT: "2s",
  KSERVE_TIMEOUT: "30s",
};

/** Starts it, with its models on a model server of its own. */
export async function startVictim(profile: Profile): Promise<Victim> {
  const folder = mkdtempSync(join(tmpdir(), "attack-"));
  const modelsFile = join(folder, "models.yaml");
  const modelServer: ModelServer = await startModelServer({ models: [plainModel] });
  const otherServer: ModelServer = await startModelServer({ models: [otherModel] });
  const issuer: Issuer | undefined = profile === "guarded" ? await startIssuer() : undefined;
  writeFileSync(
    modelsFile,
    JSON.stringify({ models: entriesOn(modelServer.url(plainModel), otherServer.url(otherModel)) }),
  );
  const access = issuer === undefined ? {} : { AUTH_MODE: "oidc", OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience };
  const { KSERVE_MODEL_REGISTRY: _, ...env } = environmentOf([], "", { ...limits, ...access });
  const service = await startServiceProcess(
    { ...env, KSERVE_MODELS_FILE: modelsFile, DATABASE_URL: `sqlite:${join(folder, "versions.db")}` },
    {
      flags: [heapFlag, `--import=${join(root, "reliability/attack/stall-probe.ts")}`],
      program: "dist/kserve-model-registry.js",
    },
  );
  const authorization = async (): Promise<Record<string, string>> =>
    issuer === undefined ? {} : { authorization: `Bearer ${await issuer.token()}` };
  const victim: Victim = {
    profile,
    service,
    port: service.port,
    url: service.url,
    callPids: [service.pid, otherServer.pid],
    authorization,
    async stop() {
      await service.stop();
      await modelServer.kill();
      await otherServer.kill();
      await issuer?.close();
      rmSync(folder, { recursive: true });
    },
  };
  // A call that is never answered would hold the run up for ever.
  const warm = await inTime(
    authorization()
      .then((headers) => warmUp(service.url, headers))
      .then(() => "warm"),
  );
  if (warm === "warm") return victim;
  await victim.stop();
  throw new Error(`the service does not serve: ${warm}`);
}

/** Calls until it has its models, and what it needs for its work: what an attack adds to that is what counts. */
async function warmUp(url: string, authorization: Readonly<Record<string, string>>): Promise<void> {
  const headers = { ...authorization, "content-type": "application/json" };
  const body = `{"instances":[${"[1,2],".repeat(2000)}[1,2]]}`;
  const call = async (): Promise<boolean> =>
    (await send("1.1", { url, path: `/v1/models/${plainModel}:predict`, headers, body })).status === 200;
  await until(call, "the service has its models", 30_000);
  for (let i = 0; i < warmUpCalls; i++) await Promise.all(Array.from({ length: 10 }, call));
}

function entriesOn(url: string, otherUrl: string): object[] {
  const common = { type: "anomaly", url, model: plainModel };
  const declared = { ...common, inputFeatures: ["cpu", "memory"], triggers: ["pressure"] };
  const more = Array.from({ length: modelCount }, (_, i) => ({ ...declared, name: `one-of-many-${i}`, triggers: [] }));
  const other = { ...common, name: otherModel, url: otherUrl, model: otherModel };
  return [{ ...common, name: plainModel }, other, { ...declared, name: typedModel }, ...more];
}
