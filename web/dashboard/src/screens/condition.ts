// Goals and steps as a person makes them: a page or an event, exactly or by a part or a pattern,
// perhaps with a property; and how the server's filter of one reads in words.
import type { FilterTree, GoalCondition, Told } from "../api/types";

export type Match = "is" | "contains" | "matches";
export interface Draft {
  what: "page" | "event";
  match: Match;
  value: string;
  prop: string;
  propValue: string;
}

export const EMPTY: Draft = { what: "page", match: "is", value: "", prop: "", propValue: "" };

export function isWhole(draft: Draft): boolean {
  return draft.value.trim() !== "" && (draft.prop.trim() === "") === (draft.propValue.trim() === "");
}

export function condition(draft: Draft): GoalCondition {
  const value = draft.value.trim();
  const told: Told = draft.match === "is" ? value : draft.match === "contains" ? { contains: value } : { matches: value };
  const props = draft.prop.trim() ? { props: { [draft.prop.trim()]: draft.propValue.trim() } } : {};
  return draft.what === "page" ? { page: told, ...props } : { event: told, ...props };
}

/** A step of an address or of the settings, back as a draft. */
export function drafted(when: GoalCondition): Draft {
  const what = when.page !== undefined ? "page" : "event";
  const told = (when.page ?? when.event) as Told;
  const match: Match = typeof told === "string" ? "is" : "contains" in told ? "contains" : "matches";
  const value = typeof told === "string" ? told : "contains" in told ? told.contains : told.matches;
  const [prop, propTold] = Object.entries(when.props ?? {})[0] ?? ["", ""];
  return { what, match, value, prop, propValue: typeof propTold === "string" ? propTold : "" };
}

interface Test {
  op: string;
  dimension: string;
  value: string;
}

/** The tests that a condition or filter makes, in words' order; a page view is said by its page. */
export function tests(when: FilterTree | GoalCondition): Test[] {
  if (!Array.isArray(when)) {
    const draft = drafted(when);
    const first = { op: draft.match, dimension: draft.what, value: draft.value };
    return draft.prop ? [first, { op: "is", dimension: `prop:${draft.prop}`, value: draft.propValue }] : [first];
  }
  const found: Test[] = [];
  const walk = (tree: FilterTree): void => {
    const [word, second, third] = tree as [string, unknown, unknown];
    if (word === "and" || word === "or") for (const part of second as FilterTree[]) walk(part);
    else if (word === "not") walk(second as FilterTree);
    else found.push({ op: word, dimension: second as string, value: (third as (string | null)[]).map((one) => one ?? "–").join(", ") });
  };
  walk(when);
  const hasPage = found.some((one) => one.dimension === "page");
  return found.filter((one) => !(hasPage && one.dimension === "event" && one.value === "page_view"));
}
