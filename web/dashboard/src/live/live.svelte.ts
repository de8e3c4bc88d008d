// The live picture as state of a component: a connection for a site and its filters, opened when
// the component comes and closed when it goes.
import { untrack } from "svelte";
import type { App } from "../state/app.svelte";
import type { Live } from "../api/types";
import { asTree, type Filter } from "../state/filters";
import { Connection, type Picture } from "./connection";

export class LiveState {
  picture = $state.raw<Picture>({ phase: "connecting", live: null, retryInS: null });
}

export function live(app: App, site: () => string | null, filters: () => Filter[]): LiveState {
  const state = new LiveState();
  let shownSite: string | null = null;
  $effect(() => {
    const id = site();
    if (id === null) return;
    const tree = asTree(filters());
    const params = { site: id, filters: tree ? JSON.stringify(tree) : undefined };
    const canPush = app.config.live === "push";
    const connection = new Connection(
      {
        open: canPush ? () => app.api.stream(app.api.address("realtime", params)) : null,
        poll: (signal) => app.api.get<Live>("realtime", params, signal),
        after: (ms, then) => {
          const timer = setTimeout(then, ms);
          return () => clearTimeout(timer);
        },
      },
      (picture) => (state.picture = picture),
      shownSite === id ? untrack(() => state.picture.live) : null,
    );
    shownSite = id;
    connection.start();
    const wake = () => {
      if (document.visibilityState !== "visible" || state.picture.phase !== "lost") return;
      connection.stop();
      connection.start();
    };
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      connection.stop();
    };
  });
  return state;
}
