import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { send } from "../support/http-client.ts";
import { until } from "../support/until.ts";
import { newPostgresDatabase, startPostgres } from "../versions/servers/postgres-server.ts";
import { startBuiltProgram } from "./support/built-program.ts";
import { instructionsOf, parseDockerfile } from "./support/dockerfile.ts";
import { projectDir } from "./support/paths.ts";

interface Service {
  readonly build?: { readonly context: string; readonly target?: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly image?: string;
  readonly networks?: readonly string[];
}

const { services, networks } = parse(readFileSync(join(projectDir, "compose.yaml"), "utf8")) as {
  services: Record<"registry" | "models" | "database", Service>;
  networks: Record<string, { readonly internal: boolean }>;
};
const stages = parseDockerfile(readFileSync(join(projectDir, "Dockerfile"), "utf8"));

describe("compose.yaml", () => {
  it("builds stages of the Dockerfile, on a read-only root, and publishes one port to this machine", () => {
    for (const { build, read_only } of [services.registry, services.models]) {
      expect(build?.context).toBe(".");
      expect(read_only).toBe(true);
      if (build?.target !== undefined) expect(stages.map(({ name }) => name)).toContain(build.target);
    }
    expect(Object.values(services).flatMap(({ ports = [] }) => ports)).toEqual(["127.0.0.1:8080:8080"]);
  });

  it("has a database that the registry alone can reach", () => {
    const { ports, networks: own } = services.database;
    expect({ ports, own }).toEqual({ ports: undefined, own: ["database"] });
    expect(networks.database).toEqual({ internal: true });
    const members = Object.entries(services).filter(([, service]) => service.networks?.includes("database"));
    expect(members.map(([name]) => name).sort()).toEqual(["database", "registry"]);
  });

  it("starts a registry that predicts with the models beside it, and keeps versions in PostgreSQL", async () => {
    const [program, ...args] = instructionsOf(
      stages.find(({ name }) => name === services.models.build?.target)!,
      "CMD",
    )[0]!.words as [string, ...string[]];
    expect(program).toBe("node");
    const models = spawn(process.execPath, args, {
      cwd: projectDir,
      env: { ...services.models.environment, PORT: "0" },
    });
    onTestFinished(() => void models.kill());
    let output = "";
    models.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const port = (): string | undefined => /on port (\d+)/.exec(output)?.[1];
    await until(() => port() !== undefined, "the models are served", 20_000);

    // Where its volume is in the container, with the address that the network of the services has.
    const [from, to] = services.registry.volumes![0]!.split(":") as [string, string];
    const file = services.registry.environment.KSERVE_MODELS_FILE!;
    expect(file.startsWith(`${to}/`)).toBe(true);
    const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-compose-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const text = readFileSync(join(projectDir, from, file.slice(to.length)), "utf8");
    const address = `http://models:${services.models.environment.PORT}`;
    expect(text).toContain(address);
    writeFileSync(join(folder, "models.yaml"), text.replaceAll(address, `http://127.0.0.1:${port()}`));
    // The database of the services has the name, the user and the port that the address says.
    const { POSTGRES_USER: user, POSTGRES_DB: name } = services.database.environment;
    expect(services.registry.environment.DATABASE_URL).toBe(`postgres://${user}@database:5432/${name}`);
    const postgres = await startPostgres("debian");
    onTestFinished(() => postgres.stop());
    const database = await newPostgresDatabase(postgres);
    const registry = await startBuiltProgram(["serve"], {
      ...services.registry.environment,
      KSERVE_MODELS_FILE: join(folder, "models.yaml"),
      DATABASE_URL: `postgres://${database.user}@127.0.0.1:${database.port}/${database.database}`,
    });
    onTestFinished(async () => void (await registry.stop()));

    const listed = async (): Promise<string[]> => {
      const { status, body } = await send("1.1", { url: registry.url, path: "/api/v1/models" });
      // Not before the file has been read.
      if (status !== 200) return [];
      return (JSON.parse(body) as { models: { name: string }[] }).models.map(({ name }) => name);
    };
    await until(async () => (await listed()).length > 0, "the file is read", 10_000);
    expect(await listed()).toEqual(["anomaly-detector", "disk-failure-predictor", "predictive-analytics"]);
    const predict = (model: string, instances: unknown): ReturnType<typeof send> =>
      send("1.1", { url: registry.url, path: `/api/v1/models/${model}/predict`, body: JSON.stringify({ instances }) });
    // The call of the file's own first lines.
    expect(
      await predict("anomaly-detector", [
        [0.5, 1.2, 0.8],
        [9, 9, 9],
      ]),
    ).toMatchObject({ status: 200, body: '{"predictions":[1,-1]}' });
    const row = { disk_utilization: 91.2, iops: 5000, disk_age_days: 365 };
    expect(await predict("disk-failure-predictor", [row])).toMatchObject({ status: 200 });
    expect(await predict("predictive-analytics", [[52, 56, 59, 61, 62, 62]])).toMatchObject({ status: 200 });

    const path = "/api/model_registry/v1/registered_models";
    const made = await send("1.1", { url: registry.url, path, body: JSON.stringify({ name: "anomaly-detector" }) });
    expect(made.status).toBe(201);
    expect(JSON.parse((await send("1.1", { url: registry.url, path })).body)).toMatchObject({
      items: [{ name: "anomaly-detector" }],
    });
  });
});
