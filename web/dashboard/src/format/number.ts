// Numbers as a person reads them, by Intl in the chosen language. Nothing to divide by is a dash.
import type { Value } from "../api/types";

export const NOTHING = "–";

// Making a formatter takes a hundred times as long as using it, and a page has hundreds of figures.
const formats = new Map<string, Intl.NumberFormat>();

function format(locale: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.NumberFormat(locale, options)));
  return found;
}

export function count(value: number | null | undefined, locale: string): string {
  if (value === null || value === undefined) return NOTHING;
  const short = Math.abs(value) >= 100_000;
  return format(locale, short ? { notation: "compact", maximumFractionDigits: 1 } : {}).format(value);
}

export function exact(value: number | null | undefined, locale: string): string {
  return value === null || value === undefined ? NOTHING : format(locale).format(value);
}

export function percent(value: number | null | undefined, locale: string, decimals = 1): string {
  if (value === null || value === undefined) return NOTHING;
  return format(locale, { style: "percent", maximumFractionDigits: decimals }).format(value / 100);
}

/** A change with its sign; beyond a thousand percent the decimals say nothing. */
export function change(value: number | null | undefined, locale: string): string {
  if (value === null || value === undefined) return NOTHING;
  return format(locale, {
    style: "percent", signDisplay: "exceptZero", maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0,
  }).format(value / 100);
}

/** A size of a file, in units of 1,000. */
export function bytes(value: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const at = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  const told = value / 1000 ** at;
  return format(locale, { style: "unit", unit: units[at] as string, unitDisplay: at === 0 ? "long" : "short", maximumFractionDigits: at > 0 && told < 100 ? 1 : 0 }).format(told);
}

export function duration(seconds: number | null | undefined, locale: string): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  const whole = Math.round(seconds);
  const units: [number, "hour" | "minute" | "second"][] = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor((whole % 3600) / 60), "minute"],
    [whole % 60, "second"],
  ];
  const told = units.filter(([amount, unit], at) => amount > 0 || (unit === "second" && whole < 60 && at === 2)).slice(0, 2);
  return told
    .map(([amount, unit]) => format(locale, { style: "unit", unit, unitDisplay: "narrow" }).format(amount))
    .join(" ");
}

export function money(value: Record<string, string> | null | undefined, locale: string): string {
  const amounts = Object.entries(value ?? {});
  if (amounts.length === 0) return NOTHING;
  // The decimal's own digits: a float would lose them beyond 2^53.
  return amounts
    .map(([currency, amount]) => {
      const usual = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
      const decimals = (amount.split(".")[1] ?? "").replace(/0+$/, "").length;
      const most = Math.max(decimals, format(locale, usual).resolvedOptions().maximumFractionDigits ?? 0);
      return format(locale, { ...usual, maximumFractionDigits: most }).format(amount as unknown as number);
    })
    .join(" + ");
}

export function metric(name: string, value: Value | undefined, locale: string): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "object") return money(value, locale);
  switch (name) {
    case "bounce_rate":
    case "conversion_rate":
    case "share":
      return percent(value, locale);
    case "scroll_depth":
      return percent(value, locale, 0);
    case "visit_duration":
    case "time_on_page":
      return duration(value, locale);
    case "views_per_visit":
      return format(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
    default:
      return count(value, locale);
  }
}

/** Whether more of it is better: -1 for the rate of bounces. */
export function goodness(name: string): 1 | -1 {
  return name === "bounce_rate" ? -1 : 1;
}
