// Dates of a calendar as `2026-11-20`, without a time and so without a zone: adding, counting, and
// the month's grid of the range picker.

export type Day = string;

const at = (day: Day) => new Date(`${day}T00:00:00Z`);
const told = (date: Date): Day => date.toISOString().slice(0, 10);

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at(text).getTime()) && told(at(text)) === text;
}

export function addDays(day: Day, days: number): Day {
  const date = at(day);
  date.setUTCDate(date.getUTCDate() + days);
  return told(date);
}

/** The same day of another month, or its last where it has none such. */
export function addMonths(day: Day, months: number): Day {
  const [year, month, number] = day.split("-").map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return told(new Date(Date.UTC(year, month - 1 + months, Math.min(number, last))));
}

export function daysFrom(first: Day, last: Day): number {
  return Math.round((at(last).getTime() - at(first).getTime()) / 86_400_000);
}

const calendars = new Map<string, Intl.DateTimeFormat>();

export function today(zone: string, now = Date.now()): Day {
  let calendar = calendars.get(zone);
  if (!calendar) {
    calendar = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    calendars.set(zone, calendar);
  }
  return calendar.format(now);
}

/** Six weeks around the month, beginning on `firstWeekday` (0 is Sunday). */
export function monthGrid(month: Day, firstWeekday: number): Day[] {
  const first = `${month.slice(0, 7)}-01`;
  const before = (at(first).getUTCDay() - firstWeekday + 7) % 7;
  return Array.from({ length: 42 }, (_, index) => addDays(first, index - before));
}

/** Which day a week begins on, where the browser knows; else Monday, but Sunday in Korea. */
export function firstWeekday(locale: string): number {
  const told = new Intl.Locale(locale) as Intl.Locale & {
    getWeekInfo?: () => { firstDay: number };
    weekInfo?: { firstDay: number };
  };
  const info = told.getWeekInfo?.() ?? told.weekInfo;
  return info ? info.firstDay % 7 : locale.startsWith("ko") ? 0 : 1;
}

export function ordered(one: Day, other: Day): [Day, Day] {
  return one <= other ? [one, other] : [other, one];
}
