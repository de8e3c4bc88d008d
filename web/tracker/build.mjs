// Builds the tracker into src/liveinsight/web/js: `li.js` (core), `li.plus.js` (with extensions),
// `vitals.js` (fetched by plus) and `sizes.json` (what each costs), and the ES module into dist/.
//
// Vite builds one graph with shared chunks; a script that pages embed must be one file without a
// single import, compressed to the byte. So this is esbuild for the graph and terser for the bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { spawnSync } from "node:child_process";
import { build } from "esbuild";
import { minify } from "terser";

const room = dirname(fileURLToPath(import.meta.url));
const out = join(room, "..", "..", "src", "liveinsight", "web", "js");
const dist = join(room, "dist");
// No browser of the last four years is older than this.
const TARGET = "es2021";

/** One classic script or module, as small as it gets. */
async function small(entry, { plus = false, classic = true, notice = "" } = {}) {
  const { outputFiles } = await build({
    ...(typeof entry == "string"
      ? { entryPoints: [join(room, "src", entry)] }
      : { stdin: { contents: entry.text, resolveDir: join(room, "src"), loader: "ts" } }),
    bundle: true,
    format: "esm",
    target: TARGET,
    define: { PLUS: String(plus) },
    legalComments: "none",
    write: false,
  });
  // In a block with "let" a classic script leaves no name in the page, and one word compresses
  // better than three. As a "var" terser puts `start` where it is called, which no name survives.
  const text = outputFiles[0].text.replace(/\b(?:const|var) (?!start\b)/g, "let ");
  const { code } = await minify(classic ? `{${text}}` : text, {
    ecma: 2020,
    module: !classic,
    toplevel: true,
    compress: { passes: 5, unsafe: true, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
  });
  if (classic && /\bvar /.test(code)) throw new Error(`${entry}: a name would be left in the page`);
  return notice + code;
}

const weigh = (code) => ({
  bytes: Buffer.byteLength(code),
  gzip: gzipSync(code, { level: 9 }).length,
  brotli: brotliCompressSync(code).length,
});

/** What one extension adds to the bundle without any. */
async function weighExtensions() {
  const bundle = (imports, used) =>
    small(
      {
        text: `import { start } from "./core";${imports}
        { const { dataset, src } = document.currentScript; start(dataset, src, [], [${used}]); }`,
      },
      { plus: true },
    );
  const seams = weigh(await bundle("", "")).gzip;
  const sizes = {};
  for (const name of [
    "downloads", "errors", "forms", "hash", "missing", "offline", "outbound", "revenue", "user",
  ]) {
    const one = await bundle(
      `import { ${name} } from "./extensions/${name}";`,
      `${name}(dataset.${name})`,
    );
    sizes[name] = weigh(one).gzip - seams;
  }
  return sizes;
}

/** For bundlers: one file an entry, readable, with types; web-vitals stays a dependency. */
async function buildModule() {
  rmSync(dist, { recursive: true, force: true });
  await build({
    entryPoints: [join(room, "src", "index.ts"), join(room, "src", "extensions", "vitals.ts")],
    outbase: join(room, "src"),
    outdir: dist,
    bundle: true,
    splitting: true,
    format: "esm",
    target: TARGET,
    define: { PLUS: "true" },
    external: ["web-vitals"],
  });
  const tsc = join(room, "..", "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], {
    cwd: room,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}

const scripts = {
  "li.js": await small("script.ts"),
  "li.plus.js": await small("plus.ts", { plus: true }),
  "vitals.js": await small("vitals.ts", {
    plus: true,
    classic: false,
    notice: "/*! with web-vitals, Copyright Google LLC, Apache-2.0 */\n",
  }),
};

mkdirSync(out, { recursive: true });
const sizes = { scripts: {}, extensions: await weighExtensions(), hashed: {} };
for (const [name, code] of Object.entries(scripts)) {
  writeFileSync(join(out, name), code);
  sizes.scripts[name] = weigh(code);
  if (name == "vitals.js") continue; // found by the name that the plus build knows
  const hash = createHash("sha256").update(code).digest("hex").slice(0, 12);
  const hashed = name.replace(/\.js$/, `.${hash}.js`);
  writeFileSync(join(out, hashed), code);
  sizes.hashed[name] = hashed;
}
sizes.extensions.vitals = sizes.scripts["vitals.js"].gzip;
writeFileSync(join(out, "sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
await buildModule();

// `npm run budgets` holds them to the byte. Releases of zlib differ by some: no machine's build may
// fail for that.
const ZLIBS_DIFFER_BYTES = 10;
const budgets = JSON.parse(readFileSync(join(room, "budgets.json"), "utf8"));
for (const [name, { gzip }] of Object.entries(sizes.scripts)) {
  const budget = budgets[`js/${name}`];
  console.log(`js/${name}: ${gzip} of ${budget} bytes gzipped`);
  if (!(gzip <= budget + ZLIBS_DIFFER_BYTES)) {
    console.error(`js/${name} is over its budget`);
    process.exitCode = 1;
  }
}
