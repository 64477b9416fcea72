import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../measure/free-port.ts";
import { until } from "../support/until.ts";
import { runCli, startCli } from "./support/run-cli.ts";

async function get(url: string) {
  return await fetch(url, { headers: { connection: "close" } }).catch(() => undefined);
}

describe("proxy", () => {
  it("runs as Kubeflow's server does, with its flags", async () => {
    const folder = mkdtempSync(join(tmpdir(), "proxy-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const port = await freePort();
    const flags = ["--hostname", "127.0.0.1", "--port", String(port), "--datastore-type", "embedmd"];
    const env = { DATABASE_URL: `sqlite:${join(folder, "versions.db")}`, LOG_LEVEL: "silent" };
    const proxy = startCli(["proxy", ...flags, "--alpha-sunset-date", "2099-04-29"], { env });
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await get(`${url}/readyz/health`))?.status === 200, "it is ready", 15_000);
    // The test suites of its clients wait for that.
    expect((await get(`${url}/`))?.status).toBe(404);
    expect((await get(`${url}/readyz/isDirty`))?.status).toBe(200);
    for (const version of ["v1", "v1alpha3"]) {
      const list = await get(`${url}/api/model_registry/${version}/registered_models?pageSize=1`);
      expect(list?.status).toBe(200);
      expect(list?.headers.get("sunset")).toBe(version === "v1" ? null : "Wed, 29 Apr 2099 00:00:00 GMT");
    }
    proxy.interrupt();
    expect(await proxy.status).toBe(0);
  });

  it.each<[readonly string[], RegExp]>([
    [[], /no database: give --embedmd-database-dsn, or set MR_DATABASE_HOST or DATABASE_URL/],
    [["--datastore-type", "mlmd"], /--datastore-type mlmd: expected embedmd/],
    [["--unknown"], /unknown option '--unknown'/],
  ])("is used wrongly with %j", async (args, message) => {
    const { status, err } = await runCli(["proxy", ...args]);
    expect(status).toBe(2);
    expect(err).toMatch(message);
  });

  it.each<[string, string]>([
    ["nonsense", "expected USER:PASSWORD@tcp(HOST:PORT)/NAME"],
    ["me:secret@tcp(db)", "expected USER:PASSWORD@tcp(HOST:PORT)/NAME"],
  ])("says what is wrong with the address %s, and no password", async (dsn, message) => {
    const { status, err } = await runCli(["proxy", "--embedmd-database-dsn", dsn]);
    expect(status).toBe(1);
    expect(err).toContain(message);
    expect(err).not.toContain("secret");
  });
});
