// A feed that stays readable: what is new is found by comparing with the last picture, shown one
// line at a time, and thinned when more comes than a person can read, which it then says.
import type { Glimpse } from "../api/types";

export interface Line extends Glimpse {
  key: number;
}

const KEPT = 30;
/** So many the server tells at most. */
const FULL = 50;
const WAITING = 8;
/** For so long after a line was left out the feed says that it samples. */
export const SAMPLED_MS = 5000;

const same = (one: Glimpse, other: Glimpse) =>
  one.time === other.time && one.event === other.event && one.page === other.page &&
  one.country === other.country && one.browser === other.browser && one.source === other.source;

/** What stands in `next` and did not in `before`; both newest first. What happened before all of a
 * full picture may have been known before it, and is not told. */
export function arrivals(before: readonly Glimpse[], next: readonly Glimpse[]): Glimpse[] {
  const known = [...before];
  const since = before.length < FULL ? -Infinity : (before.at(-1)?.time ?? -Infinity);
  return next.filter((one) => {
    if (one.time < since) return false;
    const at = known.findIndex((other) => same(one, other));
    if (at !== -1) known.splice(at, 1);
    return at === -1;
  });
}

export class Feed {
  lines: Line[] = [];
  #before: Glimpse[] | null = null;
  #waiting: Glimpse[] = [];
  #next = 0;
  #leftOutAt = -Infinity;

  /** Take a picture's feed; answers what is new in it, for the map. */
  offer(next: Glimpse[], now: number): Glimpse[] {
    if (this.#before === null) {
      this.#before = next;
      this.lines = next.slice(0, KEPT).map((one) => this.#line(one));
      return [];
    }
    const fresh = arrivals(this.#before, next);
    this.#before = next;
    // A feed that is new from top to bottom has lost some in between.
    if (fresh.length === next.length && next.length >= FULL) this.#leftOutAt = now;
    this.#waiting.unshift(...fresh);
    if (this.#waiting.length > WAITING) {
      this.#waiting = thinned(this.#waiting, WAITING);
      this.#leftOutAt = now;
    }
    return fresh;
  }

  /** Show the oldest that waits; false if none did. */
  step(): boolean {
    const oldest = this.#waiting.pop();
    if (!oldest) return false;
    // What is told late stands where it happened.
    const above = this.lines.filter((line) => line.time > oldest.time);
    this.lines = [...above, this.#line(oldest), ...this.lines.slice(above.length)].slice(0, KEPT);
    return true;
  }

  isSampled(now: number): boolean {
    return now - this.#leftOutAt < SAMPLED_MS;
  }

  #line(one: Glimpse): Line {
    this.#next += 1;
    return { ...one, key: this.#next };
  }
}

/** Evenly fewer, first and last kept. */
export function thinned<T>(items: T[], most: number): T[] {
  if (items.length <= most) return items;
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)] as T);
}
