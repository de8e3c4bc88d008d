// Builds the dashboard: `dashboard.html` with hashed assets, all addresses relative, so that the
// same files are served by `liveinsight serve` and from a bucket.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { fileURLToPath } from "node:url";
import { mock } from "./dev/mock.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

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
    rollupOptions: { input: here("dashboard.html") },
  },
  server: {
    proxy: { "/api": { target: process.env["LIVEINSIGHT_DEV_SERVER"] ?? "http://127.0.0.1:8000" } },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
