import { describe, expect, it } from "vitest";
import type { Site } from "../api/types";
import { en } from "../i18n/en";
import { enLater } from "../i18n/en.later";
import { DEFAULT, METRICS, type View } from "../state/view";
import { dimensionMeans, readings, spanName, subjectOf } from "./explain";
import { PANELS, panelQuestion, seriesQuestion, type Tab } from "./questions";

const SITE = { id: "shop", goals: [{ name: "Sign up", when: { event: "Signup" } }], funnels: [] as Site["funnels"] } as Site;
const WORDS: Record<string, string> = { ...en, ...enLater };
const view: View = { ...DEFAULT, range: "30d", filters: [{ op: "is", dimension: "country", values: ["KR"] }] };

describe("what stands behind a figure", () => {
  it("is the very question that the page asked", () => {
    const bounces = subjectOf("bounce_rate", view, SITE);
    expect(bounces?.question).toEqual(seriesQuestion(view, "shop"));
    expect(bounces?.question?.metrics[bounces.column ?? -1]).toBe("bounce_rate");
    const source = PANELS[0]?.tabs[0] as Tab;
    expect(subjectOf("sources.source", view, SITE)?.question).toEqual(panelQuestion(view, "shop", source, "source", { limit: 9 }));
    expect(subjectOf("events.goals", view, SITE)?.question).toMatchObject({ goal: "Sign up", range: "30d" });
    expect(subjectOf("events.prop:a.b", view, SITE)?.question?.dimensions).toEqual(["prop:a.b"]);
  });

  it("is that of the dimension which a chosen value leads to", () => {
    expect(subjectOf("places.country", view, SITE)?.dimension).toBe("region");
    expect(subjectOf("places.country", DEFAULT, SITE)?.dimension).toBe("country");
  });

  it("has more figures where all rows stand open", () => {
    const open = { ...view, drawer: "pages.page" };
    expect(subjectOf("pages.page", open, SITE)?.meanings.map((one) => one.name)).toContain("metric.scroll_depth");
    expect(subjectOf("pages.page", view, SITE)?.meanings).toHaveLength(1);
  });

  it("is nothing for what an address made up", () => {
    for (const wrong of ["joy", "sources", "sources.joy", "constructor", "", ".", "events."]) expect(subjectOf(wrong, view, SITE), wrong).toBe(null);
  });

  it("is told in words, all of them", () => {
    const tabs = PANELS.flatMap((panel) => panel.tabs.map((tab) => `${panel.key}.${tab.key}`));
    const all = [...METRICS, ...tabs, "events.goals", "events.revenue", "events.prop:plan", "live", "aside", "goals", "funnels", "journeys", "retention"];
    for (const one of all) {
      for (const seen of [DEFAULT, { ...DEFAULT, drawer: one }]) {
        const subject = subjectOf(one, seen, SITE);
        const keys = [...(subject?.meanings ?? []).flatMap(({ name, means }) => [name, means]), ...dimensionMeans(subject?.dimension ?? "page")];
        expect(keys.filter((key) => !WORDS[key]), one).toEqual([]);
      }
    }
  });
});

describe("the account of an answer", () => {
  it("counts days, latest first", () => {
    const told = readings([
      { read: "rollup", from: "2026-10-23", to: "2026-11-20", files: 2, hot: false },
      { read: "events", from: "2026-11-21", to: "2026-11-21", files: 1, hot: true },
    ]);
    expect(told.map(({ read, days }) => [read, days])).toEqual([["events", 1], ["rollup", 29]]);
  });

  it("names a span by days where it is of whole days, else by its clock", () => {
    const plain = (text: string) => text.replace(/[\u2009\u202f\u00a0]/g, " ");
    expect(plain(spanName("2026-11-01T00:00:00+09:00", "2026-11-08T00:00:00+09:00", "en-US"))).toBe("Nov 1 – 7, 2026");
    expect(plain(spanName("2026-11-20T00:00:00+09:00", "2026-11-20T13:21:13+09:00", "en-US"))).toBe("Nov 20, 2026, 12:00 AM – 1:21 PM");
  });
});
