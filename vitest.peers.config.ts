import { defineConfig } from "vitest/config";

/** The suites against programs that nobody here wrote. One at a time: they share one KServe and one service. */
export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    globalSetup: ["test/peers/support/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    retry: process.env.CI === "true" ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
  },
});
