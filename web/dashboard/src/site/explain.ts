// What stands behind a figure, without a screen: the question that gave it, the words that define
// it, and how the answer's account of where it was read is told.
import type { Explained, Question, Site } from "../api/types";
import { dayRange } from "../format/time";
import type { Key } from "../i18n/keys";
import { addDays, daysFrom } from "../state/calendar";
import { METRICS, type MetricName, type View } from "../state/view";
import { goalQuestion, propertyQuestion, revenueQuestion } from "./extra";
import { deeper, drawerMetrics, PANELS, panelQuestion, seriesQuestion } from "./questions";

export interface Subject {
  /** What is explained: of each its name, and the words that define it. */
  meanings: { name: Key; means: Key }[];
  /** The dimension of a panel, which is defined too. */
  dimension: string | null;
  /** Null where the figure is of another kind of question, or of none. */
  question: Question | null;
  /** Which of the answer's totals stands large above. */
  column: number | null;
  /** Whether it is about the range that was chosen, or about now. */
  ofRange: boolean;
}

const meaning = (metric: string) => ({ name: `metric.${metric}` as Key, means: `define.${metric}` as Key });

/** Figures that are no answer to `POST /api/query`. */
const OTHERS: Record<string, Subject["meanings"]> = {
  live: [{ name: "live.online", means: "define.live" }],
  aside: [{ name: "panel.aside", means: "define.aside" }],
  goals: [meaning("conversions"), meaning("conversion_rate"), meaning("revenue")],
  funnels: [{ name: "screen.funnels", means: "define.funnels" }],
  journeys: [{ name: "screen.journeys", means: "define.journeys" }],
  retention: [{ name: "screen.retention", means: "define.retention" }],
};

/** What `explain` in the address means; null for what nobody knows. */
export function subjectOf(explain: string, view: View, site: Site): Subject | null {
  if ((METRICS as readonly string[]).includes(explain)) {
    const column = METRICS.indexOf(explain as MetricName);
    return { meanings: [meaning(explain)], dimension: null, question: seriesQuestion(view, site.id), column, ofRange: true };
  }
  const other = Object.hasOwn(OTHERS, explain) ? OTHERS[explain] : undefined;
  if (other) return { meanings: other, dimension: null, question: null, column: null, ofRange: explain !== "live" };
  const dot = explain.indexOf(".");
  return ofPanel(explain.slice(0, dot), explain.slice(dot + 1), view, site);
}

function ofPanel(key: string, name: string, view: View, site: Site): Subject | null {
  const panel = PANELS.find((one) => one.key === key);
  if (!panel) return null;
  const about = (question: Question | null, metrics: string[], dimension: string | null): Subject => ({
    meanings: metrics.map(meaning), dimension, question, column: null, ofRange: true,
  });
  if (key === "events") {
    const goal = site.goals[0];
    if (name === "goals") return about(goal ? goalQuestion(view, site.id, goal.name) : null, ["conversions", "conversion_rate"], null);
    if (name === "revenue") return about(revenueQuestion(view, site.id), ["revenue"], "source");
    if (name.startsWith("prop:")) return about(propertyQuestion(view, site.id, name.slice(5)), ["visitors"], name);
  }
  const tab = panel.tabs.find((one) => one.key === name);
  if (!tab) return null;
  const dimension = deeper(tab.dimension, view.filters);
  const metrics = view.drawer === `${key}.${name}` ? drawerMetrics(tab) : ["visitors"];
  return about(panelQuestion(view, site.id, tab, dimension, { limit: 9, ...(metrics.length > 1 ? { metrics } : {}) }), metrics, dimension);
}

const OF_THE_EVENT = new Set(["page", "hostname", "event", "title"]);
const DEFINED: Record<string, Key> = {
  page: "define.page", entry_page: "define.page", exit_page: "define.exit_page", source: "define.source",
  channel: "define.channel", country: "define.place", region: "define.place", city: "define.place",
};

/** The sentences that define a dimension. */
export function dimensionMeans(dimension: string): Key[] {
  const own = OF_THE_EVENT.has(dimension) || dimension.startsWith("prop:");
  const more = DEFINED[dimension];
  if (dimension === "exit_page") return ["define.exit_page"];
  return [own ? "define.of_event" : "define.of_visit", ...(more ? [more] : [])];
}

/** A span with its end excluded, as the answer tells it, in its own wall clock. */
export function spanName(from: string, to: string, locale: string): string {
  const isMidnight = (time: string) => time.slice(11, 19) === "00:00:00";
  const day = (time: string) => time.slice(0, 10);
  if (isMidnight(from) && isMidnight(to)) return dayRange(day(from), addDays(day(to), -1), locale);
  const wall = (time: string) => new Date(`${time.slice(0, 19)}Z`);
  return new Intl.DateTimeFormat(locale, { timeZone: "UTC", dateStyle: "medium", timeStyle: "short" }).formatRange(wall(from), wall(to));
}

export interface Reading {
  read: Explained["read"];
  from: string;
  to: string;
  days: number;
  files: number;
  hot: boolean;
}

/** Where it was read, stretch by stretch, latest first. */
export function readings(explained: Explained[]): Reading[] {
  return explained.map((one) => ({ ...one, days: daysFrom(one.from, one.to) + 1 })).reverse();
}

export const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
