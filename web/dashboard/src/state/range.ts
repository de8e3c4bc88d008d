// Ranges and intervals: which there are, how they stand in the address, which fit together, and
// which moment a bucket's name means.
import type { RangeAsked } from "../api/types";
import { addDays, addMonths, daysFrom, isDay, today, type Day } from "./calendar";

export const RANGES = [
  "today", "yesterday", "24h", "7d", "28d", "30d", "91d", "month", "last_month", "year", "12mo", "all",
] as const;
export type RangeName = (typeof RANGES)[number];
/** A name, or `from..to` of days or of times with an offset. */
export type Range = RangeName | `${string}..${string}`;

export const INTERVALS = ["minute", "hour", "day", "week", "month"] as const;
export type Interval = (typeof INTERVALS)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const isTime = (text: string) => /^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text));

export function parseRange(text: string | null, otherwise: Range = "7d"): Range {
  if (text && (RANGES as readonly string[]).includes(text)) return text as Range;
  const [from, to] = text?.split("..") ?? [];
  const fits = (isEnd: (part: string) => boolean) => from && to && isEnd(from) && isEnd(to);
  return fits(isDay) || fits(isTime) ? (text as Range) : otherwise;
}

export function bounds(range: Range): [string, string] | null {
  if (!range.includes("..")) return null;
  const [from, to] = range.split("..") as [string, string];
  return [from, to];
}

export function asked(range: Range): RangeAsked {
  const ends = bounds(range);
  return ends ? { from: ends[0], to: ends[1] } : range;
}

/** How long it is, roughly; to choose an interval by. */
export function length_ms(range: Range): number {
  const ends = bounds(range);
  if (ends) {
    return isDay(ends[0]) ? (daysFrom(ends[0], ends[1]) + 1) * DAY_MS : Date.parse(ends[1]) - Date.parse(ends[0]);
  }
  const days: Record<RangeName, number> = {
    today: 1, yesterday: 1, "24h": 1, "7d": 7, "28d": 28, "30d": 30, "91d": 91,
    month: 31, last_month: 31, year: 366, "12mo": 366, all: 800,
  };
  return days[range as RangeName] * DAY_MS;
}

/** Intervals that give a readable number of points, at most 400, at least 2. */
export function intervals(range: Range): Interval[] {
  const span = length_ms(range);
  const each: Record<Interval, number> = {
    minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS,
  };
  const most: Record<Interval, number> = { minute: 1440, hour: 800, day: 800, week: 400, month: 400 };
  const fit = INTERVALS.filter((name) => span / each[name] >= 2 && span / each[name] <= most[name]);
  return fit.length > 0 ? fit : ["minute"];
}

export function usualInterval(range: Range): Interval {
  const span = length_ms(range);
  const usual: Interval =
    span <= 3 * HOUR_MS ? "minute" : span <= 3 * DAY_MS ? "hour" : span <= 120 * DAY_MS ? "day" : span <= 370 * DAY_MS ? "week" : "month";
  const fit = intervals(range);
  return fit.includes(usual) ? usual : (fit[0] as Interval);
}

/** Whether it still grows. */
export function endsNow(range: Range, zone: string, now = Date.now()): boolean {
  const ends = bounds(range);
  if (!ends) return range !== "yesterday" && range !== "last_month";
  return isDay(ends[1]) ? ends[1] >= today(zone, now) : Date.parse(ends[1]) > now;
}

/** The range one step earlier (-1) or later, as days; null where it cannot be moved. */
export function moved(range: Range, by: -1 | 1, zone: string, now = Date.now()): Range | null {
  const days = asDays(range, zone, now);
  if (!days) return null;
  const [from, to] = days;
  const whole = daysFrom(from, to) + 1;
  const isMonth = from.endsWith("-01") && (range === "month" || addDays(addMonths(from, 1), -1) === to);
  const next: [Day, Day] = isMonth
    ? [addMonths(from, by), addDays(addMonths(addMonths(from, by), 1), -1)]
    : [addDays(from, by * whole), addDays(to, by * whole)];
  const last = today(zone, now);
  if (next[0] > last) return null;
  const end = next[1] > last ? last : next[1];
  return next[0] === last && end === last ? "today" : `${next[0]}..${end}`;
}

