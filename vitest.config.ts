import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/peers/**", "test/kube/**", "test/deploy/**", "test/versions/servers/**"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
