// The tracker as an ES module, for sites that bundle their scripts. Importing it does nothing, also
// on a server; `init` starts it once a page.
import { start } from "./core";
import type { Extension, Fields, Options, Track } from "./event";

export type {
  Extension,
  Fields,
  Hand,
  Options,
  Revenue,
  Scalar,
  Track,
  TrackedEvent,
} from "./event";
export { downloads } from "./extensions/downloads";
export { errors } from "./extensions/errors";
export { forms } from "./extensions/forms";
export { hash } from "./extensions/hash";
export { missing } from "./extensions/missing";
export { offline } from "./extensions/offline";
export { outbound } from "./extensions/outbound";
export { revenue } from "./extensions/revenue";
export { user } from "./extensions/user";

const waiting: Parameters<Track>[] = [];

/** Starts counting. `api` is `/api/events` of the page's own host if it is not given. */
export function init(options: Options & { extensions?: Extension[] } = {}): void {
  if (typeof window == "undefined") return;
  const { q } = window.liveinsight ?? { q: waiting.splice(0) };
  if (q) start(options, `${location.origin}/js/li.js`, q, options.extensions);
}

/** Counts an event of the site's own. Before `init` it waits. */
export const track: Track = (name, fields) => {
  if (typeof window == "undefined") return;
  if (window.liveinsight) window.liveinsight(name, fields);
  else waiting.push([name, fields]);
};

/** Counts a page view by hand, for pages that are not told apart by their address. */
export const pageView = (fields?: Fields): void => track("page_view", fields);
