import { describe, expect, it } from "vitest";
import { addMonths, daysFrom, isDay, monthGrid, ordered, today } from "./calendar";
import { asked, comparedDays, endsNow, firstDayOf, intervals, isUnfinished, lastDayOf, moved, parseRange, usualInterval, zoomed } from "./range";

const NOW = Date.parse("2026-11-20T22:30:00Z"); // 07:30 on the 21st in Seoul
const SEOUL = "Asia/Seoul";

describe("days of a calendar", () => {
  it("are those of the site's zone", () => {
    expect(today(SEOUL, NOW)).toBe("2026-11-21");
    expect(today("America/New_York", NOW)).toBe("2026-11-20");
  });

  it("know the last of a month and what is no day", () => {
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(addMonths("2024-02-29", -12)).toBe("2023-02-28");
    expect(isDay("2026-02-30")).toBe(false);
    expect(daysFrom("2026-03-28", "2026-03-30")).toBe(2);
    expect(ordered("2026-02-01", "2026-01-01")).toEqual(["2026-01-01", "2026-02-01"]);
  });

  it("make a grid of six weeks that begins on the first day of the week", () => {
    const grid = monthGrid("2026-11-15", 1);
    expect([grid[0], grid[41], grid.length]).toEqual(["2026-10-26", "2026-12-06", 42]);
  });
});

describe("ranges", () => {
  it("are compared with the days before, the year before, or those that were chosen", () => {
    expect(comparedDays("previous_period", "7d", SEOUL, NOW)).toEqual(["2026-11-08", "2026-11-14"]);
    expect(comparedDays("previous_year", "2024-02-29..2024-03-01", SEOUL, NOW)).toEqual(["2023-02-28", "2023-03-01"]);
    expect(comparedDays("2026-01-01..2026-01-31", "24h", SEOUL, NOW)).toEqual(["2026-01-01", "2026-01-31"]);
    expect(comparedDays("previous_period", "24h", SEOUL, NOW)).toBe(null);
    expect(comparedDays("none", "7d", SEOUL, NOW)).toBe(null);
  });

  it("are names, days or times with an offset, and nothing else", () => {
    expect(parseRange("30d")).toBe("30d");
    expect(parseRange("2026-11-01..2026-11-07")).toBe("2026-11-01..2026-11-07");
    expect(parseRange("2026-11-01T10:00:00+09:00..2026-11-01T12:00:00+09:00")).toContain("..");
    expect(parseRange("2026-11-01T10:00..2026-11-01T12:00")).toBe("7d");
    expect(parseRange("2026-02-30..2026-03-01")).toBe("7d");
    expect(asked("2026-11-01..2026-11-07")).toEqual({ from: "2026-11-01", to: "2026-11-07" });
  });

  it("step back and forth by their own length, months by months, never into the future", () => {
    expect(moved("7d", -1, SEOUL, NOW)).toBe("2026-11-08..2026-11-14");
    expect(moved("2026-11-08..2026-11-14", 1, SEOUL, NOW)).toBe("2026-11-15..2026-11-21");
    expect(moved("month", -1, SEOUL, NOW)).toBe("2026-10-01..2026-10-31");
    expect(moved("2026-10-01..2026-10-31", -1, SEOUL, NOW)).toBe("2026-09-01..2026-09-30");
    expect(moved("yesterday", 1, SEOUL, NOW)).toBe("today");
    expect(moved("today", 1, SEOUL, NOW)).toBe(null);
    expect(moved("all", -1, SEOUL, NOW)).toBe(null);
  });

  it("have intervals that give a readable number of points", () => {
    expect(intervals("today")).toEqual(["minute", "hour"]);
    expect(usualInterval("7d")).toBe("day");
    expect(usualInterval("12mo")).toBe("week");
    expect(intervals("30d")).not.toContain("minute");
  });

  it("know whether they still grow", () => {
    expect(endsNow("7d", SEOUL, NOW)).toBe(true);
    expect(endsNow("yesterday", SEOUL, NOW)).toBe(false);
    expect(endsNow("2026-11-01..2026-11-21", SEOUL, NOW)).toBe(true);
    expect(endsNow("2026-11-01..2026-11-20", SEOUL, NOW)).toBe(false);
  });
});

describe("buckets", () => {
  it("of weeks are those of ISO 8601, also across a year", () => {
    expect(firstDayOf("2026-W01", "week")).toBe("2025-12-29");
    expect(lastDayOf("2020-W53", "week")).toBe("2021-01-03");
    expect(lastDayOf("2026-02", "month")).toBe("2026-02-28");
  });

  it("are unfinished while now lies in them", () => {
    expect(isUnfinished("2026-11-21", "day", SEOUL, NOW)).toBe(true);
    expect(isUnfinished("2026-11-20", "day", SEOUL, NOW)).toBe(false);
    expect(isUnfinished("2026-11-21T07:00:00+09:00", "hour", SEOUL, NOW)).toBe(true);
    expect(isUnfinished("2026-W47", "week", SEOUL, NOW)).toBe(true);
  });

  it("dragged over become a range, ending now at the latest", () => {
    expect(zoomed("2026-11-02", "2026-11-05", "day", SEOUL, NOW)).toBe("2026-11-02..2026-11-05");
    expect(zoomed("2026-10", "2026-11", "month", SEOUL, NOW)).toBe("2026-10-01..2026-11-21");
    expect(zoomed("2026-11-20T10:00:00+09:00", "2026-11-20T11:00:00+09:00", "hour", SEOUL, NOW)).toBe("2026-11-20T10:00:00+09:00..2026-11-20T12:00:00+09:00");
  });
});
