import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (file: string) => fileURLToPath(new URL(`src/${file}`, import.meta.url));

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], maxWorkers: 1, testTimeout: 60_000, hookTimeout: 300_000 },
  // The example imports the package as its users do.
  resolve: {
    alias: [
      { find: /^@portone-gateway\/client$/, replacement: source("index.ts") },
      { find: /^@portone-gateway\/client\/v2$/, replacement: source("gen/v2.ts") },
    ],
  },
});
