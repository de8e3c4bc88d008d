// Unpacks the packaged Chromium (it goes to the system's folder for temporary files, so browser.sh
// sets TMPDIR) and prints where it is.
import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());
