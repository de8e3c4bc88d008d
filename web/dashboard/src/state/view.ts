// What the screen shows is what the address says, and nothing else: parsing it, writing it, and the
// defaults that are not written. Pure, so that back, links and tests need no browser.
import { parse as parseFilter, write as writeFilter, type Filter } from "./filters";
import { INTERVALS, intervals, parseRange, type Interval, type Range } from "./range";

export const SCREENS = ["site", "live", "goals", "funnels", "journeys", "retention", "settings", "sites"] as const;
export type Screen = (typeof SCREENS)[number];
export const METRICS = [
  "visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration",
] as const;
export type MetricName = (typeof METRICS)[number];
export type Compare = "previous_period" | "previous_year" | "none" | `${string}..${string}`;

export interface View {
  screen: Screen;
  site: string | null;
  range: Range;
  compare: Compare;
  interval: Interval | null;
  metric: MetricName;
  filters: Filter[];
  /** The chosen tab of each panel, where it is not the first. */
  tabs: Record<string, string>;
  /** The panel's tab that stands open in the drawer. */
  drawer: string | null;
  /** The figure that is being explained: a metric, a panel's tab, or a screen. */
  explain: string | null;
  /** Which part of a screen: of the settings, of the funnels; on a site's page what to look at. */
  part: string | null;
  share: string | null;
  embed: boolean;
}

export const DEFAULT: View = {
  screen: "site", site: null, range: "7d", compare: "previous_period", interval: null,
  metric: "visitors", filters: [], tabs: {}, drawer: null, explain: null, part: null, share: null, embed: false,
};

const oneOf = <T extends string>(all: readonly T[], text: string | null): T | null =>
  text !== null && (all as readonly string[]).includes(text) ? (text as T) : null;

export function parseView(search: string): View {
  const given = new URLSearchParams(search);
  const range = parseRange(given.get("range"));
  const interval = oneOf(INTERVALS, given.get("interval"));
  const tabs: Record<string, string> = {};
  for (const pair of given.getAll("tab")) {
    const [panel, tab] = pair.split(":", 2);
    if (panel && tab) tabs[panel] = tab;
  }
  return {
    screen: oneOf(SCREENS, given.get("view")) ?? "site",
    site: given.get("site"),
    range,
    compare: parseCompare(given.get("compare")),
    interval: interval && intervals(range).includes(interval) ? interval : null,
    metric: oneOf(METRICS, given.get("metric")) ?? DEFAULT.metric,
    filters: given.getAll("f").map(parseFilter).filter((one) => one !== null),
    tabs,
    drawer: given.get("all"),
    explain: given.get("explain"),
    part: given.get("part"),
    share: given.get("share"),
    embed: given.get("embed") === "1",
  };
}

function parseCompare(text: string | null): Compare {
  if (text === "previous_year" || text === "none") return text;
  const range = parseRange(text);
  return text !== null && text === range && text.includes("..") ? (text as Compare) : "previous_period";
}

// Readable addresses: only what would be misread is escaped.
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/%(2F|3A|2C|40)/g, (code) => decodeURIComponent(code));

export function searchOf(view: View): string {
  const pairs: [string, string][] = [];
  const say = (name: string, value: string | null, usual: string | null = null) => {
    if (value !== null && value !== usual) pairs.push([name, value]);
  };
  say("site", view.site);
  say("view", view.screen, DEFAULT.screen);
  say("range", view.range, DEFAULT.range);
  say("compare", view.compare, DEFAULT.compare);
  say("interval", view.interval);
  say("metric", view.metric, DEFAULT.metric);
  for (const filter of view.filters) say("f", writeFilter(filter));
  for (const [panel, tab] of Object.entries(view.tabs).sort()) say("tab", `${panel}:${tab}`);
  say("all", view.drawer);
  say("explain", view.explain);
  say("part", view.part);
  say("share", view.share);
  say("embed", view.embed ? "1" : null);
  return pairs.length === 0 ? "" : `?${pairs.map(([name, value]) => `${name}=${encoded(value)}`).join("&")}`;
}

/** A change of range makes an interval that no longer fits go back to the usual one. */
export function changed(view: View, patch: Partial<View>): View {
  const next = { ...view, ...patch };
  if (next.interval && !intervals(next.range).includes(next.interval)) next.interval = null;
  return next;
}
