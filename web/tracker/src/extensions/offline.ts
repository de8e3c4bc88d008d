// Events that outlive the page: what the collector has not answered for is kept in localStorage
// and sent by the next page. The events' ids make it harmless when two pages send the same ones.
import type { Extension, TrackedEvent } from "../event";

const PREFIX = "liveinsight.queue.";
const MOST = 100;
// The collector takes nothing older.
const OLDEST_MS = 24 * 3600 * 1000;

/** Takes over what pages that are gone have left. */
function inherited(): TrackedEvent[] {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  return names.flatMap((name) => {
    const text = localStorage.getItem(name) ?? "[]";
    localStorage.removeItem(name);
    return JSON.parse(text) as TrackedEvent[];
  });
}

export const offline = (): Extension => (_track, queue) => {
  const name = PREFIX + Math.random();
  const unanswered = new Map<string, TrackedEvent>();
  const save = (): void => {
    try {
      if (unanswered.size)
        localStorage.setItem(name, JSON.stringify([...unanswered.values()].slice(-MOST)));
      else localStorage.removeItem(name);
    } catch {} // full or forbidden: then the events live as long as the page
  };
  try {
    const since = Date.now() - OLDEST_MS;
    queue.push(...inherited().filter((event) => event.timestamp > since));
  } catch {}
  return {
    sending(batch) {
      for (const event of batch) unanswered.set(event.event_id, event);
      save();
    },
    sent(batch) {
      for (const event of batch) unanswered.delete(event.event_id);
      save();
    },
  };
};
