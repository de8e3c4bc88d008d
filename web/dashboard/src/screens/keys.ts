// The keyboard: one letter a thing, never while writing. The list is also what `?` shows.
import type { App } from "../state/app.svelte";
import { moved, type Range } from "../state/range";
import { DEFAULT } from "../state/view";
import type { Key } from "../i18n/keys";

const RANGE_KEYS: Record<string, Range> = {
  d: "today", e: "yesterday", r: "24h", w: "7d", f: "28d", t: "30d", q: "91d", m: "month", y: "year", a: "all",
};
export const LIST: [keys: string, meaning: Key][] = [
  ["?", "keys.help"], ["Ctrl K", "palette"], ["L", "screen.live"], ["O", "screen.site"],
  ["D", "range.today"], ["E", "range.yesterday"], ["R", "range.24h"], ["W", "range.7d"], ["F", "range.28d"], ["T", "range.30d"],
  ["Q", "range.91d"], ["M", "range.month"], ["Y", "range.year"], ["A", "range.all"],
  ["←", "range.earlier"], ["→", "range.later"], ["X", "compare"], ["1 – 6", "keys.metric"], ["Esc", "filter.clear"], ["/", "keys.filter"], ["H", "explain"],
];

const writes = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** What the key did: something that the shell shows, something done, or nothing of ours. */
export function shortcut(event: KeyboardEvent, app: App): "help" | "palette" | "done" | null {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return "palette";
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || writes(event.target)) return null;
  if (document.querySelector("dialog[open], [data-filter-opener] [aria-expanded=true]")) return null;
  const { view } = app;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "?") return "help";
  const done = (patch: Parameters<App["go"]>[0]): "done" => (app.go(patch), "done");
  if (key === "l") return done({ screen: "live", drawer: null });
  if (key === "o") return done({ screen: "site", drawer: null });
  if (key === "Escape" && view.filters.length > 0) return done({ filters: [] });
  if (view.screen === "live" || view.screen === "settings" || view.screen === "sites") return null;
  if (RANGE_KEYS[key]) return done({ range: RANGE_KEYS[key] });
  if (key === "h" && view.screen === "site") return done({ explain: view.metric });
  if (key === "x") return done({ compare: view.compare === "none" ? DEFAULT.compare : "none" });
  if (key === "/") {
    const opener = document.querySelector<HTMLElement>("[data-filter-opener] button");
    opener?.click();
    return opener ? "done" : null;
  }
  if ((key === "ArrowLeft" || key === "ArrowRight") && (event.target === document.body || event.target === document.documentElement)) {
    const range = moved(view.range, key === "ArrowLeft" ? -1 : 1, app.zone);
    return range ? done({ range }) : null;
  }
  const metric = (["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"] as const)[Number(key) - 1];
  return metric && view.screen === "site" ? done({ metric }) : null;
}
