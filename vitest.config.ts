import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["scripts/build-page.mjs"],
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    testTimeout: 60_000,
    globalSetup: ["test/builtin-setup.ts"],
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
