// Unpacks the packaged Chromium, its fonts, and the system libraries that a small machine lacks.
// They go to the system's folder for temporary files, which browser.sh sets by TMPDIR.
import { fileURLToPath } from "node:url";
import chromium, { inflate } from "@sparticuz/chromium";

await chromium.executablePath();
const libraries = new URL("../bin/al2023.tar.br", import.meta.resolve("@sparticuz/chromium"));
await inflate(fileURLToPath(libraries));
