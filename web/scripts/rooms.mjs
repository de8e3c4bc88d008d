// Does one thing in every room of web/ (tracker, dashboard, ...): a room is a folder with a
// vite.config.ts, so a new room needs no line here. All rooms build into src/liveinsight/web
// (build.emptyOutDir must be false there: this script empties it once, before the first). A room
// that Vite cannot build alone has a build.mjs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(dirname(web), "src", "liveinsight", "web");
const rooms = readdirSync(web).filter((name) => existsSync(join(web, name, "vite.config.ts")));

const holds = (folder, ending) =>
  readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(ending));

function run(command, args, cwd) {
  const { status, error } = spawnSync(process.execPath, [tool(command), ...args], {
    cwd,
    stdio: "inherit",
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// The tool's own script, run with this very Node: a PATH or a shell is not needed.
function tool(name) {
  if (name.endsWith(".mjs")) return name;
  const script = {
    vite: "vite/bin/vite.js",
    vitest: "vitest/vitest.mjs",
    tsc: "typescript/bin/tsc",
    "svelte-check": "svelte-check/bin/svelte-check",
    eslint: "eslint/bin/eslint.js",
  }[name];
  return join(web, "node_modules", script);
}

const verbs = {
  build(room) {
    if (existsSync(join(room, "build.mjs"))) run("build.mjs", [], room);
    else run("vite", ["build", "--logLevel", "warn"], room);
  },
  check(room) {
    if (holds(join(room, "src"), ".svelte"))
      run("svelte-check", ["--tsconfig", "./tsconfig.json", "--fail-on-warnings"], room);
    else run("tsc", ["--noEmit", "--project", "tsconfig.json"], room);
    if (existsSync(join(room, "eslint.config.js"))) run("eslint", ["--max-warnings=0", "."], room);
  },
  test(room) {
    run("vitest", ["run", "--passWithNoTests"], room);
  },
};

const verb = process.argv[2];
if (verb === "data") {
  const script = join(web, "scripts", "data.mjs");
  if (existsSync(script)) await import(script);
} else if (verb in verbs) {
  if (verb === "build") {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
  }
  for (const name of rooms) {
    console.log(`web/${name}: ${verb}`);
    verbs[verb](join(web, name));
  }
} else {
  console.error("Say build, data, test or check.");
  process.exit(2);
}
