import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // What the sources read as the build writes it.
    globalSetup: ["scripts/build-page.mjs", "scripts/build-rules.mjs"],
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    testTimeout: 60_000,
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
