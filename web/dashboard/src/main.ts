// Where the dashboard begins: config first, then language and theme, then the screen.
import { mount } from "svelte";
import Root from "./Root.svelte";
import { readConfig } from "./api/client";
import { leading } from "./data/resource.svelte";
import { choose, preferred } from "./i18n/index.svelte";
import { begin } from "./opening";
import { App } from "./state/app.svelte";
import { applyTheme, followSystemTheme, keptLanguage, keptTheme } from "./state/preferences";
import "./styles/tokens.css";
import "./styles/page.css";

const PATIENCE_MS = 250;

applyTheme(keptTheme());
followSystemTheme();
const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
const chosen = choose(preferred([keptLanguage() ?? "", ...navigator.languages]));
const app = new App(await readConfig());
// Whoever comes by a share link opens that first.
const opened = app.view.share === null ? begin(app) : null;
await chosen;
// With its numbers at hand the page is built once; the frame stands there meanwhile.
if (opened) await Promise.race([opened.then(leading, () => undefined), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
target.replaceChildren();
mount(Root, { target, props: { app, opened } });
