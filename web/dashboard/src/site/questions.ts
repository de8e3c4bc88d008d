// The questions that the site's page asks, made of the view and of nothing else.
import type { Condition, FilterTree, Question } from "../api/types";
import { asTree, only, type Filter } from "../state/filters";
import { asked, usualInterval, type Interval } from "../state/range";
import { METRICS, type View } from "../state/view";

export function filtersOf(filters: Filter[], more: FilterTree[] = []): { filters?: FilterTree } {
  const tree = asTree(filters, more);
  return tree === undefined ? {} : { filters: tree };
}

function compareOf(view: View): { compare?: Exclude<Question["compare"], undefined> } {
  if (view.compare === "none" || (view.range === "all" && view.compare === "previous_period")) return {};
  if (!view.compare.includes("..")) return { compare: view.compare };
  const [from, to] = view.compare.split("..") as [string, string];
  return { compare: { from, to } };
}

export function intervalOf(view: View): Interval {
  return view.interval ?? usualInterval(view.range);
}

/** All six numbers with their course over time: one question for the numbers and the chart. */
export function seriesQuestion(view: View, site: string): Question {
  return {
    site,
    range: asked(view.range),
    metrics: [...METRICS],
    dimensions: [`time:${intervalOf(view)}`],
    ...filtersOf(view.filters),
    ...compareOf(view),
  };
}

export interface Tab {
  key: string;
  dimension: string;
  metrics: string[];
  /** Asked besides the view's filters. */
  also?: Condition[];
}
export interface Panel {
  key: "sources" | "pages" | "places" | "devices" | "events";
  tabs: Tab[];
}

const VISITORS = ["visitors"];
const tab = (dimension: string, metrics = VISITORS, also?: Condition[]): Tab =>
  also ? { key: dimension, dimension, metrics, also } : { key: dimension, dimension, metrics };

export const CUSTOM_EVENTS: Condition = ["is_not", "event", ["page_view", "engagement", "session_start", "session_end"]];

export const PANELS: Panel[] = [
  { key: "sources", tabs: [tab("source"), tab("channel"), tab("referrer"), tab("utm_campaign"), tab("utm_source"), tab("utm_medium"), tab("utm_content"), tab("utm_term")] },
  { key: "pages", tabs: [tab("page", ["visitors", "pageviews"]), tab("entry_page", ["visitors", "visits"]), tab("exit_page", ["visitors", "visits"]), tab("title"), tab("hostname")] },
  { key: "places", tabs: [{ ...tab("country"), key: "map" }, tab("country"), tab("region"), tab("city"), tab("language")] },
  { key: "devices", tabs: [tab("browser"), tab("os"), tab("device"), tab("screen")] },
  { key: "events", tabs: [tab("event", ["visitors", "events"], [CUSTOM_EVENTS])] },
];

/** A tab of the panel by its name; the values of a property are one too. */
export function tabOf(panel: Panel, name: string): Tab | undefined {
  if (!name.startsWith("prop:")) return panel.tabs.find((one) => one.key === name);
  return tab(name, ["visitors", "events"], [["is_not", name, [null]]]);
}

/** A chosen value leads one step deeper: of one browser its versions, of a country its regions. */
const DEEPER: Record<string, string> = { browser: "browser_version", os: "os_version", country: "region", region: "city" };

export function deeper(dimension: string, filters: Filter[]): string {
  const next = DEEPER[dimension];
  return next && only(filters, dimension) !== undefined ? next : dimension;
}

export interface PanelAsk {
  limit: number;
  offset?: number;
  search?: string;
  metrics?: string[];
  order?: [string, "asc" | "desc"];
}

export function panelQuestion(view: View, site: string, chosen: Tab, dimension: string, ask: PanelAsk): Question {
  const search: Condition[] = ask.search ? [["contains", dimension, [ask.search]]] : [];
  return {
    site,
    range: asked(view.range),
    metrics: ask.metrics ?? chosen.metrics,
    dimensions: [dimension],
    ...filtersOf(view.filters, [...(chosen.also ?? []), ...search]),
    limit: ask.limit,
    ...(ask.offset ? { offset: ask.offset } : {}),
    ...(ask.order ? { order_by: [ask.order] } : {}),
  };
}

/** The columns of the drawer: what can be said of a value of that dimension. */
export function drawerMetrics(chosen: Tab): string[] {
  if (chosen.also) return ["visitors", "events"];
  if (chosen.dimension === "page") return ["visitors", "pageviews", "bounce_rate", "time_on_page", "scroll_depth"];
  return ["visitors", "visits", "pageviews", "bounce_rate", "visit_duration"];
}
