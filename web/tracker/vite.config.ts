// What vitest needs; the scripts themselves are built by build.mjs.
import { defineConfig } from "vitest/config";

export default defineConfig({ define: { PLUS: "true" } });
