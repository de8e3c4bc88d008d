// What belongs to the person and not to the link: theme and language, kept in the browser where it
// lets us.

export type Theme = "system" | "light" | "dark";

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`liveinsight.${name}`);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`liveinsight.${name}`, value);
  } catch {
    // Forbidden storage: the choice holds until the page is left.
  }
}

export const keptTheme = (): Theme => {
  const told = kept("theme");
  return told === "light" || told === "dark" ? told : "system";
};
export const keptLanguage = (): string | null => kept("language");
export const keepLanguage = (value: string) => keep("language", value);

export function applyTheme(theme: Theme): void {
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

export function chooseTheme(theme: Theme): void {
  keep("theme", theme);
  applyTheme(theme);
}

export function followSystemTheme(): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => applyTheme(keptTheme()));
}
