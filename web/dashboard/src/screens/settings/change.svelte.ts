// A change on its way to the server: busy, and what was wrong with it.
import { t } from "../../i18n/index.svelte";
import { refused } from "../refused";
import type { App } from "../../state/app.svelte";

export class Change {
  busy = $state(false);
  wrong = $state("");

  constructor(private readonly app: App) {}

  /** Whether it was done; `word` is said when it was. */
  async make(work: () => Promise<unknown>, word: string | null = t("saved")): Promise<boolean> {
    this.busy = true;
    this.wrong = "";
    try {
      await work();
      if (word) this.app.say(word);
      return true;
    } catch (error) {
      this.wrong = refused(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** Lines of a text field as a list. */
export const lines = (text: string): string[] => text.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);
