// Byte budgets: each room's budgets.json says how many bytes, gzipped, a built file or all files
// of one ending may have, for example {"li.js": 3072, "*.css": 20480}. Run after the build.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(dirname(web), "src", "liveinsight", "web");
const built = readdirSync(out, { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => statSync(join(out, name)).isFile());

const matches = (name, pattern) =>
  pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
// "script of page.html" is all script that the page loads before it does anything: what it names and
// what that imports at once; "first view of page.html" is that, its styles, and the page itself.
function loadedBy(page, scriptsOnly) {
  const html = readFileSync(join(out, page), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map((match) => match[1]);
  const found = new Set();
  const visit = (name) => {
    if (found.has(name) || !built.includes(name)) return;
    found.add(name);
    if (!name.endsWith(".js")) return;
    const text = readFileSync(join(out, name), "utf8");
    for (const match of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
      visit(posix.join(posix.dirname(name), match[1]));
  };
  named.forEach(visit);
  return scriptsOnly ? [...found].filter((name) => name.endsWith(".js")) : [page, ...found];
}

function counted(pattern) {
  const [, what, page] = /^(script|first view) of (.+)$/.exec(pattern) ?? [];
  if (what === undefined) return built.filter((name) => matches(name, pattern));
  return built.includes(page) ? loadedBy(page, what === "script") : [];
}

const gzippedBytes = (name) => gzipSync(readFileSync(join(out, name)), { level: 9 }).length;

let failed = false;
for (const room of readdirSync(web)) {
  const file = join(web, room, "budgets.json");
  if (!existsSync(file)) continue;
  for (const [pattern, budget] of Object.entries(JSON.parse(readFileSync(file, "utf8")))) {
    const files = counted(pattern);
    const bytes = files.reduce((sum, name) => sum + gzippedBytes(name), 0);
    const good = files.length > 0 && bytes <= budget;
    failed ||= !good;
    const verdict = files.length === 0 ? "not built" : good ? "ok" : "OVER BUDGET";
    console.log(`${pattern}: ${bytes} of ${budget} bytes gzipped: ${verdict}`);
  }
}
process.exit(failed ? 1 : 0);
