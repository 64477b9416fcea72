import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startKServe } from "./kserve-server.ts";
import { models } from "./models.ts";
import { cacheDir, projectDir } from "./paths.ts";
import { startRegistry } from "./registry-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The service: `http://127.0.0.1:34567`. */
    registryUrl: string;
    /** The service, for clients that want no scheme: `127.0.0.1:34567`. */
    registryAddress: string;
    /** The KServe model server behind it. */
    kserveUrl: string;
  }
}

/** Installs the peers where they are missing, and starts one KServe and one service for all suites. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync("bash", [join(projectDir, "test/peers/install.sh")], { stdio: ["ignore", "inherit", "inherit"] });
  const resultsDir = join(cacheDir, "results");
  rmSync(resultsDir, { recursive: true, force: true });
  mkdirSync(resultsDir, { recursive: true });
  const kserve = await startKServe();
  try {
    const registry = await startRegistry("registry", models(kserve.url));
    project.provide("registryUrl", registry.url);
    project.provide("registryAddress", registry.address);
    project.provide("kserveUrl", kserve.url);
    return async () => {
      await registry.stop();
      await kserve.stop();
    };
  } catch (error) {
    await kserve.stop();
    throw error;
  }
}
