// What codes are called: countries and languages by Intl, devices by our own words. A stranger's
// text is only ever cut and never trusted.
import type { Key } from "../i18n/keys";
import type { Filter } from "../state/filters";

const codes = new Map<string, Intl.DisplayNames>();

function names(locale: string, type: "region" | "language"): Intl.DisplayNames {
  const key = `${locale} ${type}`;
  let found = codes.get(key);
  if (!found) codes.set(key, (found = new Intl.DisplayNames(locale, { type, fallback: "code" })));
  return found;
}

function called(code: string, locale: string, type: "region" | "language"): string {
  try {
    return names(locale, type).of(code) ?? code;
  } catch {
    return code;
  }
}

const DEVICES: Record<string, Key> = {
  desktop: "device.desktop", mobile: "device.mobile", tablet: "device.tablet", bot: "device.bot", other: "device.other",
};
const CHANNELS: Record<string, Key> = {
  Direct: "channel.direct", "Organic Search": "channel.organic_search", "Paid Search": "channel.paid_search",
  "Organic Social": "channel.organic_social", "Paid Social": "channel.paid_social", Email: "channel.email",
  Referral: "channel.referral", Campaign: "channel.campaign", "AI Assistant": "channel.ai", Video: "channel.video",
  Affiliate: "channel.affiliate", Display: "channel.display", Other: "channel.other",
};
const EVENTS: Record<string, Key> = { page_view: "event.page_view" };

/** How a dimension's value is shown. */
export function valueName(
  dimension: string, value: string | null, locale: string, t: (key: Key) => string,
): string {
  if (value === null || value === "") return dimension === "source" || dimension === "referrer" ? t("none.direct") : t("none.unknown");
  if (dimension === "source" && value === "Direct") return t("none.direct");
  if (dimension === "country") return /^[A-Z]{2}$/.test(value) ? called(value, locale, "region") : value;
  if (dimension === "language") return called(value, locale, "language");
  const table = dimension === "device" ? DEVICES : dimension === "channel" ? CHANNELS : dimension === "event" ? EVENTS : {};
  const key = Object.hasOwn(table, value) ? table[value] : undefined;
  if (key) return t(key);
  // Marks that turn the line's direction, and control characters, would reach beyond the text.
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\u00b7");
}

/** A filter as a person says it. */
export function filterWords(filter: Filter, locale: string, t: (key: Key) => string): { what: string; how: string; values: string } {
  return {
    what: filter.dimension.startsWith("prop:") ? filter.dimension.slice(5) : t(dimensionKey(filter.dimension) ?? "dimension.page"),
    how: t(`op.${filter.op}`),
    values: filter.values.map((value) => valueName(filter.dimension, value, locale, t)).join(", "),
  };
}

export function dimensionKey(dimension: string): Key | null {
  const plain = dimension.replace(/^prop:.*/, "prop") as string;
  return `dimension.${plain}` as Key;
}
