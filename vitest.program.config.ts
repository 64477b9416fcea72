import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { program } from "./test/suites.ts";

/** The program as it is deployed: bundled, in a process of its own, and what strangers do to it. */
export default defineConfig({
  test: {
    include: program,
    globalSetup: ["test/support/program.ts"],
    setupFiles: ["test/support/each-file.ts"],
    isolate: false,
    restoreMocks: true,
    // They wait for processes to start and for time to pass, so more of them than there are cores run side by side.
    maxWorkers: 3,
    // Tests that are marked as concurrent do little but wait.
    maxConcurrency: 20,
    // What a busy machine of CI makes late is tried again; what is wrong fails every time.
    retry: process.env.CI === "true" ? 2 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Processes that tests start load the sources without compiling them again.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, ".cache/compile") },
  },
});
