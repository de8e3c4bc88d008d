import { describe, expect, it } from "vitest";
import { DEFAULT } from "../state/view";
import { draw, gutter, labelled, nearest, spark, type Box } from "./chart";
import { csv } from "./csv";
import { notesOf } from "./notes";
import { deeper, PANELS, panelQuestion, seriesQuestion, type Tab } from "./questions";

const BOX: Box = { width: 208, height: 120, left: 4, right: 4, top: 10, bottom: 10 };

describe("the chart", () => {
  it("puts notes into the bucket that they are of", () => {
    const note = (at: string) => ({ at, text: at });
    const notes = [note("2026-11-20"), note("2026-11-20T14:30"), note("2026-12-01")];
    const where = (buckets: string[], interval: Parameters<typeof notesOf>[2]) =>
      [...notesOf(notes, buckets, interval)].map(([index, found]) => [index, found.map((one) => one.at)]);
    expect(where(["2026-11-19", "2026-11-20"], "day")).toEqual([[1, ["2026-11-20", "2026-11-20T14:30"]]]);
    expect(where(["2026-11-20T00:00:00+09:00", "2026-11-20T14:00:00+09:00"], "hour")).toEqual([[0, ["2026-11-20"]], [1, ["2026-11-20T14:30"]]]);
    expect(where(["2026-11-20T01:00:00+03:00", "2026-11-20T02:00:00+03:00"], "hour")).toEqual([[0, ["2026-11-20"]]]);
    expect(where(["2026-11-19T23:00:00+03:00", "2026-11-20T01:00:00+03:00"], "hour")).toEqual([[1, ["2026-11-20"]]]);
    expect(where(["2026-11-20T14:30:00+09:00"], "minute")).toEqual([[0, ["2026-11-20T14:30"]]]);
    expect(where(["2026-11", "2026-12"], "month")).toEqual([[0, ["2026-11-20", "2026-11-20T14:30"]], [1, ["2026-12-01"]]]);
    expect(where(["2026-W47", "2026-W48", "2026-W49"], "week")).toEqual([[0, ["2026-11-20", "2026-11-20T14:30"]], [2, ["2026-12-01"]]]);
  });

  it("draws from the left edge to the right, zero at the ground", () => {
    const drawing = draw(BOX, [0, 50, 100], [], false);
    expect([drawing.x(0), drawing.x(2)]).toEqual([4, 204]);
    expect([drawing.y(0), drawing.y(100)]).toEqual([110, 10]);
    expect(drawing.ticks).toContain(100);
  });

  it("counts in whole numbers", () => {
    expect(draw(BOX, [0, 2, 1], [], false).ticks).toEqual([0, 1, 2]);
    expect(draw(BOX, [0, 0], [], false).ticks).toEqual([0, 1]);
    expect(draw(BOX, [1.2, 1.9], [], false).ticks).toContain(0.5);
  });

  it("leaves room for its longest figure", () => {
    expect(gutter(["0", "1,500"])).toBeGreaterThan(gutter(["0", "15"]));
    expect(gutter(["1분 30초"])).toBeGreaterThan(gutter(["1m 30s"]));
  });

  it("dashes what is not over yet", () => {
    expect(draw(BOX, [1, 2, 3], [], false).dashedFrom).toBe(BOX.width);
    expect(draw(BOX, [1, 2, 3], [], true).dashedFrom).toBe(104);
  });

  it("leaves a gap where there is no value, and no line of nothing at all", () => {
    expect(draw(BOX, [1, null, 3], [], false).line.match(/M/g)).toHaveLength(2);
    expect(draw(BOX, [], [], false).line).toBe("");
    expect(draw(BOX, [0, 0], [], false).line).not.toContain("NaN");
    expect(spark([4], 72, 22)).toBe("");
  });

  it("finds the point that is meant, also beyond the edges", () => {
    expect([nearest(BOX, 3, -50), nearest(BOX, 3, 104), nearest(BOX, 3, 900)]).toEqual([0, 1, 2]);
  });

  it("labels no more points than fit", () => {
    expect(labelled(30, 760).length).toBeLessThanOrEqual(10);
    expect(labelled(0, 760)).toEqual([]);
  });
});

describe("the questions of the page", () => {
  it("ask all numbers and their course at once, compared", () => {
    const question = seriesQuestion({ ...DEFAULT, range: "today" }, "shop");
    expect(question).toMatchObject({ site: "shop", range: "today", dimensions: ["time:hour"], compare: "previous_period" });
    expect(question.metrics).toHaveLength(6);
  });

  it("compare nothing where there is nothing before", () => {
    expect(seriesQuestion({ ...DEFAULT, range: "all" }, "shop").compare).toBe(undefined);
    expect(seriesQuestion({ ...DEFAULT, compare: "none" }, "shop").compare).toBe(undefined);
  });

  it("carry the view's filters, the tab's own, and what is searched", () => {
    const events = PANELS.at(-1)?.tabs[0] as Tab;
    const view = { ...DEFAULT, filters: [{ op: "is" as const, dimension: "country", values: ["KR"] }] };
    const question = panelQuestion(view, "shop", events, "event", { limit: 9, search: "Sign" });
    expect(question.filters?.[0]).toBe("and");
    expect(JSON.stringify(question.filters)).toContain('["contains","event",["Sign"]]');
    expect(JSON.stringify(question.filters)).toContain('["is","country",["KR"]]');
  });

  it("go one step deeper where one value is chosen", () => {
    const chrome = [{ op: "is" as const, dimension: "browser", values: ["Chrome"] }];
    expect(deeper("browser", chrome)).toBe("browser_version");
    expect(deeper("browser", [])).toBe("browser");
    expect(deeper("page", [{ op: "is", dimension: "page", values: ["/"] }])).toBe("page");
  });
});

describe("CSV", () => {
  it("quotes what must be and disarms what a spreadsheet would run", () => {
    expect(csv(["page", "visitors"], [['/a,"b"', 3], ["=HYPERLINK(1)", null]])).toBe(
      'page,visitors\r\n"/a,""b""",3\r\n"\'=HYPERLINK(1)",\r\n',
    );
  });
});
