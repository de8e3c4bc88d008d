import { describe, expect, it } from "vitest";
import { changed, DEFAULT, parseView, searchOf, type View } from "./view";

describe("the view in the address", () => {
  it("says nothing where all is as usual", () => {
    expect(searchOf(DEFAULT)).toBe("");
    expect(parseView("")).toEqual(DEFAULT);
  });

  it("comes back from the address as it was written, strangers' letters and all", () => {
    const view: View = {
      ...DEFAULT, site: "shop", screen: "live", range: "2026-11-01..2026-11-07", compare: "previous_year", interval: "hour",
      metric: "bounce_rate", tabs: { pages: "entry_page", places: "map" }, drawer: "pages.page", explain: "pages.page", embed: true, share: "t0ken",
      filters: [
        { op: "is", dimension: "page", values: ["/a,b&c=%2C 한국어 <b>", null] },
        { op: "matches", dimension: "prop:plan,x", values: ["^pro|team$"] },
      ],
    };
    expect(parseView(searchOf(view))).toEqual(view);
  });

  it("reads an address that was typed wrong as the usual view", () => {
    expect(parseView("?view=nowhere&range=yesteryear&metric=joy&f=is&f=likes,page,/&interval=second&compare=2026-13-01..x")).toEqual(DEFAULT);
  });

  it("lets go of an interval that no longer fits the range", () => {
    const hourly = { ...DEFAULT, interval: "hour" as const };
    expect(changed(hourly, { range: "12mo" }).interval).toBe(null);
    expect(changed(hourly, { range: "today" }).interval).toBe("hour");
  });

  it("writes addresses that a person can read", () => {
    const filters = [{ op: "is" as const, dimension: "page", values: ["/blog/a"] }];
    expect(searchOf({ ...DEFAULT, site: "shop", filters })).toBe("?site=shop&f=is,page,/blog/a");
  });
});