/** The days that a named range stands for today; null for hours and for all. */
export function asDays(range: Range, zone: string, now = Date.now()): [Day, Day] | null {
  const ends = bounds(range);
  if (ends) return isDay(ends[0]) ? (ends as [Day, Day]) : null;
  const day = today(zone, now);
  const first = `${day.slice(0, 7)}-01`;
  switch (range as RangeName) {
    case "today": return [day, day];
    case "yesterday": return [addDays(day, -1), addDays(day, -1)];
    case "7d": return [addDays(day, -6), day];
    case "28d": return [addDays(day, -27), day];
    case "30d": return [addDays(day, -29), day];
    case "91d": return [addDays(day, -90), day];
    case "month": return [first, day];
    case "last_month": return [addMonths(first, -1), addDays(first, -1)];
    case "year": return [`${day.slice(0, 4)}-01-01`, day];
    case "12mo": return [addMonths(first, -11), day];
    default: return null;
  }
}

/** The days that a range is compared with, where it is days; `previous_period` is as many before it. */
export function comparedDays(compare: string, range: Range, zone: string, now = Date.now()): [Day, Day] | null {
  if (compare.includes("..")) return asDays(compare as Range, zone, now);
  const days = asDays(range, zone, now);
  if (!days || compare === "none") return null;
  const back = (day: Day) => (compare === "previous_year" ? addMonths(day, -12) : addDays(day, -daysFrom(...days) - 1));
  return [back(days[0]), back(days[1])];
}

/** The range that two buckets and all between them cover; null for what cannot be asked. */
export function zoomed(first: string, last: string, interval: Interval, zone: string, now = Date.now()): Range | null {
  if (interval === "minute" || interval === "hour") {
    const step = interval === "hour" ? HOUR_MS : MINUTE_MS;
    const end = Math.min(Date.parse(last) + step, now);
    const offset = /(Z|[+-]\d{2}:\d{2})$/.exec(last)?.[1] ?? "Z";
    return `${first}..${inOffset(end, offset)}`;
  }
  const end = lastDayOf(last, interval);
  const now_ = today(zone, now);
  return `${firstDayOf(first, interval)}..${end > now_ ? now_ : end}`;
}

function inOffset(time: number, offset: string): string {
  if (offset === "Z") return new Date(time).toISOString().replace(".000Z", "Z");
  const [hours, minutes] = offset.slice(1).split(":").map(Number) as [number, number];
  const shift = (hours * 60 + minutes) * MINUTE_MS * (offset[0] === "-" ? -1 : 1);
  return new Date(time + shift).toISOString().slice(0, 19) + offset;
}

export function firstDayOf(bucket: string, interval: Interval): Day {
  if (interval === "month") return `${bucket}-01`;
  if (interval !== "week") return bucket.slice(0, 10);
  const [year, week] = bucket.split("-W").map(Number) as [number, number];
  // 4 January is always in week 1 of ISO 8601.
  const fourth = `${String(year).padStart(4, "0")}-01-04`;
  const weekday = (new Date(`${fourth}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(fourth, (week - 1) * 7 - weekday);
}

export function lastDayOf(bucket: string, interval: Interval): Day {
  const first = firstDayOf(bucket, interval);
  return interval === "month" ? addDays(addMonths(first, 1), -1) : interval === "week" ? addDays(first, 6) : first;
}

/** Whether now lies in the bucket, so that it is not full yet. */
export function isUnfinished(bucket: string, interval: Interval, zone: string, now = Date.now()): boolean {
  if (interval === "minute") return now < Date.parse(bucket) + MINUTE_MS && now >= Date.parse(bucket);
  if (interval === "hour") return now < Date.parse(bucket) + HOUR_MS && now >= Date.parse(bucket);
  const day = today(zone, now);
  return day >= firstDayOf(bucket, interval) && day <= lastDayOf(bucket, interval);
}
