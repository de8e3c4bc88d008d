import { describe, expect, it } from "vitest";
import { en } from "../i18n/en";
import { enLater } from "../i18n/en.later";
import { filled } from "../i18n/index.svelte";
import { ko } from "../i18n/ko";
import { koLater } from "../i18n/ko.later";
import { bytes, change, count, duration, goodness, metric, money } from "./number";
import { valueName } from "./names";
import { bucketName, clock, dayRange, tick } from "./time";

const plain = (text: string) => text.replace(/[\u202f\u00a0\u2009]/g, " ");

describe("numbers", () => {
  it("are written out until they are long, and a dash where there is none", () => {
    expect(count(12345, "en-US")).toBe("12,345");
    expect(count(1234567, "en-US")).toBe("1.2M");
    expect(count(1234567, "ko-KR")).toBe("123.5만");
    expect(metric("bounce_rate", null, "en-US")).toBe("–");
  });

  it("tell durations in two units and rates in percent", () => {
    expect(plain(duration(125.4, "en-US"))).toBe("2m 5s");
    expect(plain(duration(0, "en-US"))).toBe("0s");
    expect(plain(duration(3725, "ko-KR"))).toBe("1시간 2분");
    expect(metric("conversion_rate", 12.3, "en-US")).toBe("12.3%");
  });

  it("tell sizes of files", () => {
    expect([0, 999, 1500, 12_345_678].map((size) => plain(bytes(size, "en-US")))).toEqual(["0 bytes", "999 bytes", "1.5 kB", "12.3 MB"]);
  });

  it("tell money to its last digit", () => {
    expect(money({ EUR: "12.90" }, "en-US")).toBe("€12.90");
    expect(money({ EUR: "9007199254740993.10" }, "en-US")).toBe("€9,007,199,254,740,993.10");
    expect(money({}, "en-US")).toBe("–");
  });

  it("tell a change with its sign", () => {
    expect(change(12.34, "en-US")).toBe("+12%");
    expect(change(-3.2, "en-US")).toBe("-3.2%");
    expect(change(0, "en-US")).toBe("0%");
    expect(change(null, "en-US")).toBe("–");
    expect([goodness("bounce_rate"), goodness("visitors")]).toEqual([-1, 1]);
  });
});

describe("times", () => {
  it("are those of the site's wall clock, wherever the reader is", () => {
    expect(plain(tick("2026-11-20T13:00:00+09:00", "hour", "en-US"))).toBe("1 PM");
    expect(plain(bucketName("2026-11-20T13:00:00+09:00", "hour", "en-US"))).toContain("Nov 20");
    expect(clock(Date.parse("2026-11-20T04:05:06Z"), "Asia/Seoul", "en-US")).toBe("13:05:06");
  });

  it("name weeks by their days and months by their name", () => {
    expect(plain(bucketName("2026-W47", "week", "en-US"))).toContain("16");
    expect(bucketName("2026-11", "month", "ko-KR")).toBe("2026년 11월");
    expect(dayRange("2026-11-20", "2026-11-20", "en-US")).toBe("Nov 20, 2026");
  });
});

describe("names", () => {
  const t = (key: string) => key;
  it("come from Intl for codes and stay as they are for the rest", () => {
    expect(valueName("country", "KR", "ko-KR", t)).toBe("대한민국");
    expect(valueName("country", "??", "en-US", t)).toBe("??");
    expect(valueName("source", null, "en-US", t)).toBe("none.direct");
    expect(valueName("page", "/constructor", "en-US", t)).toBe("/constructor");
    expect(valueName("channel", "constructor", "en-US", t)).toBe("constructor");
  });

  it("cannot turn the line's direction", () => {
    expect(valueName("page", "/\u202eevil", "en-US", t)).toBe("/·evil");
  });
});

describe("words", () => {
  it("are complete in Korean, with the same holes", () => {
    const english: Record<string, string> = { ...en, ...enLater };
    const korean: Record<string, string> = { ...ko, ...koLater };
    const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    expect(Object.keys(korean).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      const needed = holes(text).filter((hole) => hole !== "{n}");
      expect(holes(korean[key] ?? ""), key).toEqual(expect.arrayContaining(needed));
    }
  });

  it("choose between one and many", () => {
    expect(filled("{n} rows | {n} row", { n: 1 })).toBe("1 row");
    expect(filled("{n} rows | {n} row", { n: 2 })).toBe("2 rows");
  });
});
