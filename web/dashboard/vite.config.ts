// Builds the dashboard: `dashboard.html` with hashed assets, all addresses relative, so that the
// same files are served by `liveinsight serve` and from a bucket.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { fileURLToPath } from "node:url";
import { mock } from "./dev/mock.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const FIRST =
  /node_modules\/(svelte|esm-env|clsx|d3-array|d3-shape|d3-path|internmap)\/|src\/(state|format|data|api)\/|src\/i18n\/(en|index\.svelte)\.ts|src\/parts\/(Away|ExplainButton|Icon|Menu|Empty|Opening|Trouble|BarList|Counter)\.svelte|src\/live\/(live\.svelte|connection|feed|Signal|Minutes|LiveStrip)|src\/screens\/(Shell|PersonMenu|keys)|src\/site\/(chart|questions|rangename|Controls|FilterChips|FilterMenu|Tabs|Numbers|Chart|PanelCard|SitePage|WaitingNote)\./;

export default defineConfig({
  base: "./",
  root: here("."),
  plugins: [svelte(), ...(process.env["LIVEINSIGHT_MOCK"] ? [mock()] : [])],
  build: {
    outDir: here("../../src/liveinsight/web"),
    emptyOutDir: false,
    target: "es2022",
    // A data: address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: here("dashboard.html"),
      checks: { pluginTimings: false }, // a newcomer's first lines are not about our plug-ins
      // What the first view needs is one chunk: many small ones compress worse and come later.
      output: { codeSplitting: { groups: [{ name: "first", test: FIRST }] } },
    },
  },
  server: {
    proxy: { "/api": { target: process.env["LIVEINSIGHT_DEV_SERVER"] ?? "http://127.0.0.1:8000" } },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
