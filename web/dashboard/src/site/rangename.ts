// How a range is called in a person's words.
import { dayRange, timeRange } from "../format/time";
import { locale, t } from "../i18n/index.svelte";
import { isDay } from "../state/calendar";
import { bounds, type Range, type RangeName } from "../state/range";

export function rangeName(range: Range): string {
  const ends = bounds(range);
  if (!ends) return t(`range.${range as RangeName}`);
  return isDay(ends[0]) ? dayRange(ends[0], ends[1], locale()) : timeRange(ends[0], ends[1], locale());
}
