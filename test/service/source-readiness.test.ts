import { unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import { openFolder } from "../sources/support/models-file.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { transportOf } from "../support/ways.ts";

const models = "models: [{name: a, service: a, type: anomaly}]\n";

async function start(env: Readonly<Record<string, string>>) {
  const service = await startRegistry({ env });
  const readyz = async () => jsonOf(await send("1.1", { url: service.url, path: "/readyz" }));
  return { ...service, readyz };
}

describe("a service whose file of models is missing at the start", () => {
  it("is not ready, says why, and is ready when the file is there", async () => {
    const path = join(await openFolder(), "models.yaml");
    const { url, log, readyz } = await start({ KSERVE_MODELS_FILE: path, KSERVE_MODEL_REGISTRY: "" });
    const reason = `no source has any models yet: file: ${path}: there is no such file`;
    await until(async () => JSON.stringify(await readyz()).includes("no source"));
    expect(await readyz()).toEqual({ status: "not ready", reason });
    const health = createClient(Health, transportOf(wayNamed("grpc/2"), url));
    const seen: Status[] = [];
    const watched = (async () => {
      for await (const { status } of health.watch({ service: "" })) {
        seen.push(status);
        if (status === Status.SERVING) return;
      }
    })();
    await until(() => seen.length > 0);
    await writeFile(path, models);
    await watched;
    expect(seen).toEqual([Status.NOT_SERVING, Status.SERVING]);
    expect(await readyz()).toEqual({ status: "ready" });
    expect(log.lines.filter(({ msg }) => msg.startsWith("Loaded"))).toMatchObject([
      { msg: "Loaded 1 models from registry" },
    ]);
    await unlink(path);
    await until(() => log.lines.some(({ msg }) => msg.startsWith("Source file is not up to date")));
    expect(await readyz()).toEqual({ status: "ready" });
  });

  it("is ready from its other sources", async () => {
    const path = join(await openFolder(), "models.yaml");
    const { readyz } = await start({ KSERVE_MODELS_FILE: path });
    await until(async () => JSON.stringify(await readyz()).includes('"ready"'));
    expect(await readyz()).toEqual({ status: "ready" });
  });

  it("serves what the file holds over what the environment does", async () => {
    const path = join(await openFolder(), "models.yaml");
    await writeFile(path, "models: [{name: anomaly-detector, service: from-file, type: anomaly}]\n");
    const { url } = await start({ KSERVE_MODELS_FILE: path });
    await until(async () => {
      const model = jsonOf(await send("1.1", { url, path: "/api/v1/models/anomaly-detector" }));
      return (model as { service: string }).service === "from-file";
    });
  });
});
