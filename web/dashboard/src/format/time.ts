// Moments and buckets as a person reads them, always in the site's zone.
import type { Interval } from "../state/range";
import { firstDayOf, lastDayOf } from "../state/range";

type Options = Intl.DateTimeFormatOptions;

// A bucket's name tells the site's own wall clock: it is read as if it were UTC and told as UTC.
const wall = (bucket: string) => new Date(bucket.length > 10 ? `${bucket.slice(0, 19)}Z` : `${bucket}T00:00:00Z`);

// Making a formatter takes a hundred times as long as using it.
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Options): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}
const told = (date: Date, locale: string, options: Options) => format(locale, { timeZone: "UTC", ...options }).format(date);

const SHORT: Record<Interval, Options> = {
  minute: { hour: "numeric", minute: "2-digit" },
  hour: { hour: "numeric" },
  day: { month: "short", day: "numeric" },
  week: { month: "short", day: "numeric" },
  month: { month: "short", year: "numeric" },
};

export function tick(bucket: string, interval: Interval, locale: string): string {
  if (interval === "hour" && bucket.slice(11, 13) === "00") return told(wall(bucket), locale, SHORT.day);
  return told(bucket.length > 10 ? wall(bucket) : wall(firstDayOf(bucket, interval)), locale, SHORT[interval]);
}

export function bucketName(bucket: string, interval: Interval, locale: string): string {
  switch (interval) {
    case "minute":
    case "hour":
      return told(wall(bucket), locale, { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
    case "day":
      return told(wall(bucket), locale, { weekday: "short", month: "short", day: "numeric", year: "numeric" });
    case "week":
      return dayRange(firstDayOf(bucket, "week"), lastDayOf(bucket, "week"), locale);
    case "month":
      return told(wall(`${bucket}-01`), locale, { month: "long", year: "numeric" });
  }
}

export function dayRange(from: string, to: string, locale: string): string {
  const days = format(locale, { timeZone: "UTC", month: "short", day: "numeric", year: "numeric" });
  return from === to ? days.format(wall(from)) : days.formatRange(wall(from), wall(to));
}

export function monthName(day: string, locale: string): string {
  return told(wall(day), locale, { month: "long", year: "numeric" });
}

export function weekdayName(day: string, locale: string): string {
  return told(wall(day), locale, { weekday: "narrow" });
}

export function dayName(day: string, locale: string): string {
  return told(wall(day), locale, { dateStyle: "full" });
}

/** A range of times with an offset, at the offset's own wall clock. */
export function timeRange(from: string, to: string, locale: string): string {
  const times = format(locale, { timeZone: "UTC", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
  return times.formatRange(wall(from), wall(to));
}

export function clock(time: number, zone: string, locale: string): string {
  return format(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(time);
}

export function date(time: number, zone: string, locale: string): string {
  return format(locale, { timeZone: zone, dateStyle: "medium" }).format(time);
}
