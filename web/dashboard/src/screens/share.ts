// Coming by a share link: its token is handed in for a key that reads one site for a day. The key
// stays in memory: a shared page also works in a frame, where browsers keep cookies back.
import { ApiError } from "../api/client";
import type { App } from "../state/app.svelte";

export type Opened = "in" | "gone" | "wants password" | "wrong password";

export async function openShare(app: App, password: string | null): Promise<Opened> {
  try {
    const guest = await app.api.ask<{ site: string; name: string; key: string }>("shares/open", { token: app.view.share, password });
    app.api.credentials.key = guest.key;
    app.isSharedGuest = true;
    if (app.view.site !== guest.site) app.go({ site: guest.site }, "replace");
    return "in";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return "gone";
    if (!(error instanceof ApiError) || error.field !== "password") throw error;
    return password === null ? "wants password" : "wrong password";
  }
}
