// The first steps, before anything is built: who is there, which sites there are, and the numbers,
// which are asked for as soon as it is known of what.
import type { Report } from "./api/types";
import { askAhead } from "./data/resource.svelte";
import { seriesQuestion } from "./site/questions";
import type { App } from "./state/app.svelte";
import { today } from "./state/calendar";

export async function begin(app: App): Promise<void> {
  await app.open();
  if (app.sites.length > 1 && app.view.site === null && app.view.screen === "site") app.go({ screen: "sites" }, "replace");
  if (app.view.screen !== "site" || !app.site || app.needsLogin || app.needsSetup) return;
  askAhead(seriesQuestion(app.view, app.site.id), (question) => app.api.ask<Report>("query", question));
  // The first formatter of a page takes long to make: here there is time for it.
  today(app.zone);
}
