// Where the dashboard begins: config first, then language and theme, then the screen.
import { mount } from "svelte";
import Root from "./Root.svelte";
import { readConfig } from "./api/client";
import { choose, preferred } from "./i18n/index.svelte";
import { App } from "./state/app.svelte";
import { applyTheme, followSystemTheme, keptLanguage, keptTheme } from "./state/preferences";
import "./styles/tokens.css";
import "./styles/page.css";

applyTheme(keptTheme());
followSystemTheme();
const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
const chosen = choose(preferred([keptLanguage() ?? "", ...navigator.languages]));
const app = new App(await readConfig());
// Asked before anything is built; whoever comes by a share link opens that first.
const opened = app.view.share === null ? app.open() : null;
opened?.catch(() => undefined);
await chosen;
target.replaceChildren();
mount(Root, { target, props: { app, opened } });
