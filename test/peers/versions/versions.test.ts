/** The Python client of Kubeflow's registry, in a whole session: registers, reads back, updates, pages and filters. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { programs } from "../support/paths.ts";
import { startRegistry } from "../support/registry-server.ts";
import { run } from "../support/run.ts";

/** `VERSIONS_MODELS=1000` pages through that many; CI through fewer. */
const models = process.env.VERSIONS_MODELS ?? "120";

it.each([
  ["v1alpha3", "model-registry 0.3.14", programs.registryAlphaPython, "session.py"],
  ["v1", "model-registry 0.3.18", programs.registryPython, "session.py"],
  ["v1", "the SDK of Kubeflow", programs.registryPython, "sdk.py"],
])("serves %s to %s", { timeout: 600_000 }, async (_version, _client, python, script) => {
  const registry = await startRegistry("registry-versions", [], {
    DATABASE_URL: "sqlite::memory:",
    KSERVE_MODEL_REGISTRY: "",
  });
  try {
    const args = [join(import.meta.dirname, script), registry.url, models];
    const { code, stdout, stderr } = await run(python, args, { timeoutMs: 590_000 });
    expect(code, stdout + stderr).toBe(0);
    expect(stdout.trim().split("\n").at(-1)).toBe("ok");
  } finally {
    await registry.stop();
  }
});
