import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/page/**", "test/peers/**", "test/kube/**", "test/deploy/**", "test/versions/servers/**"],
    // Many tests wait for time to pass or for processes to start, so more of them than there are cores run side by side.
    maxWorkers: 3,
    // Tests that are marked as concurrent do little but wait.
    maxConcurrency: 20,
    // What a busy machine of CI makes late is tried again; what is wrong fails every time.
    retry: process.env.CI === "true" ? 2 : 0,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
