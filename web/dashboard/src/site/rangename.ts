// How a range, and what it is compared with, is called in a person's words.
import { dayRange, timeRange } from "../format/time";
import { locale, t } from "../i18n/index.svelte";
import { isDay } from "../state/calendar";
import { bounds, type Range, type RangeName } from "../state/range";
import type { Compare } from "../state/view";

export function rangeName(range: Range): string {
  const ends = bounds(range);
  if (!ends) return t(`range.${range as RangeName}`);
  return isDay(ends[0]) ? dayRange(ends[0], ends[1], locale()) : timeRange(ends[0], ends[1], locale());
}

/** What a range is compared with. */
export function compareName(compare: Compare): string {
  return compare.includes("..") ? rangeName(compare as Range) : t(`compare.${compare as "none"}`);
}
