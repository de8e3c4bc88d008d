// The chosen language and `t`, which every screen says its words with. The first words of English
// are in the first script; other languages, and the words of screens that come later, are loaded
// with them.
import { untrack } from "svelte";
import { en } from "./en";
import type { Key, Messages } from "./keys";

export type { Key } from "./keys";
export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

let chosen = $state.raw<{ language: Language; messages: Partial<Messages> }>({ language: "en", messages: en });
let wantsLater = false;

export function language(): Language {
  return chosen.language;
}

/** The locale of numbers and dates: the browser's own variant of the language, where it has one. */
export function locale(): string {
  const own = typeof navigator === "undefined" ? [] : navigator.languages;
  return own.find((name) => name.split("-")[0] === chosen.language && isLocale(name)) ?? chosen.language;
}

/** Not every name that a browser gives is one: Chromium says `en-US@posix` where `LANG` is `C`. */
function isLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length === 1;
  } catch {
    return false;
  }
}

export async function choose(next: Language): Promise<void> {
  const first = next === "ko" ? (await import("./ko")).ko : en;
  const later = wantsLater ? await laterOf(next) : {};
  chosen = { language: next, messages: { ...first, ...later } };
  document.documentElement.lang = next;
}

/** The words of the screens that are not the first; asked for before one of them is shown. */
async function loadLater(): Promise<void> {
  if (wantsLater) return;
  wantsLater = true;
  await choose(chosen.language);
}

/** A part that comes later, with its words. */
export async function later<T>(part: Promise<T>): Promise<T> {
  const [found] = await Promise.all([part, untrack(loadLater)]);
  return found;
}

async function laterOf(name: Language): Promise<Partial<Messages>> {
  return name === "ko" ? (await import("./ko.later")).koLater : (await import("./en.later")).enLater;
}

export function preferred(names: readonly string[]): Language {
  const known = names.map((name) => name.split("-")[0]).find((name) => name === "ko" || name === "en");
  return (known as Language | undefined) ?? "en";
}

/** The message with its `{holes}` filled; `n` chooses between one and many. */
export function t(key: Key, holes: Record<string, string | number> = {}): string {
  return filled(chosen.messages[key] ?? key, holes);
}

export function filled(message: string, holes: Record<string, string | number>): string {
  const [many, one] = message.split(" | ") as [string, string?];
  const form = one !== undefined && String(holes["n"]) === "1" ? one : many;
  return form.replace(/\{(\w+)\}/g, (hole, name: string) => String(holes[name] ?? hole));
}
