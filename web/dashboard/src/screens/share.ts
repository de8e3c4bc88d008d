// Coming by a share link: the token is handed in once for a cookie that reads one site.
import { ApiError } from "../api/client";
import { t } from "../i18n/index.svelte";
import type { App } from "../state/app.svelte";

export async function openShare(app: App): Promise<void> {
  let password: string | null = null;
  for (;;) {
    try {
      await app.api.change("POST", "shares/open", { token: app.view.share, password });
      return;
    } catch (error) {
      const asksPassword = error instanceof ApiError && error.status === 401 && error.field === "password";
      if (!asksPassword) throw error;
      app.needsLogin = false;
      password = prompt(t("share.ask_password"));
      if (password === null) throw error;
    }
  }
}
