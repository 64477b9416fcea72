import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Rooms whose tests start no service and leave nothing behind, so that they may share a process and what it has loaded. */
const sharing = [
  "base",
  "bench",
  "catalog",
  "compose",
  "contract",
  "controller",
  "documents",
  "predict",
  "registry",
  "tensors",
  "upstream",
  "versions",
].map((room) => `test/${room}/**/*.test.ts`);

const elsewhere = ["test/page/**", "test/peers/**", "test/kube/**", "test/deploy/**", "test/versions/servers/**"];

export default defineConfig({
  test: {
    // Many tests wait for time to pass or for processes to start, so more of them than there are cores run side by side.
    maxWorkers: 3,
    // Tests that are marked as concurrent do little but wait.
    maxConcurrency: 20,
    // What a busy machine of CI makes late is tried again; what is wrong fails every time.
    retry: process.env.CI === "true" ? 2 : 0,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Processes that tests start load the sources without compiling them again.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, ".cache/compile") },
    projects: [
      {
        extends: true,
        test: { name: "sharing a process", include: sharing, exclude: elsewhere, isolate: false },
      },
      {
        extends: true,
        test: {
          name: "in a process each",
          globalSetup: ["test/support/program.ts"],
          include: ["test/**/*.test.ts"],
          exclude: [...elsewhere, ...sharing],
        },
      },
    ],
  },
});
