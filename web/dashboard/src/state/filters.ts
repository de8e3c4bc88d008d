// Filters as they stand in the address and in a question. `f=is,country,KR,US` is one filter;
// several are all to hold. Commas and percent signs of strangers are escaped, no value is `%-`.
import type { Condition, FilterTree } from "../api/types";

export const OPS = ["is", "is_not", "contains", "contains_not", "matches"] as const;
export type Op = (typeof OPS)[number];

export interface Filter {
  op: Op;
  dimension: string;
  values: (string | null)[];
}

const escaped = (text: string) => text.replaceAll("%", "%25").replaceAll(",", "%2C");
const restored = (text: string) => text.replaceAll("%2C", ",").replaceAll("%25", "%");
const written = (value: string | null) => (value === null ? "%-" : escaped(value));
const read = (text: string) => (text === "%-" ? null : restored(text));

export function write(filter: Filter): string {
  return [filter.op, escaped(filter.dimension), ...filter.values.map(written)].join(",");
}

/** Null for what is no filter: an address can be typed by hand. */
export function parse(text: string): Filter | null {
  const [op, dimension, ...values] = text.split(",");
  if (!OPS.includes(op as Op) || !dimension || values.length === 0) return null;
  return { op: op as Op, dimension: restored(dimension), values: values.map(read) };
}

/** A click on a row: the row alone, or off again; with `add` beside those already chosen. */
export function toggled(filters: Filter[], dimension: string, value: string | null, add = false): Filter[] {
  const at = filters.findIndex((one) => one.op === "is" && one.dimension === dimension);
  const before = filters[at];
  if (!before) return [...filters, { op: "is", dimension, values: [value] }];
  const has = before.values.includes(value);
  const rest = before.values.filter((one) => one !== value);
  const values = add ? (has ? rest : [...before.values, value]) : has && rest.length === 0 ? [] : [value];
  const kept = values.length > 0 ? [{ ...before, values }] : [];
  return [...filters.slice(0, at), ...kept, ...filters.slice(at + 1)];
}

/** Whether all of these hold the view. */
export function areOn(filters: Filter[], some: Filter[]): boolean {
  return some.every((one) => filters.some((other) => write(other) === write(one)));
}

/** The same with several filters, a goal's, say: all of them on, or off again. */
export function toggledAll(filters: Filter[], some: Filter[]): Filter[] {
  const rest = filters.filter((one) => !some.some((other) => write(other) === write(one)));
  return areOn(filters, some) ? rest : [...rest, ...some];
}

/** A question's condition as filters of the view; null where it is more than some that all hold. */
export function asFilters(tree: FilterTree | object): Filter[] | null {
  if (!Array.isArray(tree)) return null;
  const [word, second, third] = tree as [string, unknown, unknown];
  if (OPS.includes(word as Op)) return [{ op: word as Op, dimension: second as string, values: third as (string | null)[] }];
  if (word !== "and") return null;
  const parts = (second as FilterTree[]).map(asFilters);
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
}

export function isChosen(filters: Filter[], dimension: string, value: string | null): boolean {
  return filters.some((one) => one.op === "is" && one.dimension === dimension && one.values.includes(value));
}

/** The filters as a question carries them; nothing where there are none. */
export function asTree(filters: Filter[], more: FilterTree[] = []): FilterTree | undefined {
  const all: FilterTree[] = [...filters.map((one): Condition => [one.op, one.dimension, one.values]), ...more];
  if (all.length === 0) return undefined;
  return all.length === 1 ? all[0] : ["and", all];
}

/** The one value that a dimension is held to, if it is one. */
export function only(filters: Filter[], dimension: string): string | null | undefined {
  const found = filters.find((one) => one.op === "is" && one.dimension === dimension);
  return found && found.values.length === 1 ? found.values[0] : undefined;
}
