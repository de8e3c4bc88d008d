import { describe, expect, it } from "vitest";
import type { Glimpse } from "../api/types";
import { arrivals, Feed, SAMPLED_MS, thinned } from "./feed";

const at = (time: number, page = "/"): Glimpse => ({ time, event: "page_view", page, title: null, source: null, country: "KR", browser: "Chrome" });

describe("the feed", () => {
  it("finds what is new, also among events of one millisecond that look the same", () => {
    const before = [at(5), at(5), at(3)];
    expect(arrivals(before, [at(5), at(5), at(5), at(3)])).toHaveLength(1);
    expect(arrivals(before, [at(6), at(5), at(5), at(3)])).toEqual([at(6)]);
    expect(arrivals(before, before)).toEqual([]);
    expect(arrivals([], [at(1)])).toEqual([at(1)]);
  });

  it("finds what is told late, but not what a full picture had no room for", () => {
    expect(arrivals([at(9), at(7)], [at(9), at(8), at(7)])).toEqual([at(8)]);
    const full = Array.from({ length: 50 }, (_, index) => at(100 - index));
    expect(arrivals(full, [...full.slice(1), at(2)])).toEqual([]);
  });

  it("shows what is told late where it happened", () => {
    const feed = new Feed();
    feed.offer([at(9), at(7)], 0);
    feed.offer([at(9), at(8, "/late"), at(7)], 0);
    expect(feed.step()).toBe(true);
    expect(feed.lines.map((line) => line.time)).toEqual([9, 8, 7]);
  });

  it("shows what comes one line at a time, oldest first", () => {
    const feed = new Feed();
    feed.offer([at(1)], 0);
    feed.offer([at(3, "/c"), at(2, "/b"), at(1)], 0);
    expect(feed.step()).toBe(true);
    expect(feed.lines[0]?.page).toBe("/b");
    expect(feed.step()).toBe(true);
    expect(feed.lines[0]?.page).toBe("/c");
    expect(feed.step()).toBe(false);
  });

  it("thins a flood and says so for a while", () => {
    const feed = new Feed();
    feed.offer([at(0)], 0);
    const flood = Array.from({ length: 50 }, (_, index) => at(100 - index));
    const fresh = feed.offer(flood, 1000);
    expect(fresh).toHaveLength(50);
    let shown = 0;
    while (feed.step()) shown += 1;
    expect(shown).toBeLessThan(20);
    expect(feed.isSampled(1000)).toBe(true);
    expect(feed.isSampled(1000 + SAMPLED_MS)).toBe(false);
  });

  it("keeps first and last when it thins", () => {
    expect(thinned([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([1, 4, 7]);
  });
});
