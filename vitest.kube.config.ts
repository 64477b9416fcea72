import { defineConfig } from "vitest/config";

/** The suites against a real Kubernetes API server. One at a time: each cluster wants a processor for itself. */
export default defineConfig({
  test: {
    include: ["test/kube/**/*.test.ts"],
    globalSetup: ["test/kube/support/global-setup.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    retry: process.env.CI === "true" ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
