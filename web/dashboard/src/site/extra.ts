// The questions of the events panel's further tabs: goals, revenue, properties.
import type { Question } from "../api/types";
import { asked } from "../state/range";
import type { View } from "../state/view";
import { CUSTOM_EVENTS, filtersOf } from "./questions";

export function goalQuestion(view: View, site: string, goal: string): Question {
  return { site, range: asked(view.range), metrics: ["conversions", "conversion_rate"], ...filtersOf(view.filters), goal };
}

export function revenueQuestion(view: View, site: string): Question {
  return {
    site, range: asked(view.range), metrics: ["events", "revenue"], dimensions: ["source"], limit: 9,
    ...filtersOf(view.filters, [CUSTOM_EVENTS]),
  };
}

export function propertyQuestion(view: View, site: string, key: string): Question {
  return {
    site, range: asked(view.range), metrics: ["visitors", "events"], dimensions: [`prop:${key}`], limit: 9,
    ...filtersOf(view.filters, [["is_not", `prop:${key}`, [null]]]),
  };
}
